import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { Authenticator } from '../support/authenticator';
import { completeSetUp, dialog, enrol, enter, enterCode, giveCode, section, shownCodes, signIn, signOut } from '../support/person';
import { demandSecondFactor } from '../support/policy';
import { PASSWORD } from '../support/portal';

const rows = (page: Page) => section(page).getByRole('list', { name: 'Methods' }).getByRole('listitem');
const news = (page: Page) => section(page).getByRole('status').first();

/** From the first step of the set-up dialog to an active method. */
async function finishSetUp(page: Page) {
  await dialog(page).getByRole('button', { name: 'I have an authentication app' }).click();
  return completeSetUp(page);
}

test.beforeEach(({ portal }) => portal.add('alice'));

test('a second device is offered once; any method signs in', async ({ page }) => {
  const { app, codes } = await enrol(page, 'alice');
  await expect(news(page)).toContainText('Two-factor authentication is on');
  await expectAccessible(page);
  await news(page).getByRole('button', { name: 'Add a second device now' }).click();
  await dialog(page).getByRole('button', { name: 'I have an authentication app' }).click();
  const second = await Authenticator.scan(page);
  await enterCode(page, second.code());
  const newer = await shownCodes(page);
  await expect(dialog(page)).toContainText('your earlier recovery codes stop working');
  await expectAccessible(page);
  await dialog(page).getByRole('checkbox', { name: 'I have stored these codes' }).check();
  await dialog(page).getByRole('button', { name: 'Finish' }).click();
  await expect(rows(page)).toHaveCount(2);
  await expect(news(page)).toContainText('earlier codes no longer work');
  await expect(page.getByRole('button', { name: 'Add a second device now' })).toHaveCount(0);
  expect(newer.filter((code) => codes.includes(code))).toEqual([]);
  await expectAccessible(page);

  for (const method of [app, second]) {
    await signOut(page);
    await signIn(page, 'alice');
    await giveCode(page, method.code('+30 seconds'));
    await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  }
});

test('the offer can be put off', async ({ page }) => {
  await enrol(page, 'alice');
  await news(page).getByRole('button', { name: 'Not now' }).click();
  await expect(page.getByRole('button', { name: 'Add a second device now' })).toHaveCount(0);
  await expect(section(page).getByRole('heading', { name: 'Two factor authentication' })).toBeFocused();
});

test('a method gets another name', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await enrol(page, 'alice');
  const rename = section(page).getByRole('button', { name: 'Rename Authenticator app' });
  await rename.click();
  const field = section(page).getByRole('textbox', { name: 'Name' });
  await expect(field).toBeFocused();
  await expect(field).toHaveValue('Authenticator app');
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await field.fill('   ');
  await field.press('Enter');
  await expect(field).toHaveAccessibleDescription('Enter a name.');
  await expectAccessible(page);
  await field.fill('x'.repeat(65));
  await field.press('Enter');
  await expect(field).toHaveAccessibleDescription(/at most 64/);
  await section(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(rename).toBeFocused();

  await rename.click();
  await field.fill('Old phone <b>');
  await section(page).getByRole('button', { name: 'Save' }).click();
  await expect(rows(page)).toContainText('Old phone <b>');
  await expect(section(page).getByRole('button', { name: 'Rename Old phone <b>' })).toBeFocused();
  await page.reload();
  await expect(rows(page)).toContainText('Old phone <b>');
});

test('replacing keeps the old one working until the new one is finished', async ({ anotherBrowser, page }) => {
  const { app } = await enrol(page, 'alice');
  await section(page).getByRole('button', { name: 'Replace Authenticator app' }).click();
  await dialog(page).getByRole('button', { name: 'I have an authentication app' }).click();
  await expect(dialog(page)).toContainText('takes the place of “Authenticator app”');
  await expectAccessible(page);
  const next = await Authenticator.scan(page);
  expect(next.secret).not.toBe(app.secret);
  await enterCode(page, next.code());
  await shownCodes(page);
  const other = await anotherBrowser();
  await enter(other, 'alice', app.code('+30 seconds'));
  await dialog(page).getByRole('checkbox', { name: 'I have stored these codes' }).check();
  await dialog(page).getByRole('button', { name: 'Finish' }).click();
  await expect(dialog(page)).toBeHidden();
  await expect(rows(page)).toHaveCount(1);
  await expect(news(page)).toContainText('new method is in force');

  await signOut(page);
  await signIn(page, 'alice');
  await giveCode(page, app.code());
  await expect(page.getByRole('alert')).toContainText('wrong');
  await giveCode(page, next.code('+30 seconds'));
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
});

