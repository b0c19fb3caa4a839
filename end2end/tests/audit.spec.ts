import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { press, tabTo } from '../support/keyboard';
import { enter, signIn } from '../support/person';

test.beforeEach(({ portal }) => {
  portal.add('root', '--admin');
  portal.add('alice');
});

const entries = (page: Page) => page.getByRole('table', { name: 'Audit entries' }).getByRole('row').filter({ has: page.getByRole('cell') });
const heading = (page: Page) => page.getByRole('heading', { name: 'Audit', exact: true, level: 1 });

/** Alice tries a wrong password and then comes in; the administrator looks at the audit trail. */
async function somethingHappens(page: Page, other: Page): Promise<void> {
  await other.goto('/sign-in');
  await signIn(other, 'alice', 'Wrong-horse-9');
  await expect(other.getByRole('alert')).toBeVisible();
  await enter(other, 'alice');
  await enter(page, 'root');
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('link', { name: 'Audit' }).click();
  await expect(heading(page)).toBeVisible();
}

test('administrators find out what happened, and the URL keeps what they looked for', async ({ anotherBrowser, page }) => {
  await somethingHappens(page, await anotherBrowser());
  await expect(entries(page)).toHaveCount(5);
  await expect(entries(page).first()).toContainText('Signed in');
  await expect(entries(page).first()).toContainText('root');
  await expectAccessible(page);

  // A person, and what failed.
  await page.getByRole('textbox', { name: 'User' }).fill('Alice');
  await page.getByRole('combobox', { name: 'Outcome' }).selectOption('Failure');
  await page.getByRole('button', { name: 'Apply filter' }).click();
  await expect(entries(page)).toHaveCount(1);
  await expect(entries(page)).toContainText('Wrong password at sign-in');
  await expect(page).toHaveURL(/\/settings\/audit\?user=Alice&outcome=failure$/);
  await page.reload();
  await expect(entries(page)).toHaveCount(1);
  await expect(page.getByRole('textbox', { name: 'User' })).toHaveValue('Alice');
  await expect(page.getByRole('combobox', { name: 'Outcome' })).toHaveValue('failure');

  // Back in the browser is back on the page, in the form, too.
  await page.goBack();
  await expect(entries(page)).toHaveCount(5);
  await expect(page.getByRole('textbox', { name: 'User' })).toHaveValue('');

  // Some events, and the order turned around.
  await page.getByText('All events').click();
  await page.getByRole('checkbox', { name: 'Signed in', exact: true }).check();
  await page.getByRole('checkbox', { name: 'User added' }).check();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Apply filter' }).click();
  await expect(entries(page)).toHaveCount(4);
  await page.getByRole('link', { name: /^Time \(UTC\)/ }).click();
  await expect(page).toHaveURL(/order=oldest/);
  await expect(entries(page).first()).toContainText('User added');
  await expect(page.getByRole('columnheader', { name: /^Time/ })).toHaveAttribute('aria-sort', 'ascending');

  // A name leads to everything about its person; words are searched for.
  await page.getByRole('link', { name: 'Clear' }).click();
  await expect(entries(page)).toHaveCount(5);
  await entries(page).filter({ hasText: 'Wrong password' }).getByRole('link', { name: 'alice' }).first().click();
  await expect(entries(page)).toHaveCount(3);
  await page.getByRole('link', { name: 'Clear' }).click();
  await page.getByRole('searchbox', { name: 'Search' }).fill('wrong pass');
  await page.getByRole('searchbox', { name: 'Search' }).press('Enter');
  await expect(entries(page)).toHaveCount(1);
  await page.getByRole('searchbox', { name: 'Search' }).fill('xyzzy');
  await page.getByRole('searchbox', { name: 'Search' }).press('Enter');
  await expect(page.getByRole('status').filter({ hasText: 'No entry matches' })).toBeVisible();
  await expectAccessible(page);
});

