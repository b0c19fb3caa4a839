import type { Page } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { enter, enterCode, openSetUp, region, signIn } from '../support/person';
import { editPolicy } from '../support/policy';
import { PASSWORD } from '../support/portal';

const ask = (page: Page, name: string) => page.getByRole('dialog', { name, exact: true });

/** The window's title says first that something is wrong. */
const expectWrong = (page: Page, title: string) => expect(page).toHaveTitle(`Error: ${title} · Twofold`);
const expectRight = (page: Page, title: string) => expect(page).toHaveTitle(`${title} · Twofold`);

test.beforeEach(({ portal }) => {
  portal.add('admin', '--admin');
  portal.add('alice');
});

test('a plain form that was refused says so in the title of the window', async ({ page }) => {
  await signIn(page, 'alice', 'Wrong-horse-9');
  await expectWrong(page, 'Sign in');
  await page.reload();
  await expectRight(page, 'Sign in');
});

test('a field of a dialog that is wrong is in the title as long as it is', async ({ page }) => {
  await enter(page, 'alice');
  await openSetUp(page);
  await expectRight(page, 'Profile');
  await enterCode(page, '1');
  await expectWrong(page, 'Profile');
  await page.keyboard.press('Escape');
  await expectRight(page, 'Profile');

  await region(page, 'Password').getByRole('button', { name: 'Change password' }).click();
  const change = ask(page, 'Change password');
  await change.getByRole('button', { name: 'Change password' }).click();
  await expectWrong(page, 'Profile');
  await change.getByRole('button', { name: 'Cancel' }).click();
  await expectRight(page, 'Profile');
});

test('a policy that was not saved is in the title until it is right, or another page is there', async ({ page }) => {
  await enter(page, 'admin');
  await page.goto('/settings/account-policy');
  await editPolicy(page);
  const length = page.getByRole('textbox', { name: 'Minimum length' });
  await length.fill('1');
  await expectRight(page, 'Account policy');
  await page.getByRole('button', { name: 'Save' }).click();
  await expectWrong(page, 'Account policy');
  await length.fill('12');
  await expectRight(page, 'Account policy');
  await length.fill('1');
  await expectWrong(page, 'Account policy');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await ask(page, 'Discard your changes?').getByRole('button', { name: 'Discard changes' }).click();
  await expectRight(page, 'Account policy');
});

test('what is wrong with people who are to be added, and with who adds them, is in the title', async ({ page }) => {
  await enter(page, 'admin');
  await page.goto('/settings/users');
  await page.getByRole('button', { name: 'Add person' }).click();
  const form = ask(page, 'Add person');
  await form.getByRole('textbox', { name: 'User name' }).fill('alice');
  await form.getByRole('button', { name: 'Add' }).click();
  await expectWrong(page, 'Users');
  await page.route('**/api/add-person', (route) => route.fulfill({ json: { Err: { StepUpRequired: { code: false } } } }), {
    times: 1,
  });
  await form.getByRole('textbox', { name: 'User name' }).fill('bob');
  await form.getByRole('button', { name: 'Add' }).click();
  const proof = ask(page, 'Confirm it is you');
  await expect(proof).toBeVisible();
  await expectRight(page, 'Users');
  await proof.getByRole('button', { name: 'Confirm' }).click();
  await expectWrong(page, 'Users');
  await proof.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await proof.getByRole('button', { name: 'Confirm' }).click();
  await ask(page, 'One-time links').getByRole('button', { name: 'Done' }).click();
  await expectRight(page, 'Users');

  await page.getByRole('button', { name: 'Add many' }).click();
  const list = ask(page, 'Add many');
  await list.getByRole('textbox', { name: 'List' }).fill('name\nalice\n');
  await list.getByRole('button', { name: 'Check' }).click();
  await expectWrong(page, 'Users');
  await list.getByRole('textbox', { name: 'List' }).fill('name\ncarol\n');
  await list.getByRole('button', { name: 'Check' }).click();
  await expectRight(page, 'Users');
});

test('what can’t be searched for is in the title', async ({ page }) => {
  await enter(page, 'admin');
  await page.goto('/settings/audit?from=2026-02-31');
  await expectWrong(page, 'Audit');
  await page.getByRole('link', { name: 'Clear' }).click();
  await expectRight(page, 'Audit');
});
