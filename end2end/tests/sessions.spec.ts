import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { press, tabTo } from '../support/keyboard';
import { enter, region, signIn, signOut } from '../support/person';
import { endIdleSessionsSoon } from '../support/policy';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';

const warning = (page: Page) => page.getByRole('dialog', { name: 'Are you still there?' });
const sessions = (page: Page) => region(page, 'Sessions');
const rows = (page: Page) => sessions(page).getByRole('listitem');

test.beforeEach(({ portal }) => {
  portal.add('alice');
  portal.add('admin', '--admin');
});

// The browser notes by itself what is refused once a session is over.
test.use({ tolerated: { problems: [/status of 401/] } });

test('one session is ended, then all others', async ({ anotherBrowser, page }) => {
  const [second, third] = [await anotherBrowser({ userAgent: FIREFOX }), await anotherBrowser()];
  for (const browser of [second, third, page]) await enter(browser, 'alice');
  await page.goto('/profile');
  await expect(rows(page)).toHaveCount(3);
  await expect(rows(page).first()).toContainText('This session');
  await expect(rows(page).first()).toContainText('127.0.0.1');
  await expect(rows(page).first().getByRole('button')).toHaveCount(0);
  await expectAccessible(page);

  await sessions(page).getByRole('button', { name: /^End session ?: Firefox/ }).click();
  await expect(sessions(page).getByRole('status')).toContainText('has ended');
  await expect(rows(page)).toHaveCount(2);
  await expect(sessions(page).getByRole('heading')).toBeFocused();
  await second.goto('/');
  await expect(second.getByRole('button', { name: 'Sign in' })).toBeVisible();

  const opener = sessions(page).getByRole('button', { name: 'End all other sessions' });
  const dialog = page.getByRole('dialog', { name: 'End all other sessions' });
  await opener.click();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();
  await expect(rows(page)).toHaveCount(2);
  await opener.click();
  await dialog.getByRole('button', { name: 'End all other sessions' }).click();
  await expect(dialog).toBeHidden();
  await expect(rows(page)).toHaveCount(1);
  await expect(opener).toHaveCount(0);
  await expect(sessions(page).getByRole('heading')).toBeFocused();
  await third.goto('/');
  await expect(third.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
});

test('a session that ended elsewhere is said to be gone', async ({ anotherBrowser, page }) => {
  const other = await anotherBrowser({ userAgent: FIREFOX });
  await enter(other, 'alice');
  await enter(page, 'alice');
  await page.goto('/profile');
  await expect(rows(page)).toHaveCount(2);
  await signOut(other);
  await sessions(page).getByRole('button', { name: /^End session ?: Firefox/ }).click();
  await expect(sessions(page).getByRole('alert')).toContainText('no longer there');
  await expect(rows(page)).toHaveCount(1);
});

test('before a session ends for want of activity the person can stay, in any tab, and loses nothing', async ({ context, page }) => {
  test.setTimeout(180_000);
  await enter(page, 'admin');
  await endIdleSessionsSoon(page);
  const other = await context.newPage();
  await other.goto('/');
  await page.goto('/profile');
  await page.getByRole('button', { name: 'Change password' }).click();
  const field = page.getByRole('textbox', { name: 'New password' });
  await field.fill('half of a new pass');

  await expect(warning(page)).toBeVisible({ timeout: 60_000 });
  await expect(warning(other)).toBeVisible({ timeout: 15_000 });
  await expect(warning(page).getByRole('timer', { name: 'Time left' })).toHaveText(/^0:[0-5]\d$/);
  await expect(warning(page).getByRole('button', { name: 'Stay signed in' })).toBeFocused();
  await expect(warning(page).getByRole('button', { name: 'Sign out' })).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(page);
  await page.keyboard.press('Enter');
  await expect(warning(page)).toBeHidden();
  await expect(warning(other)).toBeHidden();
  await expect(field).toHaveValue('half of a new pass');
  await expect(field).toBeFocused();

  // Nobody stays: the session ends, and signing in leads back.
  await expect(warning(page)).toBeVisible({ timeout: 60_000 });
  await expect(page).toHaveURL(/\/sign-in\?next=\/profile$/, { timeout: 60_000 });
  await expect(other).toHaveURL(/\/sign-in$/, { timeout: 15_000 });
  await signIn(page, 'admin');
  await expect(page.getByRole('heading', { name: 'Profile' })).toBeVisible();
});

test('signing out in one tab leaves in the others', async ({ context, page }) => {
  await enter(page, 'alice');
  const other = await context.newPage();
  const watching = other.waitForResponse('**/api/session-state');
  await other.goto('/profile');
  await watching;
  await signOut(page);
  await expect(other).toHaveURL(/\/sign-in\?next=\/profile$/);
});

test('an end that can’t be put off is announced as such', async ({ page }) => {
  // The longest time is hours, so the portal's answer of then is given now.
  const end = Date.now() + 24_000;
  await page.route('**/api/session-state', (route) =>
    route.fulfill({ json: { milliseconds_left: end - Date.now(), extendable: false, stepped_up: true } }),
  );
  await enter(page, 'alice');
  await tabTo(page, page.getByRole('link', { name: 'Profile' }));
  await expect(warning(page)).toBeVisible({ timeout: 20_000 });
  await expect(warning(page)).toContainText('the longest time that the portal allows');
  await expect(warning(page).getByRole('button', { name: 'Stay signed in' })).toHaveCount(0);
  await expectAccessible(page);
  await press(page, warning(page).getByRole('button', { name: 'Close' }));
  await expect(warning(page)).toBeHidden();
  await expect(page.getByRole('link', { name: 'Profile' })).toBeFocused();
});
