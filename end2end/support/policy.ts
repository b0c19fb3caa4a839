import { expect, type Page } from '@playwright/test';

/** From the read view of the account policy to its editor. */
export async function editPolicy(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Edit account policy' }).click();
  await expect(page.getByRole('button', { name: 'Save' })).toBeVisible();
}

/** Ticks the demand for a second factor and saves; `before` looks at what is said about it. */
export async function demandSecondFactor(page: Page, before: () => Promise<void> = async () => {}): Promise<void> {
  await editPolicy(page);
  await page
    .getByRole('checkbox', { name: 'Users can only log in if they have configured two factor authentication', exact: true })
    .check();
  await before();
  const saving = page.waitForResponse('**/api/save-account-policy');
  await page.getByRole('button', { name: 'Save' }).click();
  await saving;
}

/** Has sessions end after one minute without activity: the shortest limit there is. */
export async function endIdleSessionsSoon(page: Page): Promise<void> {
  await page.goto('/settings/account-policy');
  await editPolicy(page);
  await page.getByRole('textbox', { name: 'End without activity after' }).fill('1');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'saved' })).toBeVisible();
}

/** Allows people to trust their browsers for as long as the policy says. */
export async function allowTrustedBrowsers(page: Page): Promise<void> {
  await page.goto('/settings/account-policy');
  await editPolicy(page);
  await page.getByRole('checkbox', { name: /^Allow users to choose the option/ }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'saved' })).toBeVisible();
}