test('removing one of two, then the last, which switches it off', async ({ page }) => {
  await enrol(page, 'alice');
  await news(page).getByRole('button', { name: 'Add a second device now' }).click();
  await finishSetUp(page);
  await expect(rows(page)).toHaveCount(2);
  const remove = page.getByRole('dialog', { name: 'Remove method' });
  await section(page).getByRole('button', { name: 'Remove Authenticator app 2' }).click();
  await expect(remove).toContainText('stop working at once');
  await expect(remove).not.toContainText('last method');
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(section(page).getByRole('button', { name: 'Remove Authenticator app 2' })).toBeFocused();
  await page.keyboard.press('Enter');
  await remove.getByRole('button', { name: 'Remove' }).click();
  await expect(rows(page)).toHaveCount(1);
  await expect(news(page)).toContainText('“Authenticator app 2” is removed');
  await expect(section(page).getByRole('heading', { name: 'Two factor authentication' })).toBeFocused();

  await section(page).getByRole('button', { name: 'Remove Authenticator app' }).click();
  await expect(remove).toContainText('switches two-factor authentication off');
  await expectAccessible(page);
  await remove.getByRole('button', { name: 'Remove' }).click();
  await expect(section(page)).toContainText('not on yet');
  await expect(news(page)).toContainText('Two-factor authentication is off');
});

test('disabling says what is lost, asks for proof, and goes on by itself', async ({ page }) => {
  const { codes } = await enrol(page, 'alice');
  let asked = false;
  await page.route('**/api/disable-second-factor', async (route) => {
    if (asked) return route.continue();
    asked = true;
    return route.fulfill({ json: { Err: { StepUpRequired: { code: true } } } });
  });
  const disable = page.getByRole('dialog', { name: 'Disable two-factor authentication' });
  const opener = section(page).getByRole('button', { name: 'Disable' });
  await opener.click();
  for (const lost of ['recovery codes', 'trusted browsers', 'other sessions']) await expect(disable).toContainText(lost);
  await expectAccessible(page);
  await disable.getByRole('button', { name: 'Cancel' }).click();
  await expect(opener).toBeFocused();
  await opener.click();
  await disable.getByRole('button', { name: 'Disable' }).click();
  const proof = page.getByRole('dialog', { name: 'Confirm it is you' });
  await expect(proof.getByRole('textbox', { name: 'Six-digit code' })).toBeVisible();
  await proof.getByRole('button', { name: 'Use a recovery code instead' }).click();
  await expectAccessible(page);
  await proof.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await proof.getByRole('textbox', { name: 'Recovery code' }).fill('AAAA-AAAA-AAAA-AAAA');
  await proof.getByRole('button', { name: 'Confirm' }).click();
  await expect(proof.getByRole('textbox', { name: 'Recovery code' })).toHaveAccessibleDescription(/none of your current/);
  await proof.getByRole('textbox', { name: 'Recovery code' }).fill(codes[2]);
  await proof.getByRole('button', { name: 'Confirm' }).click();
  await expect(disable).toBeHidden();
  await expect(section(page)).toContainText('not on yet');
  await expect(section(page).getByRole('heading', { name: 'Two factor authentication' })).toBeFocused();
  await expectAccessible(page);
  await signOut(page);
  await enter(page, 'alice');
});

test.describe('when a second factor is required', () => {
  test.use({ tolerated: { problems: [/status of 403 \(Forbidden\) \(http:[^ ]+\/api\//] } });
  test.beforeEach(({ portal }) => portal.add('admin', '--admin'));

  test('it can’t be switched off, and the reason stands beside the button', async ({ page }) => {
    await enrol(page, 'admin');
    await page.goto('/settings/account-policy');
    await demandSecondFactor(page);
    await page.goto('/profile');
    for (const name of ['Disable', 'Remove Authenticator app']) {
      const button = section(page).getByRole('button', { name });
      await expect(button).toBeDisabled();
      await expect(button).toHaveAccessibleDescription(/required here/);
    }
    await expectAccessible(page);
    await page.setViewportSize({ width: 360, height: 740 });
    await expectNoSidewaysScroll(page);
  });

  test('whoever had to set it up is offered a second device above the page', async ({ anotherBrowser, page }) => {
    await enter(page, 'admin');
    await page.goto('/settings/account-policy');
    await demandSecondFactor(page);
    const alice = await anotherBrowser();
    await enter(alice, 'alice');
    await alice.getByRole('button', { name: 'Set up 2FA' }).click();
    await finishSetUp(alice);
    await expect(alice.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
    const offer = alice.getByRole('button', { name: 'Add a second device now' });
    await expect(offer).toBeVisible();
    await expectAccessible(alice);
    await alice.getByRole('button', { name: 'Not now' }).click();
    await expect(offer).toHaveCount(0);
    await alice.getByRole('link', { name: 'Profile' }).click();
    await expect(section(alice)).toContainText('Authenticator app');
    await expect(offer).toHaveCount(0);
  });
});
