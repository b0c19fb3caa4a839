import { readFileSync } from 'node:fs';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { Authenticator } from '../support/authenticator';
import { clipboard } from '../support/clipboard';
import { press, tabTo } from '../support/keyboard';
import { onPaper } from '../support/paper';
import { completeSetUp, dialog, enter, enterCode, openSetUp, section, shownCodes, signIn, signOut } from '../support/person';
import { PASSWORD } from '../support/portal';

test.beforeEach(({ portal }) => portal.add('alice'));

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 360]) {
    test(`voluntary set-up, ${colorScheme}, ${width} pixels wide`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 740 });
      await enter(page, 'alice');
      await openSetUp(page);
      await expectNoSidewaysScroll(page);
      const { app } = await completeSetUp(page);
      expect(app.uri).toMatch(/^otpauth:\/\/totp\/Twofold:alice\?secret=[A-Z2-7]{32}&issuer=Twofold/);
      await expect(section(page)).toContainText('Authenticator app');
      await expectNoSidewaysScroll(page);
    });
  }
}

test('each step is accessible, and nothing is on before "Finish"', async ({ page }) => {
  await enter(page, 'alice');
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Profile' }).click();
  await expect(section(page)).toBeVisible();
  await expectAccessible(page);
  await section(page).getByRole('button', { name: 'Add method' }).click();
  await expect(dialog(page)).toBeVisible();
  await expectAccessible(page);
  await dialog(page).getByRole('button', { name: 'I have an authentication app' }).click();
  await expect(page.getByRole('timer', { name: 'Time left' })).toBeVisible();
  await expectAccessible(page);

  const app = await Authenticator.scan(page);
  await expect(page.getByLabel('Setup key')).toHaveText(app.secret.replace(/(.{4})(?=.)/g, '$1 '));
  expect(await dialog(page).locator('a[href^="otpauth:"]').getAttribute('href')).toBe(app.uri);
  const field = dialog(page).getByRole('textbox', { name: 'Six-digit code' });
  await expect(field).toHaveAttribute('autocomplete', 'one-time-code');
  await expect(field).toHaveAttribute('inputmode', 'numeric');

  await enterCode(page, app.code());
  const codes = await shownCodes(page);
  expect(new Set(codes).size).toBe(10);
  await expectAccessible(page);
  await expect(dialog(page).getByRole('button', { name: 'Finish' })).toBeDisabled();

  // Reloading shows the same codes.
  await page.reload();
  expect(await shownCodes(page)).toEqual(codes);

  // Leaving is asked about, and drops them.
  await page.keyboard.press('Escape');
  const question = page.getByRole('dialog', { name: 'Two-factor authentication is not on yet' });
  await expect(question.getByRole('button', { name: 'Back to the codes' })).toBeFocused();
  await expect(question.getByRole('button', { name: 'Finish' })).toBeDisabled();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(question).toBeHidden();
  expect(await shownCodes(page)).toEqual(codes);
  await dialog(page).getByRole('button', { name: 'Close' }).click();
  await question.getByRole('button', { name: 'Give up' }).click();
  await expect(dialog(page)).toBeHidden();
  await expect(page.getByRole('status').filter({ hasText: 'not finished' })).toBeVisible();
  await expect(section(page).getByRole('button', { name: 'Add method' })).toBeVisible();
  await expect(section(page)).toContainText('not on yet');
  await expectAccessible(page);
  await signOut(page);
  await signIn(page, 'alice');
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
});

test('who leaves after storing the codes can still finish', async ({ page }) => {
  await enter(page, 'alice');
  await openSetUp(page);
  const app = await Authenticator.scan(page);
  await enterCode(page, app.code());
  await dialog(page).getByRole('checkbox', { name: 'I have stored these codes' }).check();
  await page.keyboard.press('Escape');
  const question = page.getByRole('dialog', { name: 'Two-factor authentication is not on yet' });
  await question.getByRole('button', { name: 'Finish' }).click();
  await expect(dialog(page)).toBeHidden();
  await expect(section(page)).toContainText('10 recovery codes are left');
});

