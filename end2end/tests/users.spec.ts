import { writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { Authenticator } from '../support/authenticator';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { press } from '../support/keyboard';
import { onPaper } from '../support/paper';
import { completeSetUp, dialog, enrol, enter, giveCode, signIn, signOut } from '../support/person';
import { editPolicy } from '../support/policy';
import { PASSWORD } from '../support/portal';

const row = (page: Page, name: string) => page.getByRole('row').filter({ has: page.getByText(name, { exact: true }) });
const rows = (page: Page) => page.getByRole('rowheader');
const search = (page: Page) => page.getByRole('searchbox', { name: 'Search users' });
const done = (page: Page, words: string) => page.getByRole('status').filter({ hasText: words });
const ask = (page: Page, name: string) => page.getByRole('dialog', { name, exact: true });

async function openUsers(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('main').getByRole('link', { name: 'Users' }).click();
  await expect(page.getByRole('heading', { name: 'Users', level: 1 })).toBeVisible();
}

/** "More" of a person, then one of the choices. */
async function choose(page: Page, name: string, choice: string): Promise<void> {
  await row(page, name).getByRole('button', { name: 'More' }).click();
  await ask(page, 'More').getByRole('button', { name: choice, exact: true }).click();
}

async function enterAccessCode(page: Page, name: string, code: string): Promise<void> {
  await page.goto('/sign-in');
  await signIn(page, name);
  await page.getByRole('link', { name: 'Enter recovery code' }).click();
  await page.getByRole('textbox', { name: 'Recovery code' }).fill(code);
  await page.getByRole('button', { name: 'Use recovery code' }).click();
}

test.beforeEach(({ portal }) => portal.add('admin', '--admin'));

test('people are found by name, filtered and ordered, and the URL remembers it', async ({ page, portal }) => {
  for (const name of ['alice', 'bob', 'carol']) portal.add(name);
  portal.add('asmith', '--display-name', 'Änne Smith');
  await enter(page, 'admin');
  await openUsers(page);
  await expect(rows(page)).toHaveCount(5);
  await expectAccessible(page);

  await search(page).pressSequentially('ann');
  await expect(rows(page)).toHaveCount(1);
  await expect(row(page, 'asmith')).toContainText('Änne Smith');
  await expect(page).toHaveURL(/\?q=ann$/);
  await expect(search(page)).toBeFocused();
  await page.reload();
  await expect(search(page)).toHaveValue('ann');
  await expect(rows(page)).toHaveCount(1);
  await search(page).fill('nobody');
  await expect(page.getByText('Nobody is called “nobody”.')).toBeVisible();
  await expectAccessible(page);
  await search(page).fill('');
  await expect(rows(page)).toHaveCount(5);

  await page.getByRole('link', { name: 'Administrators' }).click();
  await expect(rows(page)).toHaveCount(1);
  await expect(row(page, 'admin')).toContainText('You');
  await page.getByRole('link', { name: 'No 2FA' }).click();
  await expect(rows(page)).toHaveCount(5);
  await expect(page).toHaveURL(/\?filter=no-2fa$/);
  await page.goBack();
  await expect(rows(page)).toHaveCount(1);
  await page.goto('/settings/users?filter=deactivated');
  await expect(page.getByText('Nobody is deactivated.')).toBeVisible();

  await page.goto('/settings/users');
  const name = page.getByRole('columnheader', { name: 'Name' });
  await expect(name).toHaveAttribute('aria-sort', 'ascending');
  await expect(rows(page).first()).toContainText('admin');
  await name.getByRole('link').click();
  await expect(name).toHaveAttribute('aria-sort', 'descending');
  await expect(rows(page).first()).toContainText('carol');
  await page.getByRole('link', { name: 'Last sign-in' }).click();
  await expect(rows(page).first()).toContainText('admin');
});

test('long lists go on when asked to', async ({ page, portal }) => {
  await enter(page, 'admin');
  await openUsers(page);
  const list = ['name', ...Array.from({ length: 120 }, (_, index) => `user${String(index).padStart(3, '0')}`)].join('\n');
  await page.getByRole('button', { name: 'Add many' }).click();
  await ask(page, 'Add many').getByRole('textbox', { name: 'List' }).fill(list);
  await ask(page, 'Add many').getByRole('button', { name: 'Check' }).click();
  await ask(page, 'Add many').getByRole('button', { name: 'Add 120 people' }).click();
  const links = ask(page, 'One-time links');
  await expect(links.getByRole('row')).toHaveCount(121);
  const download = page.waitForEvent('download');
  // A stray key, or "Done" too soon, does not lose them.
  const question = ask(page, 'Close without the links?');
  await page.keyboard.press('Escape');
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await expectAccessible(page);
  await page.keyboard.press('Enter');
  await expect(question).toBeHidden();
  await links.getByRole('button', { name: 'Done' }).click();
  await question.getByRole('button', { name: 'Cancel' }).click();
  await links.getByRole('button', { name: 'Download' }).click();
  expect((await download).suggestedFilename()).toBe('twofold-links.csv');
  await links.getByRole('button', { name: 'Done' }).click();
  await expect(rows(page)).toHaveCount(50);
  await expect(page.getByText('The first 50 of 121 people')).toBeVisible();
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect(rows(page)).toHaveCount(100);
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect(rows(page)).toHaveCount(121);
  await expect(page.getByRole('button', { name: 'Show more' })).toHaveCount(0);
  // What is done to someone far down shows where they are.
  await row(page, 'user119').getByRole('button', { name: 'Deactivate' }).click();
  await ask(page, 'Deactivate').getByRole('button', { name: 'Deactivate' }).click();
  await expect(row(page, 'user119')).toContainText('Deactivated');
  await expect(rows(page)).toHaveCount(121);
});

test('a new person gets a link, chooses a password and is in', async ({ anotherBrowser, page }) => {
  await enter(page, 'admin');
  await openUsers(page);
  await page.getByRole('button', { name: 'Add person' }).click();
  const form = ask(page, 'Add person');
  await expectAccessible(page);
  await form.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(form.getByRole('textbox', { name: 'User name' })).toHaveAccessibleDescription(/Enter a user name/);
  await form.getByRole('textbox', { name: 'User name' }).fill('ADMIN');
  await form.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(form.getByRole('textbox', { name: 'User name' })).toHaveAccessibleDescription(/taken/);
  await form.getByRole('textbox', { name: 'User name' }).fill('zoe');
  await form.getByRole('textbox', { name: 'Display name' }).fill('Zoë Example');
  await form.getByRole('textbox', { name: 'Display name' }).press('Enter');
  const links = ask(page, 'One-time links');
  const url = await links.getByLabel('One-time link', { exact: true }).innerText();
  await expectAccessible(page);
  await links.getByRole('button', { name: 'Done' }).click();
  await expect(row(page, 'zoe')).toContainText('Link open until');

  const zoe = await anotherBrowser();
  await zoe.goto(new URL(url).pathname);
  await zoe.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await zoe.getByRole('button', { name: 'Save password' }).click();
  await expect(zoe.getByRole('button', { name: 'Sign out' })).toBeVisible();
});

test('a list with mistakes says which lines, and adds nobody', async ({ page }, info) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await enter(page, 'admin');
  await openUsers(page);
  await page.getByRole('button', { name: 'Add many' }).click();
  const form = ask(page, 'Add many');
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  const file = info.outputPath('people.csv');
  writeFileSync(file, 'name;administrator\nalice;no\nADMIN;no\nbob;perhaps\nalice;\n');
  await form.getByLabel('File').setInputFiles(file);
  await expect(form.getByRole('textbox', { name: 'List' })).toHaveValue(/perhaps/);
  // As “Unicode text” it is the same.
  const wide = info.outputPath('people.txt');
  writeFileSync(wide, Buffer.from('\ufeffname\tadministrator\r\nzoë\tWAHR\r\n', 'utf16le'));
  await form.getByLabel('File').setInputFiles(wide);
  await expect(form.getByRole('textbox', { name: 'List' })).toHaveValue(/zoë\tWAHR/);
  await form.getByLabel('File').setInputFiles(file);
  await expect(form.getByRole('textbox', { name: 'List' })).toHaveValue(/perhaps/);
  // What can't be a list is refused at its field, and what was there stays, also when the dialog is closed.
  for (const [bytes, words] of [
    [Buffer.from('name\nZo\xEB\n', 'latin1'), 'This file is not UTF-8. Save it as “CSV UTF-8”.'],
    [Buffer.alloc(1024 * 1024 + 1, 'a'), 'This is larger than 1 MiB. Split the list.'],
  ] as const) {
    const other = info.outputPath(`other-${bytes.length}.csv`);
    writeFileSync(other, bytes);
    await form.getByLabel('File').setInputFiles(other);
    await expect(form.getByLabel('File')).toHaveAccessibleDescription(words);
  }
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(form).toBeHidden();
  await page.getByRole('button', { name: 'Add many' }).click();
  await expect(form.getByRole('textbox', { name: 'List' })).toHaveValue(/perhaps/);
  await form.getByRole('button', { name: 'Check' }).click();
  const problems = form.locator('#list-problems').getByRole('listitem');
  await expect(problems).toHaveText([/^Line 3: ADMIN;no .*taken/, /^Line 4: bob;perhaps .*yes, no or empty/, /^Line 5: .*line 2/]);
  await expect(form.getByRole('textbox', { name: 'List' })).toHaveAccessibleDescription(/ADMIN;no/);
  await expect(form.getByRole('button', { name: 'Add the one that is all right' })).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await form.getByRole('textbox', { name: 'List' }).fill('name;administrator\nalice;no\nbob;yes\n');
  await form.getByRole('button', { name: 'Check' }).click();
  await expect(form.getByRole('status')).toContainText('2 people can be added, one of them as administrator');
  await form.getByRole('button', { name: 'Add 2 people' }).click();
  await expect(ask(page, 'One-time links')).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.keyboard.press('Escape');
  await ask(page, 'Close without the links?').getByRole('button', { name: 'Close without them' }).click();
  await expect(rows(page)).toHaveCount(3);
  await expectNoSidewaysScroll(page);
});

