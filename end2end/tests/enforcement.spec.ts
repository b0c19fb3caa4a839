import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { completeSetUp, dialog, enter, signIn } from '../support/person';

const BOX = 'Users can only log in if they have configured two factor authentication';

test.beforeEach(({ portal }) => {
  portal.add('admin', '--admin');
  portal.add('alice');
});

test('an administrator demands a second factor; people set one up and go on', async ({ browser, page, portal }) => {
  const context = await browser.newContext({ baseURL: portal.url });
  const alice = await context.newPage();
  await enter(alice, 'alice');

  await enter(page, 'admin');
  await page.getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { name: 'System settings' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('main').getByRole('link', { name: 'Account policy' }).click();
  await expect(page.getByRole('heading', { name: 'Account policy', exact: true })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Edit account policy' }).or(page.getByRole('link', { name: 'Edit account policy' })).click();
  await page.getByRole('checkbox', { name: BOX }).check();
  await expect(page.getByRole('main')).toContainText(/2 people/);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Save' }).click();

  // The administrator has no second factor either.
  const demand = 'Two-factor authentication required';
  await page.getByRole('link', { name: 'Dashboard' }).first().or(page.getByRole('heading', { name: demand })).first().click();
  await expect(page.getByRole('heading', { name: demand })).toBeVisible();

  // Someone already signed in is confined at the next request.
  await alice.getByRole('link', { name: 'Profile' }).click();
  await expect(alice.getByRole('heading', { name: demand })).toBeVisible();
  await expectAccessible(alice);
  for (const path of ['/', '/profile', '/settings', '/settings/account-policy']) {
    await alice.goto(path);
    await expect(alice.getByRole('heading', { name: demand })).toBeVisible();
    await expect(alice.getByRole('navigation')).toHaveCount(0);
  }

  // Someone who signs in now gets there, too, and then to where they were going.
  await context.clearCookies();
  await alice.goto('/profile');
  await signIn(alice, 'alice');
  await expect(alice.getByRole('heading', { name: demand })).toBeVisible();
  await alice.getByRole('button', { name: 'Set up 2FA' }).click();
  await dialog(alice).getByRole('button', { name: 'I have an authentication app' }).click();
  await completeSetUp(alice);
  await expect(alice.getByRole('region', { name: 'Two factor authentication' })).toContainText('Authenticator app');
  expect(alice.url()).toBe(`${portal.url}/profile`);
  await context.close();
});

test.describe('the editor', () => {
  test.use({ tolerated: { problems: [/status of 403/] } });

  test('says what is out of bounds at its field, and forgets on "Cancel"', async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await enter(page, 'admin');
    await page.goto('/settings/account-policy');
    const edit = page.getByRole('button', { name: 'Edit account policy' }).or(page.getByRole('link', { name: 'Edit account policy' }));
    await edit.click();
    await expectNoSidewaysScroll(page);
    const failures = page.getByLabel('Maximum number of failed attempts');
    await failures.fill('0');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(failures).toHaveAccessibleDescription(/from 1 to 100/);
    page.once('dialog', (question) => question.accept());
    await page.getByRole('button', { name: 'Cancel' }).click();
    const discard = page.getByRole('button', { name: /discard/i });
    await expect(edit.or(discard).first()).toBeVisible();
    if (await discard.isVisible()) await discard.click();
    await expect(page.getByRole('main')).toContainText('5');

    await edit.click();
    await failures.fill('3');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(edit).toBeVisible();
    await expect(page.getByRole('main')).toContainText('3');
  });

  test('is for administrators only', async ({ page }) => {
    await enter(page, 'alice');
    await expect(page.getByRole('link', { name: 'Settings' })).toHaveCount(0);
    const response = await page.goto('/settings/account-policy');
    expect(response!.status()).toBe(403);
    await expect(page.getByRole('main')).toContainText('administrators');
  });
});