test('opening an entry shows all of it, and each row acts for itself', async ({ anotherBrowser, page }) => {
  await somethingHappens(page, await anotherBrowser());
  const dialog = page.getByRole('dialog', { name: 'Audit entry' });
  const opener = page.getByRole('button', { name: 'Wrong password at sign-in, entry 3' });
  await press(page, opener);
  await expect(dialog).toContainText('sign_in_failed');
  await expect(dialog).toContainText('Entry 3');
  await expect(dialog).toContainText(/[0-9a-f]{64}/);
  await expect(dialog).toContainText('127.0.0.1');
  await expect(dialog).toContainText('Mozilla/5.0');
  // In UTC and in the person's own zone, an hour or two apart.
  const time = async (name: string) => dialog.locator('.fact', { has: page.getByText(name, { exact: true }) }).locator('dd').innerText();
  expect(await time('Time')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
  const here = new Date((await time('Time')).replace(' UTC', 'Z').replace(' ', 'T'));
  const berlin = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' });
  expect(await time('Your time')).toContain(berlin.format(here));
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();

  // After the rows have changed, their buttons open the new ones.
  await page.getByRole('textbox', { name: 'User' }).fill('root');
  await page.getByRole('button', { name: 'Apply filter' }).click();
  await expect(entries(page)).toHaveCount(2);
  await entries(page).nth(1).getByRole('button').click();
  await expect(dialog).toContainText('user_added');
  await expect(dialog).toContainText('Entry 1');
});

test('a change of the policy is told in words, and as it was recorded', async ({ page, portal }) => {
  portal.policy('grace-days', '14');
  await enter(page, 'root');
  await page.goto('/settings/audit?event=policy_changed');
  await entries(page).getByRole('button').click();
  const dialog = page.getByRole('dialog', { name: 'Audit entry' });
  await expect(dialog.getByRole('listitem')).toHaveText(['Grace period: None → 14 days']);
  await expect(dialog.getByText('"grace_days": 14')).toBeHidden();
  await dialog.getByText('As recorded').click();
  await expect(dialog.getByText('"grace_days": 14')).toBeVisible();
  await expectAccessible(page);
});

test('the time in the viewer’s zone shows where they point or have the focus', async ({ page }) => {
  await enter(page, 'root');
  await page.goto('/settings/audit');
  const row = entries(page).first();
  const local = row.getByText('your time');
  await page.getByRole('heading', { level: 1 }).hover();
  await expect(local).toBeHidden();
  await row.hover();
  await expect(local).toBeVisible();
  await page.getByRole('heading', { level: 1 }).hover();
  await expect(local).toBeHidden();
  await tabTo(page, row.getByRole('button'));
  await expect(local).toBeVisible();
});

test('what is filtered can be downloaded, and that is recorded', async ({ page, portal }) => {
  portal.add('=1+1');
  await enter(page, 'root');
  await page.goto('/settings/audit?event=user_added');
  const download = async (name: string) => {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
    return { name: file.suggestedFilename(), text: readFileSync((await file.path())!, 'utf8') };
  };
  const csv = await download('Export as CSV');
  expect(csv.name).toMatch(/^audit-\d{4}-\d\d-\d\d\.csv$/);
  const [head, ...lines] = csv.text.trim().split('\r\n');
  expect(head).toContain('sequence,time,event,outcome');
  expect(lines).toHaveLength(3);
  expect(lines[0]).toContain(",'=1+1,");
  const jsonl = await download('Export as JSON Lines');
  expect(jsonl.name).toMatch(/\.jsonl$/);
  expect(jsonl.text.trim().split('\n').map((line) => JSON.parse(line).subject)).toEqual(['=1+1', 'alice', 'root']);
  await page.goto('/settings/audit');
  await expect(entries(page).nth(0)).toContainText('Audit trail exported');
  await expect(entries(page).nth(1)).toContainText('Audit trail exported');
});

test('“Verify” says that the chain holds', async ({ page }) => {
  await enter(page, 'root');
  await page.goto('/settings/audit');
  await press(page, page.getByRole('button', { name: 'Verify' }));
  await expect(page.getByRole('status').filter({ hasText: 'The chain holds: 3 entries, from 1 to 3.' })).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: /[0-9a-f]{64}/ })).toBeVisible();
  await expectAccessible(page);
});

test('a day that is none is answered at its field', async ({ page }) => {
  await enter(page, 'root');
  await page.goto('/settings/audit?from=2026-05-03&to=2026-05-01');
  const to = page.getByLabel('To', { exact: true });
  await expect(to).toHaveAccessibleDescription('This day is before “From”.');
  await expect(to).toHaveAttribute('aria-invalid', 'true');
  // What would bring the same again is not offered.
  await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
  await expect(page.getByRole('link', { name: /^Export/ })).toHaveCount(0);
  await page.getByRole('button', { name: 'Apply filter' }).click();
  await expect(to).toBeFocused();
  await page.getByRole('link', { name: 'Clear' }).click();
  await expect(page.getByRole('link', { name: /^Export/ })).toHaveCount(2);
  await expect(entries(page)).toHaveCount(3);
});

test.describe('without the right or with a bad filter', () => {
  // The browser notes by itself what is refused.
  test.use({ tolerated: { problems: [/status of 4(01|22)/] } });

  test('who can’t have the file is led on', async ({ anotherBrowser, page }) => {
    const visitor = await anotherBrowser();
    await visitor.goto('/api/audit-export/csv?user=root');
    await expect(visitor).toHaveTitle(/^You are signed out · \S/);
    await visitor.getByRole('link', { name: 'Sign in' }).click();
    await signIn(visitor, 'root');
    await expect(visitor).toHaveURL(/\/settings\/audit\?user=root$/);

    await enter(page, 'root');
    await page.goto('/api/audit-export/csv?from=2026-05-03&to=2026-05-01');
    await page.getByRole('link', { name: 'Back to Audit' }).click();
    await expect(page.getByLabel('To', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  });
});

test.describe('without script', () => {
  // The browser notes that it loads no program.
  test.use({ javaScriptEnabled: false, tolerated: { problems: [/twofold\.js csp/] } });

  test('the filter works, and long lists can be narrowed', async ({ page }) => {
    await page.goto('/sign-in');
    await signIn(page, 'root');
    await page.goto('/settings/audit');
    await page.getByRole('textbox', { name: 'User' }).fill('alice');
    await page.getByRole('button', { name: 'Apply filter' }).click();
    await expect(entries(page)).toHaveCount(1);
    await expect(entries(page)).toContainText('User added');
  });
});

test.describe('refused', () => {
  // The browser notes that the page answers 403.
  test.use({ tolerated: { problems: [/status of 403/] } });

  test('others neither see the page nor a way to it', async ({ page }) => {
    await enter(page, 'alice');
    await expect(page.getByRole('link', { name: 'Settings' })).toHaveCount(0);
    await page.goto('/settings/audit');
    await expect(page.getByRole('heading', { name: 'For administrators only' })).toBeVisible();
  });
});

test('on a narrow screen every entry is a card', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await enter(page, 'root');
  await page.goto('/settings/audit');
  await expect(entries(page)).toHaveCount(3);
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
  await page.getByText('All events').click();
  await expectNoSidewaysScroll(page);
  await page.getByText('All events').click();
  await entries(page).first().getByRole('button').click();
  await expect(page.getByRole('dialog', { name: 'Audit entry' })).toContainText('Place in the chain');
  await expectNoSidewaysScroll(page);
});
