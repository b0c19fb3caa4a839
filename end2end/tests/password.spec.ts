import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { enrol, enter, region, signIn, signOut } from '../support/person';
import { PASSWORD } from '../support/portal';

const NEW = 'Another-horse-10';

const dialog = (page: Page) => page.getByRole('dialog', { name: 'Change password' });
const field = (page: Page, name: string) => dialog(page).getByRole('textbox', { name });
const save = (page: Page) => dialog(page).getByRole('button', { name: 'Change password' });

async function open(page: Page): Promise<void> {
  await page.goto('/profile');
  await region(page, 'Password').getByRole('button', { name: 'Change password' }).click();
  await expect(field(page, 'Current password')).toBeFocused();
}

test.beforeEach(({ portal }) => portal.add('alice'));

test('the password is changed with the current one; every other session ends', async ({ anotherBrowser, page }) => {
  const other = await anotherBrowser();
  await enter(other, 'alice');
  await enter(page, 'alice');
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

  // What is missing is said at once, and mended from the top.
  await save(page).click();
  await expect(field(page, 'New password')).toHaveAttribute('aria-invalid', 'true');
  await expect(field(page, 'Current password')).toHaveAccessibleDescription(/Enter your password/);
  await expect(field(page, 'Current password')).toBeFocused();

  // The rules are ticked off while typing, and said at the field.
  const rules = dialog(page).getByRole('list', { name: 'What it needs' });
  await field(page, 'New password').fill('Short-1');
  await expect(rules.getByRole('listitem').filter({ hasText: ': kept' })).not.toHaveCount(0);
  await expect(rules.getByRole('listitem').filter({ hasText: 'At least 10 characters' })).not.toContainText('kept');
  await field(page, 'Current password').fill('Wrong-horse-9');
  await save(page).click();
  await expect(field(page, 'New password')).toHaveAccessibleDescription(/rules/);
  await expect(field(page, 'New password')).toBeFocused();

  await field(page, 'New password').fill(NEW);
  await save(page).click();
  await expect(field(page, 'Current password')).toHaveAccessibleDescription(/password is wrong/);
  await expectAccessible(page);
  await field(page, 'Current password').fill(PASSWORD);
  await field(page, 'New password').fill(PASSWORD);
  await save(page).click();
  await expect(field(page, 'New password')).toHaveAccessibleDescription(/used this password before/);
  await field(page, 'New password').fill(NEW);
  await field(page, 'New password').press('Enter');
  await expect(dialog(page)).toBeHidden();
  const section = region(page, 'Password');
  await expect(section.getByRole('status')).toContainText('Every other session and trusted browser has ended');
  await expect(section.getByRole('button', { name: 'Change password' })).toBeFocused();
  await expectAccessible(page);

  await other.goto('/');
  await expect(other.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await signOut(page);
  await signIn(page, 'alice');
  await expect(page.getByRole('alert')).toContainText('wrong');
  await signIn(page, 'alice', NEW);
  await expect(page.getByRole('heading', { name: 'Profile' }).or(page.getByRole('heading', { name: 'Dashboard' }))).toBeVisible();
});

test('with a second factor, a code is asked for unless identity was proved just now', async ({ page }) => {
  const { app, codes } = await enrol(page, 'alice');
  await open(page);
  await expect(field(page, 'Six-digit code')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();

  // Five minutes can't pass here, so the portal's answers of then are given.
  await page.route('**/api/session-state', (route) =>
    route.fulfill({ json: { milliseconds_left: 900_000, extendable: true, stepped_up: false } }),
  );
  await open(page);
  await expect(field(page, 'Six-digit code')).toBeVisible();
  await expectAccessible(page);
  await field(page, 'Current password').fill(PASSWORD);
  await field(page, 'New password').fill(NEW);
  await field(page, 'Six-digit code').fill(app.wrongCode());
  await save(page).click();
  await expect(field(page, 'Six-digit code')).toHaveAccessibleDescription(/wrong/);
  await dialog(page).getByRole('button', { name: 'Use a recovery code instead' }).click();
  await field(page, 'Recovery code').fill(codes[3]);
  await save(page).click();
  await expect(dialog(page)).toBeHidden();
  await expect(region(page, 'Password').getByRole('status')).toContainText('Your password is changed');
});