test('the time for "Finish" is told and warned of, and what follows it leads on', async ({ page }) => {
  await page.clock.install();
  await enter(page, 'alice');
  await openSetUp(page);
  const app = await Authenticator.scan(page);
  await enterCode(page, app.code());
  const timer = dialog(page).getByRole('timer', { name: 'Time left for “Finish”' });
  await expect(timer).toHaveText(/^1[45]:\d\d$/);
  await page.clock.fastForward('13:10');
  await expect(dialog(page).getByRole('status').filter({ hasText: 'two minutes' })).toBeVisible();
  await page.clock.fastForward('02:00');
  await expect(dialog(page).getByRole('alert')).toContainText('not finished in time');
  const again = dialog(page).getByRole('button', { name: 'Start again' });
  await expect(again).toBeFocused();
});

test('what is no code is refused at the field, and costs nothing', async ({ page }) => {
  await enter(page, 'alice');
  await openSetUp(page);
  const field = dialog(page).getByRole('textbox', { name: 'Six-digit code' });
  for (const typed of ['', '12345', '1234567', '12345a', '１２３４５Ⅵ']) {
    await enterCode(page, typed);
    await expect(field).toHaveAccessibleDescription(/six digits/);
    await expect(field).toHaveAttribute('aria-invalid', 'true');
  }
  await completeSetUp(page);
});

test('a code may be typed with the digits of any keyboard', async ({ page }) => {
  await enter(page, 'alice');
  await openSetUp(page);
  const code = (await Authenticator.scan(page)).code();
  const persian = [...code].map((digit) => String.fromCodePoint(0x6f0 + Number(digit))).join('');
  await enterCode(page, `\u202a${persian.slice(0, 3)}\u2011${persian.slice(3)}\u202c`);
  await shownCodes(page);
});

test('any way of storing the codes allows "Finish"', async ({ context, page }) => {
  await context.grantPermissions(['clipboard-write']);
  await page.addInitScript(() => (window.print = () => {}));
  await enter(page, 'alice');
  await page.goto('/profile');
  const finish = dialog(page).getByRole('button', { name: 'Finish' });
  for (const way of ['Download', 'Copy', 'Print']) {
    await section(page).getByRole('button', { name: 'Add method' }).click();
    await dialog(page).getByRole('button', { name: 'I have an authentication app' }).click();
    await enterCode(page, (await Authenticator.scan(page)).code());
    await shownCodes(page);
    await expect(finish).toBeDisabled();
    const box = dialog(page).getByRole('checkbox', { name: 'I have stored these codes' });
    await box.check();
    await expect(finish).toBeEnabled();
    await box.uncheck();
    await expect(finish).toBeDisabled();
    await dialog(page).getByRole('button', { name: way }).click();
    await expect(finish).toBeEnabled();
    await dialog(page).getByRole('button', { name: 'Close' }).click();
    const question = page.getByRole('dialog', { name: 'Two-factor authentication is not on yet' });
    await expect(question.getByRole('button', { name: 'Finish' })).toBeEnabled();
    await question.getByRole('button', { name: 'Give up' }).click();
    await expect(dialog(page)).toBeHidden();
  }
});