test('those whose lines are all right are added without the others', async ({ page }) => {
  await enter(page, 'admin');
  await openUsers(page);
  await page.getByRole('button', { name: 'Add many' }).click();
  const form = ask(page, 'Add many');
  await form.getByRole('textbox', { name: 'List' }).fill('name\nalice\nadmin\nbob\n');
  await form.getByRole('button', { name: 'Check' }).click();
  await form.getByRole('button', { name: 'Add the 2 that are all right' }).click();
  const links = ask(page, 'One-time links');
  await expect(links.getByRole('rowheader')).toHaveText(['alice', 'bob']);
  await expect(links).toContainText('One line was left out');
  await links.getByRole('button', { name: 'Done' }).click();
  await ask(page, 'Close without the links?').getByRole('button', { name: 'Close without them' }).click();
  await expect(row(page, 'alice')).toContainText('Not activated yet');
  await expect(row(page, 'alice').getByRole('button', { name: 'New link' })).toBeVisible();
});

test('many wrong lines hide neither what is wrong nor the way out', async ({ page }) => {
  await enter(page, 'admin');
  await openUsers(page);
  for (const height of [720, 900]) {
    await page.setViewportSize({ width: 1280, height });
    await page.getByRole('button', { name: 'Add many' }).click();
    const form = ask(page, 'Add many');
    const lines = Array.from({ length: 90 }, (_, index) => `person${index},${index % 3 ? 'no' : 'perhaps'}`);
    await form.getByRole('textbox', { name: 'List' }).fill(['name,administrator', ...lines].join('\n'));
    await form.getByRole('button', { name: 'Check' }).click();
    await expect(form.getByRole('alert').locator(':focus')).toHaveText(/60 lines are all right\.$/);
    await expect(form.getByRole('alert')).toBeInViewport({ ratio: 1 });
    // Not only that there are some, but which, and where they are mended; the buttons lie above what scrolls.
    const buttons = (await form.locator('.list-actions').boundingBox())!;
    const problems = form.locator('#list-problems').getByRole('listitem');
    for (const index of [0, 1, 2, 3, 4]) {
      const problem = (await problems.nth(index).boundingBox())!;
      expect(problem.y + problem.height).toBeLessThan(buttons.y);
    }
    const text = form.getByRole('textbox', { name: 'List' });
    const field = (await text.boundingBox())!;
    expect(field.y + field.height / 2).toBeLessThan(buttons.y);
    await expect(form.getByRole('button', { name: 'Add the 60 that are all right' })).toBeInViewport({ ratio: 1 });
    await expectAccessible(page);
    // What is wrong stays while it is being mended; who is all right may be another matter by now.
    await text.pressSequentially('x');
    await expect(problems.first()).toBeVisible();
    await expect(form.getByRole('button', { name: 'that are all right' })).toHaveCount(0);
    await text.fill('name\nzoe\n');
    await form.getByRole('button', { name: 'Check' }).click();
    await expect(form.getByRole('status')).toContainText('Every line is all right');
    await expect(problems).toHaveCount(0);
    await page.keyboard.press('Escape');
  }
});

