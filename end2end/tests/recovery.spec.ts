import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { clipboard } from '../support/clipboard';
import { press, tabTo } from '../support/keyboard';
import { onPaper } from '../support/paper';
import { enrol, section, signIn, signOut } from '../support/person';
import { PASSWORD } from '../support/portal';

const TITLE = 'Generate new recovery codes';

const generate = (page: Page) => page.getByRole('dialog', { name: TITLE });
const ledger = (page: Page) => section(page).getByRole('list', { name: 'Recovery code ledger' }).getByRole('listitem');

/** From the profile to the field for the password. */
async function proceed(page: Page): Promise<void> {
  await section(page).getByRole('button', { name: TITLE }).click();
  await generate(page).getByRole('button', { name: TITLE }).click();
  await expect(generate(page).getByRole('textbox', { name: 'Password' })).toBeFocused();
}

async function give(page: Page, password: string): Promise<void> {
  await generate(page).getByRole('textbox', { name: 'Password' }).fill(password);
  await generate(page).getByRole('button', { name: 'Next' }).click();
}

async function newCodes(page: Page): Promise<string[]> {
  const items = generate(page).getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
  await expect(items).toHaveCount(10);
  return (await items.allInnerTexts()).map((text) => text.trim());
}

async function signInWith(page: Page, code: string): Promise<void> {
  await signIn(page, 'alice');
  await page.getByRole('link', { name: 'Enter recovery code' }).click();
  await page.getByRole('textbox', { name: 'Recovery code' }).fill(code);
  await page.getByRole('button', { name: 'Use recovery code' }).click();
}

async function check(page: Page, code: string): Promise<void> {
  await section(page).getByRole('textbox', { name: 'Recovery code' }).fill(code);
  await section(page).getByRole('button', { name: 'Check a code' }).click();
}

test.beforeEach(({ portal }) => portal.add('alice'));

test('the ledger says which code was used when, from which browser and address', async ({ page }) => {
  const { codes } = await enrol(page, 'alice');
  await expect(section(page)).toContainText('10 recovery codes are left');
  await expect(ledger(page)).toHaveCount(10);
  await expect(ledger(page).filter({ hasText: 'Unused' })).toHaveCount(10);
  await signOut(page);
  await signInWith(page, codes[3]);
  await page.goto('/profile');
  await expect(section(page)).toContainText('9 recovery codes are left');
  await expect(ledger(page).nth(3)).toContainText(/^Code 4Used \d+ \w+ \d{4}, \d\d:\d\d.*Chrome on Linux.*127\.0\.0\.1$/);
  await expect(ledger(page).filter({ hasText: 'Unused' })).toHaveCount(9);
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(page);
});

test.describe('signing out again and again', () => {
  // What a page still asks for when its session ends is refused, and the browser notes that by itself.
  test.use({ tolerated: { problems: [/status of 401/] } });

  test('with three left every page is loud about it', async ({ page }) => {
    const { codes } = await enrol(page, 'alice');
    for (const code of codes.slice(0, 7)) {
      await signOut(page);
      await signInWith(page, code);
      await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
    }
    const notice = page.getByRole('region', { name: 'Only 3 recovery codes are left.' });
    await expect(notice.getByRole('link')).toHaveText(['Get new codes', 'Replace your authentication app']);
    await expectAccessible(page);
    await page.goto('/profile');
    await expect(notice).toBeVisible();
    await expect(section(page)).toContainText('3 recovery codes are left.Without your phone');
    await expectAccessible(page);
  });
});

test('a code is checked without being spent', async ({ page }) => {
  const { codes } = await enrol(page, 'alice');
  await signOut(page);
  await signInWith(page, codes[0]);
  await page.goto('/profile');
  const field = section(page).getByRole('textbox', { name: 'Recovery code' });
  await expect(field).toHaveAccessibleDescription(/does not use it up/);
  for (const typed of [codes[3], codes[3].toLowerCase().replaceAll('-', ' ')]) {
    await check(page, typed);
    await expect(section(page).locator('form [aria-live]')).toHaveText('Code 4 of your current set; not used yet.');
  }
  await check(page, codes[0]);
  await expect(section(page).locator('form [aria-live]')).toHaveText(/^Code 1 of your current set; used on \d+ \w+ \d{4}/);
  await expectAccessible(page);
  await check(page, 'nonsense');
  await expect(field).toHaveAccessibleDescription(/16 letters and digits/);
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await check(page, 'AAAA-AAAA-AAAA-AAAA');
  await expect(field).toHaveAccessibleDescription(/none of your current recovery codes/);
  await expectAccessible(page);
  await expect(ledger(page).filter({ hasText: 'Unused' })).toHaveCount(9);
});

