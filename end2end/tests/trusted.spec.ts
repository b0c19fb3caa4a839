import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { enrol, enter, giveCode, signIn, signOut } from '../support/person';
import { editPolicy } from '../support/policy';

const OPTION = /^Allow users to choose the option/;
const box = (page: Page) => page.getByRole('checkbox', { name: 'Do not ask me for 30 days', exact: true });
const days = (page: Page) => page.getByRole('combobox', { name: 'Then ask again after' });

/** Allows trust or forbids it. */
async function setTrust(page: Page, allowed: boolean): Promise<void> {
  await page.goto('/settings/account-policy');
  await editPolicy(page);
  await page.getByRole('checkbox', { name: OPTION }).setChecked(allowed);
  const saving = page.waitForResponse('**/api/save-account-policy');
  await page.getByRole('button', { name: 'Save' }).click();
  await saving;
}

test.beforeEach(({ portal }) => {
  portal.add('admin', '--admin');
  portal.add('alice');
});

test('the code page says why it asks, and offers trust for as long as the policy allows', async ({ anotherBrowser, page }) => {
  const admin = await anotherBrowser();
  await enter(admin, 'admin');
  await setTrust(admin, true);
  const { app } = await enrol(page, 'alice');
  await signOut(page);
  await signIn(page, 'alice');
  await expect(page.getByText(/^You are asked because/)).toBeVisible();
  await expect(box(page)).not.toBeChecked();
  await expect(days(page)).toHaveValue('30');
  expect(await days(page).getByRole('option').allInnerTexts()).toEqual(['30 days', '14 days', '7 days', '1 day']);
  await expectAccessible(page);
  await page.setViewportSize({ width: 320, height: 640 });
  await expectNoSidewaysScroll(page);

  // A refused code does not lose the choice.
  await box(page).check();
  await days(page).selectOption('7');
  await giveCode(page, app.wrongCode());
  await expect(page.getByRole('alert')).toContainText('wrong');
  await expect(box(page)).toBeChecked();
  await expect(days(page)).toHaveValue('7');
  await expectAccessible(page);
  await giveCode(page, app.code('+30 seconds'));
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();

  await signOut(page);
  await enter(page, 'alice');
  await page.goto('/profile');
  await expect(page.getByRole('region', { name: 'Trusted browsers' })).toContainText(/\(7 days left\)/);

  await setTrust(admin, false);
  await signOut(page);
  await signIn(page, 'alice');
  await expect(page.getByText('You are asked because the policy changed.')).toBeVisible();
  await expect(page.getByRole('checkbox')).toHaveCount(0);
});

test('a browser that is new is told so', async ({ anotherBrowser, page }) => {
  await enrol(page, 'alice');
  const other = await anotherBrowser();
  await other.goto('/sign-in');
  await signIn(other, 'alice');
  await expect(other.getByText('You are asked because you have not signed in with a code in this browser yet.')).toBeVisible();
  await expectAccessible(other);
});
