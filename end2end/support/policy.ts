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