test('new codes: what will happen, the password, ten codes; the old ones are dead', async ({ context, page }) => {
  await context.grantPermissions(['clipboard-write']);
  await page.addInitScript(() => {
    window.print = () => document.documentElement.setAttribute('data-printed', 'yes');
  });
  const { codes: old } = await enrol(page, 'alice');
  await section(page).getByRole('button', { name: TITLE }).click();
  await expect(generate(page)).toContainText('earlier codes stop working');
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(generate(page)).toBeHidden();
  await expect(section(page).getByRole('button', { name: TITLE })).toBeFocused();

  await proceed(page);
  // Signed in a moment ago: no code is asked for.
  await expect(generate(page).getByRole('textbox')).toHaveCount(1);
  await expectAccessible(page);
  await give(page, 'Wrong-horse-9');
  await expect(generate(page).getByRole('textbox', { name: 'Password' })).toHaveAccessibleDescription(/wrong/);
  await expectAccessible(page);
  await give(page, PASSWORD);
  const codes = await newCodes(page);
  expect(codes.filter((code) => old.includes(code))).toEqual([]);
  const done = generate(page).getByRole('button', { name: 'Done' });
  await expect(done).toBeDisabled();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

  const downloading = page.waitForEvent('download');
  await generate(page).getByRole('button', { name: 'Download' }).click();
  const file = readFileSync(await (await downloading).path(), 'utf8');
  codes.forEach((code, index) => expect(file).toContain(`${index + 1}. ${code}\n`));
  await expect(done).toBeEnabled();
  await generate(page).getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(generate(page).getByText('Copied.')).toBeVisible();
  expect((await clipboard(page)).split(/\s+/)).toEqual(codes);
  await generate(page).getByRole('button', { name: 'Print' }).click();
  await expect(page.locator('html[data-printed]')).toHaveCount(1);
  await onPaper(page, async () => {
    for (const code of codes) await expect(page.getByText(code).locator('visible=true')).toHaveCount(1);
    await expect(done).toBeHidden();
  });
  await done.click();
  await expect(generate(page)).toBeHidden();
  await expect(section(page).getByRole('status').first()).toContainText('new recovery codes are in force');
  await expect(section(page).getByRole('button', { name: TITLE })).toBeFocused();
  expect(await page.content()).not.toContain(codes[0]);

  // The numbers are those of the sheet.
  await check(page, codes[6]);
  await expect(section(page).locator('form [aria-live]')).toHaveText('Code 7 of your current set; not used yet.');
  await signOut(page);
  await signInWith(page, old[0]);
  await expect(page.getByRole('textbox', { name: 'Recovery code' })).toHaveAccessibleDescription(/none of your current/);
  await page.getByRole('textbox', { name: 'Recovery code' }).fill(codes[6]);
  await page.getByRole('button', { name: 'Use recovery code' }).click();
  await page.getByRole('link', { name: 'Profile' }).click();
  await expect(ledger(page).nth(6)).toContainText('Used');
});

test('new codes by keyboard alone, and not left by mistake', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await enrol(page, 'alice');
  await press(page, section(page).getByRole('button', { name: TITLE }));
  await press(page, generate(page).getByRole('button', { name: TITLE }));
  await expect(generate(page).getByRole('textbox', { name: 'Password' })).toBeFocused();
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await newCodes(page);
  await expectNoSidewaysScroll(page);
  await page.keyboard.press('Escape');
  await expect(generate(page).getByRole('alert')).toContainText('can’t be shown again');
  await expect(generate(page).getByRole('alert')).toBeInViewport();
  await expect(generate(page)).toBeVisible();
  // Nor does "Back" take them away unasked.
  await page.evaluate(() => history.back());
  await page.getByRole('dialog', { name: 'Leave without the codes?' }).getByRole('button', { name: 'Stay' }).click();
  await newCodes(page);
  await expectAccessible(page);
  await tabTo(page, generate(page).getByRole('checkbox', { name: 'I have stored these codes' }));
  await page.keyboard.press('Space');
  await press(page, generate(page).getByRole('button', { name: 'Done' }));
  await expect(generate(page)).toBeHidden();
  await expect(section(page).getByRole('button', { name: TITLE })).toBeFocused();
});

test('whoever proved nothing lately gives a code as well, or a recovery code', async ({ page }) => {
  const { app, codes } = await enrol(page, 'alice');
  // Time can't be turned here, so the portal's answer of then is given.
  await page.route('**/api/session-state', (route) =>
    route.fulfill({ json: { milliseconds_left: 900_000, extendable: true, stepped_up: false } }),
  );
  await proceed(page);
  const code = generate(page).getByRole('textbox', { name: 'Six-digit code' });
  await expectAccessible(page);
  await code.fill(app.wrongCode());
  await give(page, PASSWORD);
  await expect(code).toHaveAccessibleDescription(/wrong/);
  await generate(page).getByRole('button', { name: 'Use a recovery code instead' }).click();
  const recovery = generate(page).getByRole('textbox', { name: 'Recovery code' });
  await expect(recovery).toBeFocused();
  await expectAccessible(page);
  await recovery.fill('nonsense');
  await give(page, PASSWORD);
  await expect(recovery).toHaveAccessibleDescription(/16 letters/);
  await generate(page).getByRole('button', { name: 'Use a six-digit code instead' }).click();
  await expect(code).toBeFocused();
  await generate(page).getByRole('button', { name: 'Use a recovery code instead' }).click();
  await recovery.fill(codes[0]);
  await give(page, PASSWORD);
  await newCodes(page);
});

test.describe('when the portal can’t be reached', () => {
  test.use({ tolerated: { problems: [/ERR_FAILED/] } });

  test('a lost answer is told as what it may be', async ({ page }) => {
    await enrol(page, 'alice');
    await proceed(page);
    await page.route('**/api/generate-recovery-codes', (route) => route.abort());
    await give(page, PASSWORD);
    await expect(generate(page).getByRole('alert')).toContainText('New codes may be in force already');
    await expectAccessible(page);
    await page.unroute('**/api/generate-recovery-codes');
    await generate(page).getByRole('button', { name: 'Next' }).click();
    await newCodes(page);
  });
});
