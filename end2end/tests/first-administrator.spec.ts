import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { signIn, signOut } from '../support/person';
import { PASSWORD } from '../support/portal';

const rule = (page: Page, words: string) =>
  page.getByRole('listitem').filter({ hasText: words });

test('the one-time link makes the first administrator, once', async ({ page, portal }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(portal.firstLink);
  const password = page.getByRole('textbox', { name: 'Password' });
  const name = page.getByRole('textbox', { name: 'User name' });
  await expect(page.getByRole('button', { name: 'Show the password' })).toBeEnabled();
  await name.fill('Zoë: & % # "Admin"');

  // The rules are ticked off while typing.
  const kept = /: kept/;
  for (const [typed, words] of [
    ['1', 'At least one number'],
    ['A', 'At least one capital letter'],
    ['!', 'At least one special character'],
    ['abcdefghij', 'At least 10 characters'],
  ]) {
    await password.fill('');
    await expect(rule(page, words)).not.toHaveText(kept);
    await password.fill(typed);
    await expect(rule(page, words)).toHaveText(kept);
  }
  await password.fill('short');
  await expect(rule(page, 'At least 10 characters')).not.toHaveText(kept);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

  // What the portal refuses is said at the field, and nothing typed is lost.
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await expect(password).toHaveAccessibleDescription(/does not keep all the rules/);
  await expect(page.getByRole('alert').first()).toBeVisible();
  await expect(name).toHaveValue('Zoë: & % # "Admin"');
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Show the password' }).click();
  await password.fill(PASSWORD);
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await expect(page.getByRole('link', { name: 'Settings' })).toBeVisible();
  await expect(page).toHaveURL(`${portal.url}/`);

  await page.goto(portal.firstLink);
  await expect(page.getByRole('alert')).toContainText('has been used');
  await expect(page.getByRole('textbox')).toHaveCount(0);
  await expectAccessible(page);
});

test('someone who was added chooses a password on a one-time link', async ({ page, portal }) => {
  portal.add('admin', '--admin');
  const link = portal.invite('bob');
  await page.goto(link);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByRole('main').or(page.locator('body')).first()).toContainText('bob');
  await expect(page.getByRole('textbox', { name: 'User name' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Show the password' })).toBeEnabled();
  await page.getByRole('textbox', { name: 'Password' }).fill('Another-horse-8');
  await page.getByRole('button', { name: 'Save password' }).click();
  await signOut(page);
  await signIn(page, 'bob', 'Another-horse-8');
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  await page.goto(link);
  await expect(page.getByRole('alert')).toContainText('has been used');
});

test('a link that never was leads to an explanation', async ({ page }) => {
  await page.goto('/welcome/never');
  await expect(page.getByRole('alert')).toContainText('never valid');
  await page.getByRole('link', { name: 'Go to the sign-in page' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
});
