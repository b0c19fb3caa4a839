import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { completeSetUp, dialog, enrol, enter, signIn } from '../support/person';
import { demandSecondFactor, editPolicy } from '../support/policy';

const DEMAND = 'Two-factor authentication required';

// The browser notes by itself what the portal refuses to those who are confined.
test.use({ tolerated: { problems: [/status of 403 \(Forbidden\) \(http:[^ ]+\/api\//] } });

test.beforeEach(({ portal }) => {
  portal.add('admin', '--admin');
  portal.add('alice');
});

test('an administrator demands a second factor; people set one up and go on', async ({ anotherBrowser, page, portal }) => {
  const alice = await anotherBrowser();
  await enter(alice, 'alice');
  const demand = alice.getByRole('heading', { name: DEMAND });

  await enter(page, 'admin');
  await page.getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { name: 'System settings' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('main').getByRole('link', { name: 'Account policy' }).click();
  await demandSecondFactor(page, async () => {
    await expect(page.getByRole('status').filter({ hasText: '2 of 2 users' })).toContainText('That includes you');
    await expectAccessible(page);
  });

  // The administrator has no second factor either.
  await page.goto('/');
  await expect(page.getByRole('heading', { name: DEMAND })).toBeVisible();

  // Someone already signed in is confined at the next click.
  await alice.getByRole('link', { name: 'Profile' }).click();
  await expect(demand).toBeVisible();
  await expect(alice.getByRole('main')).toBeFocused();
  await expectAccessible(alice);
  await alice.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(alice);
  for (const path of ['/', '/profile', '/settings', '/settings/account-policy']) {
    await alice.goto(path);
    await expect(demand).toBeVisible();
    await expect(alice.getByRole('navigation')).toHaveCount(0);
  }

  // A set-up that is left does not open the door.
  await alice.getByRole('button', { name: 'Set up 2FA' }).click();
  await dialog(alice).getByRole('button', { name: 'I have an authentication app' }).click();
  await expect(alice.getByRole('img', { name: 'QR code' })).toBeVisible();
  await alice.keyboard.press('Escape');
  await expect(alice.getByRole('status')).toContainText('not on yet');
  await expect(alice.getByRole('button', { name: 'Set up 2FA' })).toBeFocused();

  // They may sign out; who signs in now gets here too, and then to where they were going.
  await alice.getByRole('button', { name: 'Sign out' }).click();
  await expect(alice.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await alice.goto('/profile');
  await signIn(alice, 'alice');
  await expect(demand).toBeVisible();
  await alice.getByRole('button', { name: 'Set up 2FA' }).click();
  await dialog(alice).getByRole('button', { name: 'I have an authentication app' }).click();
  await completeSetUp(alice);
  await expect(alice.getByRole('region', { name: 'Two factor authentication' })).toContainText('Authenticator app');
  expect(alice.url()).toBe(`${portal.url}/profile`);
  await alice.getByRole('link', { name: 'Dashboard' }).click();
  await expect(alice.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
});

test('an administrator who has a second factor goes on working, and can lift the demand', async ({ anotherBrowser, page }) => {
  await enrol(page, 'admin');
  await page.goto('/settings/account-policy');
  await demandSecondFactor(page, async () => {
    await expect(page.getByRole('status').filter({ hasText: '1 of 2 users' })).not.toContainText('includes you');
  });
  const alice = await anotherBrowser();
  await alice.goto('/sign-in');
  await signIn(alice, 'alice');
  await expect(alice.getByRole('heading', { name: DEMAND })).toBeVisible();

  await editPolicy(page);
  await page.getByRole('checkbox', { name: /^Users can only log in/ }).uncheck();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'saved' })).toBeVisible();
  await alice.reload();
  await expect(alice.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
});

test('a set-up that a reload interrupts goes on where it was', async ({ page }) => {
  await enter(page, 'admin');
  await page.goto('/settings/account-policy');
  await demandSecondFactor(page);
  await page.goto('/settings/account-policy');
  await page.getByRole('button', { name: 'Set up 2FA' }).click();
  await dialog(page).getByRole('button', { name: 'I have an authentication app' }).click();
  await expect(page.getByRole('img', { name: 'QR code' })).toBeVisible();
  await page.reload();
  // The dialog opens by itself.
  await expect(page.getByRole('img', { name: 'QR code' })).toBeVisible();
  await completeSetUp(page);
  await expect(page.getByRole('heading', { name: 'Account policy', exact: true })).toBeVisible();
});
