import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { enrol, section, signIn, signOut } from '../support/person';

const notice = (page: Page) => page.getByRole('region', { name: /^You signed in with a recovery code/ });

async function enterWithRecoveryCode(page: Page, code: string): Promise<void> {
  await page.goto('/sign-in');
  await signIn(page, 'alice');
  await page.getByRole('link', { name: 'Enter recovery code' }).click();
  await page.getByRole('textbox', { name: 'Recovery code' }).fill(code);
  await page.getByRole('button', { name: 'Use recovery code' }).click();
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
}

test('who signed in with a recovery code is told so on every page until they say "Not now"', async ({ page, portal }) => {
  portal.add('alice');
  const { codes } = await enrol(page, 'alice');
  await signOut(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await enterWithRecoveryCode(page, codes[0]);
  await expect(notice(page)).toContainText('9 are left');
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

  // What it offers is on the profile, and the focus goes there.
  await expect(notice(page).getByRole('link', { name: 'Get new codes' })).toHaveAttribute('href', '/profile#two-factor');
  await notice(page).getByRole('link', { name: 'Replace your authentication app' }).click();
  const heading = section(page).getByRole('heading', { name: 'Two factor authentication' });
  await expect(heading).toBeFocused();
  await expect(heading).toBeInViewport();
  await expect(notice(page)).toBeAttached();

  await notice(page).getByRole('button', { name: 'Not now' }).click();
  await expect(notice(page)).toHaveCount(0);
  await expect(page.getByRole('main')).toBeFocused();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Profile' })).toBeVisible();
  await expect(notice(page)).toHaveCount(0);
});