test('from a person one comes to what happened to them, and back', async ({ page, portal }) => {
  portal.add('alice');
  await enter(page, 'admin');
  await openUsers(page);
  await row(page, 'alice').getByRole('button', { name: 'More' }).click();
  await ask(page, 'More').getByRole('link', { name: /^Audit/ }).click();
  await expect(page).toHaveURL(/\/settings\/audit\?user=alice$/);
  await page.getByRole('button', { name: /^User added, entry/ }).click();
  await ask(page, 'Audit entry').getByRole('link', { name: 'alice in Users' }).click();
  await expect(page).toHaveURL(/\/settings\/users\?q=alice$/);
  await expect(rows(page)).toHaveCount(1);
});

test('several are deactivated with one confirmation, and let in again', async ({ anotherBrowser, page, portal }) => {
  for (const name of ['alice', 'bob', 'carol']) portal.add(name);
  const alice = await anotherBrowser();
  await enter(alice, 'alice');
  await enter(page, 'admin');
  await openUsers(page);
  for (const name of ['alice', 'bob']) await page.getByRole('checkbox', { name: `Select ${name}` }).check();
  const bar = page.getByRole('region', { name: 'Selected people' });
  await expect(bar).toContainText('2 people selected');
  await expectAccessible(page);
  // Looking for someone else keeps those who are selected.
  await search(page).fill('bob');
  await expect(bar).toContainText('2 people selected, 1 of them not in this list');
  await search(page).fill('');
  await expect(rows(page)).toHaveCount(4);
  await bar.getByRole('button', { name: 'Deactivate' }).click();
  await expect(ask(page, 'Deactivate').getByRole('button', { name: 'Cancel' })).toBeFocused();
  await expect(ask(page, 'Deactivate').getByRole('list', { name: 'People' })).toHaveText(/alice.*bob/s);
  await expectAccessible(page);
  await ask(page, 'Deactivate').getByRole('button', { name: 'Cancel' }).click();
  await expect(bar).toContainText('2 people selected');
  await bar.getByRole('button', { name: 'Deactivate' }).click();
  await ask(page, 'Deactivate').getByRole('button', { name: 'Deactivate' }).click();
  await expect(done(page, '2 people are deactivated.')).toBeVisible();
  await expect(bar).toHaveCount(0);
  await expect(row(page, 'bob')).toContainText('Deactivated');
  await alice.goto('/profile');
  await expect(alice.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await signIn(alice, 'alice');
  await expect(alice.getByRole('alert')).toBeVisible();

  await row(page, 'alice').getByRole('button', { name: 'Reactivate' }).click();
  await ask(page, 'Reactivate').getByRole('button', { name: 'Reactivate' }).click();
  await expect(done(page, 'One person is active again.')).toBeVisible();
  await enter(alice, 'alice');

  // The last administrator can't go, and is told why.
  await row(page, 'admin').getByRole('button', { name: 'Deactivate' }).click();
  await expect(ask(page, 'Deactivate')).toContainText('That includes you.');
  await ask(page, 'Deactivate').getByRole('button', { name: 'Deactivate' }).click();
  await expect(ask(page, 'Deactivate').getByRole('alert')).toContainText('last administrator who can sign in');
});

test('more people than the portal takes at once are changed in goes', async ({ page }) => {
  test.slow();
  await enter(page, 'admin');
  // Adding hundreds of people takes its time; the portal's answers are told here, those to changes counted.
  const person = (index: number) => ({
    id: `id-${index}`, name: `user${index}`, display_name: '', mail_address: '', you: false, administrator: false,
    active: true, second_factor: false, lock: null, codes_locked: false, created_at: 0, last_sign_in_at: null,
    has_password: true, invited_until: null, access_code: null,
  });
  const people = Array.from({ length: 120 }, (_, index) => person(index));
  await page.route('**/api/people', (route) =>
    route.fulfill({ json: { people, next: null, waiting: [], approvers: null, total: people.length } }),
  );
  const goes: number[] = [];
  await page.route('**/api/change-people', (route) => {
    const { ids } = route.request().postDataJSON() as { ids: string[] };
    goes.push(ids.length);
    if (goes.length === 2) return route.fulfill({ json: { Err: 'LastAdministrator' } });
    const changed = people.filter(({ id }) => ids.includes(id)).map((one) => ({ ...one, active: false }));
    return route.fulfill({ json: { Ok: { people: changed, changed: ids.length } } });
  });
  await openUsers(page);
  await expect(rows(page)).toHaveCount(120);
  await page.getByRole('checkbox', { name: 'Select all that are shown' }).check();
  const bar = page.getByRole('region', { name: 'Selected people' });
  await bar.getByRole('button', { name: 'Deactivate' }).click();
  await ask(page, 'Deactivate').getByRole('button', { name: 'Deactivate' }).click();
  await expect(done(page, '100 people are deactivated. The other 20 are as before.')).toContainText('last administrator who can sign in');
  expect(goes).toEqual([100, 20]);
  // Those with whom it failed are still selected.
  await expect(bar).toContainText('20 people selected');
  await bar.getByRole('button', { name: 'Deactivate' }).click();
  await ask(page, 'Deactivate').getByRole('button', { name: 'Deactivate' }).click();
  await expect(done(page, '20 people are deactivated.')).toBeVisible();
  await expect(bar).toHaveCount(0);
});

test('on paper there are the people and nothing to press', async ({ page, portal }) => {
  portal.add('alice');
  await enter(page, 'admin');
  await openUsers(page);
  await page.setViewportSize({ width: 720, height: 1_000 });
  for (const path of ['/settings/users', '/settings/audit', '/settings/account-policy', '/settings/remind', '/settings/mail', '/']) {
    await page.goto(path);
    await onPaper(page, async () => {
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.getByRole('navigation').locator('visible=true')).toHaveCount(0);
      // What opens an entry of the audit trail is its name, which stays.
      await expect(page.locator('button:not(.button-link)').locator('visible=true')).toHaveCount(0);
      if (path === '/settings/audit') await expect(page.getByRole('button', { name: 'Signed in' }).first()).toBeVisible();
      expect((await page.getByRole('main').boundingBox())!.width, path).toBe(720);
    });
  }
});

