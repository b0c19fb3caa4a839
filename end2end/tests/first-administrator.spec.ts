import { expect, expectAccessible, test } from '../support/fixtures';
import { PASSWORD } from '../support/portal';

test('the one-time link makes the first administrator, once', async ({ page, portal }) => {
  await page.goto(portal.firstLink);
  const password = page.getByLabel('Password', { exact: true });
  await page.getByRole('textbox', { name: 'User name' }).fill('Zoë: & % # "Admin"');

  await password.fill('short');
  const rule = page.getByText('At least one number');
  await expect(rule).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await expect(page.getByRole('alert').first()).toBeVisible();

  await password.fill(PASSWORD);
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await expect(page.getByRole('link', { name: 'Settings' })).toBeVisible();
  await expect(page).toHaveURL(`${portal.url}/`);

  await page.goto(portal.firstLink);
  await expect(page.getByRole('alert')).toContainText('used');
});