test('recovery codes: downloaded, copied, printed, and working', async ({ context, page }) => {
  await context.grantPermissions(['clipboard-write']);
  await page.addInitScript(() => {
    window.print = () => document.documentElement.setAttribute('data-printed', 'yes');
  });
  await enter(page, 'alice');
  await openSetUp(page);
  const app = await Authenticator.scan(page);
  await dialog(page).getByRole('button', { name: 'Copy key' }).click();
  await expect(dialog(page).getByText('Copied.')).toBeVisible();
  expect(await clipboard(page)).toBe(app.secret);
  await enterCode(page, app.code());
  const codes = await shownCodes(page);
  const finish = dialog(page).getByRole('button', { name: 'Finish' });
  const today = new Date().toISOString().slice(0, 10);

  const downloading = page.waitForEvent('download');
  await dialog(page).getByRole('button', { name: 'Download' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/\.txt$/);
  const file = readFileSync(await download.path(), 'utf8');
  for (const text of ['Twofold', 'alice', today]) expect(file).toContain(text);

  await dialog(page).getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(dialog(page).getByText('Copied.')).toBeVisible();
  expect((await clipboard(page)).split(/\s+/)).toEqual(codes);

  await dialog(page).getByRole('button', { name: 'Print' }).click();
  await expect(page.locator('html[data-printed]')).toHaveCount(1);
  await onPaper(page, async () => {
    for (const text of [...codes, 'alice', 'Twofold', today]) {
      await expect(page.getByText(text).locator('visible=true').first()).toBeVisible();
    }
    await expect(finish).toBeHidden();
    await expect(page.getByRole('navigation')).toBeHidden();
  });

  await finish.click();
  await expect(section(page)).toContainText('Authenticator app');
  await expect(section(page)).toContainText('10 recovery codes are left');
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Dashboard' }).click();
  await expect(page.getByRole('region', { name: 'Recovery codes left' })).toContainText('10');
  await expectAccessible(page);
  await signOut(page);
  const fromFile = file.match(/[0-9A-Z]{4}(-[0-9A-Z]{4}){3}/g)!;
  expect(fromFile).toEqual(codes);

  await signIn(page, 'alice');
  await page.getByRole('link', { name: 'Enter recovery code' }).click();
  const recovery = page.getByRole('dialog', { name: 'Two-factor authentication with recovery code' });
  await expectAccessible(page);
  await recovery.getByRole('textbox', { name: 'Recovery code' }).fill(fromFile[4]);
  await recovery.getByRole('button', { name: 'Use recovery code' }).click();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Recovery codes left' })).toContainText('9');
  await signOut(page);

  await signIn(page, 'alice');
  await page.getByRole('link', { name: 'Enter recovery code' }).click();
  await recovery.getByRole('textbox', { name: 'Recovery code' }).fill(fromFile[4]);
  await recovery.getByRole('button', { name: 'Use recovery code' }).click();
  await expect(recovery.getByRole('textbox', { name: 'Recovery code' })).toHaveAccessibleDescription(/used already/);
  await expectAccessible(page);
});

test('by keyboard alone, and focus returns when the dialog is left', async ({ page }) => {
  await page.goto('/sign-in');
  await tabTo(page, page.getByRole('textbox', { name: 'User name' }));
  await page.keyboard.type('alice');
  await tabTo(page, page.getByRole('textbox', { name: 'Password' }));
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  await press(page, page.getByRole('link', { name: 'Profile' }));

  const add = section(page).getByRole('button', { name: 'Add method' });
  await press(page, add);
  await expect(dialog(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  await expect(add).toBeFocused();

  await page.keyboard.press('Enter');
  await press(page, dialog(page).getByRole('button', { name: 'I have an authentication app' }));
  const app = await Authenticator.scan(page);
  await tabTo(page, dialog(page).getByRole('textbox', { name: 'Six-digit code' }));
  const code = app.code();
  await page.keyboard.type(`${code.slice(0, 3)} ${code.slice(3)}`);
  await page.keyboard.press('Enter');
  await shownCodes(page);
  await tabTo(page, dialog(page).getByRole('checkbox', { name: 'I have stored these codes' }));
  await page.keyboard.press('Space');
  await press(page, dialog(page).getByRole('button', { name: 'Finish' }));
  await expect(section(page)).toContainText('Authenticator app');
  await expect(section(page).getByRole('status')).toContainText('is on');

  await press(page, page.getByRole('button', { name: 'Sign out' }));
  await expect(page.getByRole('textbox', { name: 'User name' })).toBeFocused();
  await page.keyboard.type('alice');
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Six-digit code' })).toBeFocused();
  await page.keyboard.type(app.code('+30 seconds'));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
});

test('no secret is in a document, an address or the browser’s storage', async ({ page }) => {
  const addresses: string[] = [];
  page.on('request', (request) => addresses.push(request.url()));
  const everywhere = async () =>
    addresses.join('\n') +
    (await (await page.request.get('/profile')).text()) +
    (await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state])));
  await enter(page, 'alice');
  await openSetUp(page);
  const app = await Authenticator.scan(page);
  expect(await everywhere()).not.toContain(app.secret);
  await enterCode(page, app.code());
  const codes = await shownCodes(page);
  for (const secret of [app.secret, ...codes]) expect(await everywhere()).not.toContain(secret);
  await dialog(page).getByRole('checkbox', { name: 'I have stored these codes' }).check();
  await dialog(page).getByRole('button', { name: 'Finish' }).click();
  await expect(dialog(page)).toBeHidden();
  for (const secret of [app.secret, ...codes]) expect(await page.content()).not.toContain(secret);
  await page.reload();
  for (const secret of [app.secret, ...codes, PASSWORD]) {
    expect((await everywhere()) + (await page.content())).not.toContain(secret);
  }
  expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);
});