test('a locked account is found under "Locked" and unlocked, with the keyboard alone', async ({ anotherBrowser, page, portal }) => {
  portal.add('alice');
  const alice = await anotherBrowser();
  await alice.goto('/sign-in');
  for (let attempt = 0; attempt < 5; attempt++) await signIn(alice, 'alice', 'Wrong-horse-9');
  await enter(page, 'admin');
  await page.goto('/settings/users?filter=locked');
  await expect(rows(page)).toHaveCount(1);
  await expect(row(page, 'alice')).toContainText('Locked until');
  const unlock = row(page, 'alice').getByRole('button', { name: 'Unlock' });
  await press(page, unlock);
  await press(page, ask(page, 'Unlock').getByRole('button', { name: 'Unlock' }));
  await expect(done(page, 'One person is unlocked.')).toBeVisible();
  await enter(alice, 'alice');
});

test('"Disable 2FA" needs a reason and lets someone in with the password alone', async ({ anotherBrowser, page, portal }) => {
  portal.add('alice');
  const alice = await anotherBrowser();
  await enrol(alice, 'alice');
  await enter(page, 'admin');
  await openUsers(page);
  await expect(row(page, 'alice')).toContainText('On');
  // Whoever proved themselves more than five minutes ago is asked. Time can't be
  // turned here, so the portal's answer of then is given to the first request.
  let asked = false;
  await page.route('**/api/change-people', async (route) => {
    if (asked) return route.continue();
    asked = true;
    return route.fulfill({ json: { Err: { StepUpRequired: { code: false } } } });
  });
  await row(page, 'alice').getByRole('button', { name: 'Disable 2FA' }).click();
  const confirm = ask(page, 'Disable 2FA');
  await confirm.getByRole('button', { name: 'Disable 2FA' }).click();
  const proof = page.getByRole('dialog', { name: 'Confirm it is you' });
  await proof.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await proof.getByRole('button', { name: 'Confirm' }).click();
  const reason = confirm.getByRole('textbox', { name: 'Reason' });
  await expect(reason).toHaveAccessibleDescription(/Say why/);
  await expectAccessible(page);
  await reason.fill('Lost the phone; called back on the known number');
  await reason.press('Enter');
  await expect(done(page, 'One person is without a second factor now.')).toBeVisible();
  await expect(row(page, 'alice').getByRole('button', { name: 'Disable 2FA' })).toHaveCount(0);
  await alice.goto('/');
  await signIn(alice, 'alice');
  await expect(alice.getByRole('button', { name: 'Sign out' })).toBeVisible();
});

