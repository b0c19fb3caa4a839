import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { enrol, enter, giveCode, region, signIn, signOut } from '../support/person';
import { allowTrustedBrowsers } from '../support/policy';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';

const section = (page: Page) => region(page, 'Trusted browsers');
const rows = (page: Page) => section(page).getByRole('listitem');

/** Signs in with a code and trusts the browser. */
async function trust(page: Page, code: string): Promise<void> {
  await page.goto('/sign-in');
  await signIn(page, 'alice');
  await page.getByRole('checkbox', { name: /^Do not ask me for/ }).check();
  await giveCode(page, code);
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
}

test.beforeEach(async ({ anotherBrowser, portal }) => {
  portal.add('alice');
  portal.add('admin', '--admin');
  const admin = await anotherBrowser();
  await enter(admin, 'admin');
  await allowTrustedBrowsers(admin);
});

test('who trusts no browser is told what that would mean', async ({ page }) => {
  await enter(page, 'alice');
  await page.goto('/profile');
  await expect(section(page)).toContainText('You trust no browser');
  await expect(section(page).getByRole('button')).toHaveCount(0);
});

test('trusted browsers are listed, and revoked one by one or all at once', async ({ anotherBrowser, page }) => {
  const { app } = await enrol(page, 'alice');
  const other = await anotherBrowser({ userAgent: FIREFOX });
  await trust(other, app.code('+30 seconds'));
  await page.goto('/profile');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page).first()).toContainText('Firefox');
  await expect(rows(page).first()).toContainText(/\d+ days left/);
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(page);

  // It spares the code until it is revoked.
  await signOut(other);
  await enter(other, 'alice');
  await other.goto('/profile');
  await expect(rows(other).first()).toContainText('This browser');
  await section(page).getByRole('button', { name: /^Revoke: Firefox/ }).click();
  await expect(section(page).getByRole('status')).toContainText('asked for a code from now on');
  await expect(rows(page)).toHaveCount(0);
  await expect(section(page).getByRole('heading')).toBeFocused();
  await signOut(other);
  await signIn(other, 'alice');
  await expect(other.getByRole('textbox', { name: 'Six-digit code' })).toBeVisible();
});

test('all at once', async ({ page }) => {
  const { app } = await enrol(page, 'alice');
  await signOut(page);
  await trust(page, app.code('+30 seconds'));
  await page.goto('/profile');
  await expect(rows(page).first()).toContainText('This browser');
  await section(page).getByRole('button', { name: 'Revoke all' }).click();
  await expect(section(page)).toContainText('You trust no browser');
});
