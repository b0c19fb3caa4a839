import { readFileSync } from 'node:fs';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { Authenticator } from '../support/authenticator';
import { completeSetUp, dialog, enter, enterCode, enrol, giveCode, openSetUp, section, shownCodes, signIn, signOut } from '../support/person';

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
    });
  }
}

test('each step is accessible, and nothing is on before "Finish"', async ({ page }) => {
  await enter(page, 'alice');
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Profile' }).click();
  await section(page).getByRole('button', { name: 'Add method' }).click();
  await expect(dialog(page)).toBeVisible();
  await expectAccessible(page);
  await dialog(page).getByRole('button', { name: 'I have an authentication app' }).click();
  await expect(page.getByRole('timer', { name: 'Time left' })).toBeVisible();
  await expectAccessible(page);

  const app = await Authenticator.scan(page);
  await expect(page.getByLabel('Setup key')).toHaveText(app.secret.replace(/(.{4})(?=.)/g, '$1 '));
  expect(await dialog(page).locator('a[href^="otpauth:"]').getAttribute('href')).toBe(app.uri);

  await enterCode(page, app.code());
  const codes = await shownCodes(page);
  expect(new Set(codes).size).toBe(10);
  await expectAccessible(page);
  const finish = dialog(page).getByRole('button', { name: 'Finish' });
  await expect(finish).toBeDisabled();

  // Reloading shows the same codes.
  await page.reload();
  expect(await shownCodes(page)).toEqual(codes);

  // Leaving drops them.
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  await expect(page.getByRole('status').filter({ hasText: 'not on' })).toBeVisible();
  await expect(section(page).getByRole('button', { name: 'Add method' })).toBeVisible();
  await signOut(page);
  await signIn(page, 'alice');
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
});

test('recovery codes: downloaded, copied, printed, and working', async ({ context, page }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.addInitScript(() => {
    window.print = () => document.documentElement.setAttribute('data-printed', 'yes');
  });
  await enter(page, 'alice');
  await openSetUp(page);
  const app = await Authenticator.scan(page);
  await enterCode(page, app.code());
  const codes = await shownCodes(page);
  const finish = dialog(page).getByRole('button', { name: 'Finish' });

  const downloading = page.waitForEvent('download');
  await dialog(page).getByRole('button', { name: 'Download' }).click();
  const file = readFileSync(await (await downloading).path(), 'utf8');
  for (const code of codes) expect(file).toContain(code);
  expect(file).toContain('alice');
  expect(file).toContain('Twofold');
  await expect(finish).toBeEnabled();

  await dialog(page).getByRole('button', { name: 'Copy' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain(codes[9]);

  await dialog(page).getByRole('button', { name: 'Print' }).click();
  await expect(page.locator('html[data-printed]')).toHaveCount(1);
  await page.emulateMedia({ media: 'print' });
  for (const text of [...codes, 'alice', 'Twofold']) {
    await expect(page.getByText(text, { exact: false }).locator('visible=true').first()).toBeVisible();
  }
  await expect(finish).toBeHidden();
  await page.emulateMedia({ media: 'screen' });

  await finish.click();
  await expect(section(page)).toContainText('Authenticator app');
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
  await signOut(page);

  await signIn(page, 'alice');
  await page.getByRole('link', { name: 'Enter recovery code' }).click();
  await recovery.getByRole('textbox', { name: 'Recovery code' }).fill(fromFile[4]);
  await recovery.getByRole('button', { name: 'Use recovery code' }).click();
  await expect(page.getByRole('alert')).toContainText('used already');
});

test('by keyboard alone, and focus returns when the dialog is left', async ({ page }) => {
  await enter(page, 'alice');
  await page.goto('/profile');
  const add = section(page).getByRole('button', { name: 'Add method' });
  await expect(add).toBeEnabled();
  await add.focus();
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  await expect(add).toBeFocused();

  await page.keyboard.press('Enter');
  const start = dialog(page).getByRole('button', { name: 'I have an authentication app' });
  await expect(start).toBeVisible();
  while (!(await start.evaluate((button) => button === document.activeElement))) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const app = await Authenticator.scan(page);
  const field = dialog(page).getByRole('textbox', { name: 'Six-digit code' });
  while (!(await field.evaluate((input) => input === document.activeElement))) await page.keyboard.press('Tab');
  const code = app.code();
  await page.keyboard.type(`${code.slice(0, 3)} ${code.slice(3)}`);
  await page.keyboard.press('Enter');
  await shownCodes(page);
  const stored = dialog(page).getByRole('checkbox', { name: 'I have stored these codes' });
  while (!(await stored.evaluate((box) => box === document.activeElement))) await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  const finish = dialog(page).getByRole('button', { name: 'Finish' });
  while (!(await finish.evaluate((button) => button === document.activeElement))) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(section(page)).toContainText('Authenticator app');
});

test('the next sign-in asks for the code, and says what is wrong with it', async ({ page }) => {
  const { app } = await enrol(page, 'alice');
  await signOut(page);
  await signIn(page, 'alice');
  const form = page.getByRole('dialog', { name: 'Two factor authentication' });
  await expect(form).toBeVisible();
  await expectAccessible(page);
  const alert = page.getByRole('alert');

  await giveCode(page, '12345a');
  await expect(alert).toContainText('six digits');
  await giveCode(page, app.wrongCode());
  await expect(alert).toContainText('wrong');
  await giveCode(page, app.code('+5 minutes'));
  await expect(alert).toContainText(/clock seems to be about [45] minutes ahead/);

  const code = app.code('+30 seconds');
  const field = form.getByRole('textbox', { name: 'Six-digit code' });
  await field.fill(`${code.slice(0, 3)} ${code.slice(3)}`);
  await field.press('Enter');
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  await signOut(page);

  await signIn(page, 'alice');
  await giveCode(page, code);
  await expect(alert).toContainText('used already');
  for (let attempt = 0; attempt < 4; attempt++) await giveCode(page, app.wrongCode());
  await expect(alert).toContainText('sign-in has ended');
  await expect(page.getByRole('textbox', { name: 'User name' })).toBeVisible();
});

test('no secret stays behind in the page or the browser', async ({ page }) => {
  await enter(page, 'alice');
  await openSetUp(page);
  const { app, codes } = await completeSetUp(page);
  await page.goto('/profile');
  const html = (await (await page.request.get('/profile')).text()) + (await page.content());
  for (const secret of [app.secret, ...codes]) expect(html).not.toContain(secret);
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  expect(stored).toBe('{}');
});