test.describe('someone who lost everything', () => {
  // The browser notes by itself what the portal refuses to those who are confined.
  test.use({ tolerated: { problems: [/status of 403 \(Forbidden\) \(http:[^ ]+\/api\//] } });

  test('comes in with a temporary access code and sets up a new app', async ({ anotherBrowser, page, portal }) => {
    portal.add('alice');
    const alice = await anotherBrowser();
    const lost = await enrol(alice, 'alice');
    await signOut(alice);
    await enter(page, 'admin');
    await openUsers(page);
    await choose(page, 'alice', 'Temporary access code');
    const issue = ask(page, 'Temporary access code');
    await expectAccessible(page);
    await issue.getByRole('button', { name: 'Issue code' }).click();
    const code = await issue.getByLabel('Temporary access code', { exact: true }).innerText();
    await expectAccessible(page);
    // A stray key does not lose it.
    await page.keyboard.press('Escape');
    const lose = ask(page, 'Close without the code?');
    await expectAccessible(page);
    await lose.getByRole('button', { name: 'Cancel' }).click();
    await expect(lose).toBeHidden();
    await expect(issue.getByText(code)).toBeVisible();
    await issue.getByRole('button', { name: 'Done' }).click();
    await expect(row(page, 'alice')).toContainText('Access code until');

    await enterAccessCode(alice, 'alice', code.toLowerCase());
    await expect(alice.getByRole('heading', { name: 'Two-factor authentication required' })).toBeVisible();
    await expect(alice.getByText('You came in with a temporary access code')).toBeVisible();
    await expectAccessible(alice);
    await alice.getByRole('button', { name: 'Set up 2FA' }).click();
    await dialog(alice).getByRole('button', { name: 'I have an authentication app' }).click();
    const found: { app: Authenticator } = await completeSetUp(alice);
    await expect(alice.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
    await signOut(alice);

    await signIn(alice, 'alice');
    await giveCode(alice, lost.app.code('+30 seconds'));
    await expect(alice.getByRole('alert')).toContainText('wrong');
    await giveCode(alice, found.app.code('+30 seconds'));
    await expect(alice.getByRole('button', { name: 'Sign out' })).toBeVisible();
    await signOut(alice);
    await enterAccessCode(alice, 'alice', code);
    await expect(alice.getByRole('alert')).toContainText('none of your current recovery codes');
  });

  test('waits for a second administrator where the policy says so', async ({ anotherBrowser, page, portal }) => {
    portal.add('alice');
    const alice = await anotherBrowser();
    await enrol(alice, 'alice');
    await signOut(alice);
    await enter(page, 'admin');
    await page.goto('/settings/account-policy');
    await editPolicy(page);
    await page.getByRole('checkbox', { name: 'A second administrator must approve temporary access codes' }).check();
    await expect(page.getByText('You are the only administrator who can sign in')).toBeVisible();
    portal.add('second', '--admin');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(done(page, 'saved')).toBeVisible();
    await openUsers(page);
    await choose(page, 'alice', 'Temporary access code');
    const issue = ask(page, 'Temporary access code');
    await issue.getByRole('button', { name: 'Issue code' }).click();
    await expect(issue).toContainText('a second administrator must approve it');
    await issue.getByRole('button', { name: 'Done' }).click();
    const waiting = (window: Page) => window.getByRole('region', { name: 'Waiting for approval' });
    await expect(waiting(page)).toContainText('Someone else must approve it.');
    await waiting(page).getByRole('button', { name: 'Withdraw code: alice' }).click();
    await ask(page, 'Withdraw code').getByRole('button', { name: 'Withdraw code' }).click();
    await expect(done(page, 'One person is without a temporary access code now.')).toBeVisible();
    await expect(waiting(page)).toHaveCount(0);
    await choose(page, 'alice', 'Temporary access code');
    await issue.getByRole('button', { name: 'Issue code' }).click();
    await expect(issue).toContainText('a second administrator must approve it');
    const code = await issue.getByLabel('Temporary access code', { exact: true }).innerText();
    await issue.getByRole('button', { name: 'Done' }).click();
    await expect(row(page, 'alice').getByRole('button', { name: 'Withdraw code' })).toBeVisible();
    await enterAccessCode(alice, 'alice', code);
    await expect(alice.getByRole('alert')).toContainText('a second administrator must approve it first');

    const second = await anotherBrowser({ viewport: { width: 360, height: 740 } });
    await enter(second, 'second');
    await expect(second.getByText('A temporary access code waits for a second administrator.')).toBeVisible();
    await openUsers(second);
    await expectAccessible(second);
    await expectNoSidewaysScroll(second);
    await waiting(second).getByRole('button', { name: 'Approve code' }).click();
    await expect(done(second, 'approved')).toBeVisible();
    await expect(waiting(second)).toHaveCount(0);
    await alice.getByRole('textbox', { name: 'Recovery code' }).fill(code);
    await alice.getByRole('button', { name: 'Use recovery code' }).click();
    await expect(alice.getByRole('heading', { name: 'Two-factor authentication required' })).toBeVisible();
  });
});
