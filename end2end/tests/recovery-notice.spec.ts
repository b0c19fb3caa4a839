import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { enrol, signIn, signOut } from '../support/person';

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

  // What it offers opens right there, from any page and again and again.
  await notice(page).getByRole('link', { name: 'Replace your authentication app' }).click();
  const setUp = page.getByRole('dialog', { name: 'Set up two-factor authentication' });
  await expect(setUp).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(setUp).toBeHidden();
  for (let time = 0; time < 2; time++) {
    await notice(page).getByRole('link', { name: 'Get new codes' }).click();
    const generate = page.getByRole('dialog', { name: 'Generate new recovery codes' });
    await expect(generate).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(generate).toBeHidden();
  }
  await expect(notice(page)).toBeAttached();

  await notice(page).getByRole('button', { name: 'Not now' }).click();
  await expect(notice(page)).toHaveCount(0);
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Profile' })).toBeVisible();
  await expect(notice(page)).toHaveCount(0);
});
