import { expect, expectAccessible, expectNoSidewaysScroll, test as base } from '../support/fixtures';
import { MailServer } from '../support/mail';
import { enrol, region } from '../support/person';

const test = base.extend<{ mail: MailServer }>({
  mail: async ({}, use) => {
    const mail = await MailServer.stopped();
    await use(mail);
    await mail.stop();
  },
  flags: async ({ mail }, use) => {
    await use({ serve: ['--smtp-url', mail.url, '--mail-from', 'Acme sign-in <login@acme.example>'] });
  },
});

test('an administrator reminds one person and then all by mail, also when the mail server was away', async ({
  mail,
  page,
  portal,
}) => {
  test.slow();
  portal.add('admin', '--admin');
  for (const name of ['alice', 'bob', 'carol', 'dave']) portal.add(name);
  for (const name of ['alice', 'bob', 'carol']) portal.giveAddress(name, `${name}@acme.example`);
  await enrol(page, 'admin');
  // Now, so that what was just done is no news to wait for.
  portal.giveAddress('admin', 'admin@acme.example');
  portal.policy('require-second-factor', 'on', 'grace-days', '14');

  // While nothing answers, it waits and says why.
  await page.goto('/settings/remind');
  const people = page.getByRole('list', { name: 'Without a second factor' }).getByRole('listitem');
  await expect(people).toHaveCount(4);
  await expect(people.filter({ hasText: 'dave' })).toContainText('No mail address');
  await expect(page.getByRole('button', { name: 'Send reminder: dave' })).toBeDisabled();
  await page.getByRole('button', { name: 'Send reminder: alice' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'A reminder to alice is on its way.' })).toBeVisible();
  await expect(people.filter({ hasText: 'alice' })).toContainText('Reminded');
  await expectAccessible(page);
  await page.getByRole('main').getByRole('link', { name: 'Mail' }).click();
  await expect(page.getByRole('heading', { name: 'Mail', level: 1 })).toBeVisible();
  const waiting = page.getByRole('list', { name: 'Waiting' }).getByRole('listitem').filter({ hasText: 'alice' });
  await expect(async () => {
    await page.reload();
    await expect(waiting).toContainText('refused', { timeout: 500 });
  }).toPass();
  await expect(waiting).toContainText('Reminder');
  await expect(waiting).toContainText('Next try');
  await expect(region(page, 'Mail server')).toContainText('login@acme.example');
  await expect(region(page, 'To be mended by whoever runs the portal')).toContainText("The mail server can't be reached.");
  await expectAccessible(page);

  // Back again: what waits arrives, once.
  await mail.start();
  await page.getByRole('button', { name: 'Try again: Reminder, alice' }).click();
  await expect(waiting).toBeHidden({ timeout: 20_000 });
  await expect(page.getByRole('heading', { name: 'Waiting' })).toBeFocused();
  const [letter] = mail.letters();
  expect(letter.to).toEqual(['alice@acme.example']);
  expect(letter.headers.from).toContain('Acme sign-in');
  for (const words of ['Hello alice,', 'Please set it up before', `${portal.url}/profile`]) expect(letter.body).toContain(words);

  await page.getByRole('button', { name: 'Send a test message' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'took the message for admin@acme.example' })).toBeVisible();

  // To everyone else who can get mail.
  await page.goto('/settings/remind');
  await page.getByRole('button', { name: 'Send to all who are missing' }).click();
  const question = page.getByRole('dialog', { name: 'Send to all who are missing' });
  await expect(question).toContainText('2 people get a mail');
  await expect(question).toContainText('One person has no mail address');
  await expect(question).toContainText('One person was reminded within the last day');
  await expectAccessible(page);
  await question.getByRole('button', { name: 'Send reminders' }).click();
  await expect(page.getByRole('status').filter({ hasText: '2 reminders are on their way.' })).toBeVisible();
  await expect(people.filter({ hasText: 'bob' })).toContainText('Reminded');
  await expect.poll(() => mail.recipients(), { timeout: 20_000 }).toEqual([
    'admin@acme.example',
    'alice@acme.example',
    'bob@acme.example',
    'carol@acme.example',
  ]);
  await page.getByRole('button', { name: 'Send to all who are missing' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Nobody can be reminded now.' })).toBeVisible();

  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(page);
  await page.goto('/settings/mail');
  await expect(page.getByText('Nothing waits.')).toBeVisible();
  await expectNoSidewaysScroll(page);
});

test('mail that waits can be discarded', async ({ page, portal }) => {
  portal.add('admin', '--admin');
  portal.add('alice');
  portal.giveAddress('alice', 'alice@acme.example');
  await enrol(page, 'admin');
  await page.goto('/settings/remind');
  await page.getByRole('button', { name: 'Send reminder: alice' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'on its way' })).toBeVisible();
  const discard = page.getByRole('button', { name: 'Discard: Reminder, alice' });
  await expect(async () => {
    await page.goto('/settings/mail');
    await expect(discard).toBeEnabled({ timeout: 1_000 });
  }).toPass();
  await discard.click();
  const question = page.getByRole('dialog', { name: 'Discard message' });
  await expect(question).toContainText('Reminder, for alice.');
  await question.getByRole('button', { name: 'Discard' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The message was discarded.' })).toBeVisible();
  await expect(page.getByText('Nothing waits.')).toBeVisible();
});
