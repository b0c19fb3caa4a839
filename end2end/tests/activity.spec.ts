import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { enrol, enter, region, signIn, signOut } from '../support/person';
import { PASSWORD } from '../support/portal';

test.beforeEach(({ portal }) => portal.add('alice'));

// The browser notes by itself what is refused once a session is over.
test.use({ tolerated: { problems: [/status of 401/] } });

test('people see what happened to their account, page by page', async ({ page }) => {
  test.slow();
  await page.goto('/sign-in');
  await signIn(page, 'alice', 'Wrong-horse-9');
  await enter(page, 'alice');
  await page.goto('/profile');
  const section = region(page, 'Recent activity');
  const entries = section.getByRole('listitem');
  await expect(entries.first()).toContainText('Signed in');
  await expect(entries.nth(1)).toContainText('Wrong password at sign-in');
  await expect(entries.first()).toContainText('127.0.0.1');
  // In the person's own zone, to the minute.
  const shown = await entries.first().getByRole('time').innerText();
  const here = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' });
  expect([0, 60_000].map((ago) => here.format(Date.now() - ago))).toContain(shown.split(', ')[1]);
  await expectAccessible(page);

  // More than one page holds.
  for (let round = 0; round < 12; round++) {
    await signOut(page);
    await enter(page, 'alice');
  }
  await page.goto('/profile');
  await expect(entries).toHaveCount(20);
  const more = section.getByRole('button', { name: 'Show more' });
  await more.click();
  await expect(entries.last()).toContainText('User added');
  await expect(entries.last()).toContainText('command line');
  await expect(entries.filter({ hasText: 'Wrong password at sign-in' })).toHaveCount(1);
  await expect(more).toHaveCount(0);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
});

test('who finds something that was not them shuts everybody else out and changes the password', async ({ anotherBrowser, page }) => {
  const stranger = await anotherBrowser();
  await enter(stranger, 'alice');
  await enrol(page, 'alice');
  await page.goto('/profile');
  const opener = region(page, 'Recent activity').getByRole('button', { name: 'This was not me' });
  await opener.click();
  const dialog = page.getByRole('dialog', { name: 'This was not me' });
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(opener).toBeFocused();
  await opener.click();
  await dialog.getByRole('button', { name: 'Secure my account' }).click();
  const change = page.getByRole('dialog', { name: 'Change password' });
  await expect(change.getByRole('status')).toContainText('Every other session has ended');
  await stranger.goto('/');
  await expect(stranger.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await change.getByRole('textbox', { name: 'Current password' }).fill(PASSWORD);
  await change.getByRole('textbox', { name: 'New password' }).fill('Another-horse-10');
  await expectAccessible(page);
  await change.getByRole('button', { name: 'Change password' }).click();
  await expect(change).toBeHidden();
  await expect(opener).toBeFocused();
  await expect(region(page, 'Password').getByRole('status')).toContainText('Your password is changed');
  await expect(region(page, 'Recent activity').getByRole('listitem').first()).toContainText('Password changed');
});
