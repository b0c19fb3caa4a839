import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { Authenticator } from '../support/authenticator';
import { clipboard } from '../support/clipboard';
import { dialog, enter, openSetUp, section, shownCodes } from '../support/person';

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

/** What the phone's camera reads from the computer's screen. */
async function phoneLink(page: Page): Promise<string> {
  await expect(page.getByRole('img', { name: 'Link for your phone' })).toBeVisible();
  const path = join(tmpdir(), `link-${process.pid}-${Date.now()}.png`);
  await page.screenshot({ path });
  try {
    return execFileSync('zbarimg', ['--raw', '-q', path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  } finally {
    rmSync(path);
  }
}

async function continueOnPhone(page: Page): Promise<string> {
  await dialog(page).getByRole('button', { name: 'Continue on my phone' }).click();
  return phoneLink(page);
}

async function enterOnPhone(phone: Page, code: string): Promise<void> {
  await phone.getByRole('textbox', { name: 'Six-digit code' }).fill(code);
  await phone.getByRole('button', { name: 'Next' }).click();
}

test.beforeEach(({ portal }) => portal.add('alice'));

test('the phone takes over, and the computer goes on by itself', async ({ anotherBrowser, context, page, portal }) => {
  await context.grantPermissions(['clipboard-write']);
  await enter(page, 'alice');
  await openSetUp(page);
  const app = await Authenticator.scan(page);
  const link = await continueOnPhone(page);
  expect(link.startsWith(`${portal.url}/phone#`)).toBe(true);
  await expect(dialog(page).getByRole('heading', { name: 'Go on with your phone' })).toBeFocused();
  await expectAccessible(page);
  await dialog(page).getByRole('button', { name: 'Copy link' }).click();
  await expect(dialog(page).getByText('Copied.')).toBeVisible();
  expect(await clipboard(page)).toBe(link);
  // The authenticator's own QR code can be had back, and is the same.
  await dialog(page).getByRole('button', { name: 'Back to the QR code' }).click();
  expect((await Authenticator.scan(page)).secret).toBe(app.secret);
  const newer = await continueOnPhone(page);

  const phone = await anotherBrowser(PHONE);
  const addresses: string[] = [];
  phone.on('request', (request) => addresses.push(request.url()));
  await phone.goto(newer);
  await expect(phone.getByRole('heading', { name: 'Set up on this phone' })).toBeVisible();
  await expect(phone.getByText('For the account alice')).toBeVisible();
  const open = phone.getByRole('link', { name: 'Open the app on this device' });
  expect(await open.getAttribute('href')).toBe(app.uri);
  await expect(phone.getByLabel('Setup key')).toHaveText(app.secret.replace(/(.{4})(?=.)/g, '$1 '));
  await expect(phone.getByRole('timer', { name: 'Time left' })).toBeVisible();
  await expectAccessible(phone);
  await expectNoSidewaysScroll(phone);
  // The link is in no address, no history, no request and no storage.
  const token = newer.split('#')[1];
  expect(new URL(phone.url()).hash).toBe('');
  expect(addresses.join('\n')).not.toContain(token);
  expect(await phone.evaluate(() => JSON.stringify([history.state, { ...localStorage }, { ...sessionStorage }, document.cookie]))).not.toContain(token);

  await enterOnPhone(phone, '12345');
  await expect(phone.getByRole('textbox', { name: 'Six-digit code' })).toHaveAccessibleDescription(/six digits/);
  await enterOnPhone(phone, app.wrongCode());
  await expect(phone.getByRole('textbox', { name: 'Six-digit code' })).toHaveAccessibleDescription(/wrong/);
  await expectAccessible(phone);
  await enterOnPhone(phone, app.code());
  await expect(phone.getByText('Done. Go on at your computer to save your recovery codes.')).toBeVisible();
  await expectAccessible(phone);
  expect(await phone.content()).not.toContain(app.secret);

  await shownCodes(page);
  await dialog(page).getByRole('checkbox', { name: 'I have stored these codes' }).check();
  await dialog(page).getByRole('button', { name: 'Finish' }).click();
  await expect(section(page)).toContainText('Authenticator app');

  // It worked once.
  const late = await anotherBrowser(PHONE);
  for (const used of [link, newer]) {
    await late.goto('about:blank');
    await late.goto(used);
    await expect(late.getByRole('alert')).toContainText('This link has been used');
  }
  await expectAccessible(late);
});

test('the address alone says where to get the link', async ({ page }) => {
  await page.goto('/phone');
  await expect(page.getByRole('alert')).toContainText('“Continue on my phone”');
  await expectAccessible(page);
});

test('on a phone-sized screen the app’s button comes first, and there is no way to another phone', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await enter(page, 'alice');
  await openSetUp(page);
  const open = await dialog(page).getByRole('link', { name: 'Open the app on this device' }).boundingBox();
  const code = await dialog(page).getByRole('img', { name: 'QR code' }).boundingBox();
  expect(open!.y + open!.height).toBeLessThan(code!.y);
  await expect(dialog(page).getByRole('button', { name: 'Continue on my phone' })).toBeHidden();
});

test.describe('without a connection', () => {
  test.use({ tolerated: { problems: [/ERR_FAILED/] } });

  test('the phone can try again', async ({ anotherBrowser, page }) => {
    await enter(page, 'alice');
    await openSetUp(page);
    const app = await Authenticator.scan(page);
    const link = await continueOnPhone(page);
    const phone = await anotherBrowser(PHONE);
    await phone.route('**/api/phone-set-up', (route) => route.abort());
    await phone.goto(link);
    await expect(phone.getByRole('alert')).toContainText('can\'t be reached');
    await expectAccessible(phone);
    await phone.unroute('**/api/phone-set-up');
    await phone.getByRole('button', { name: 'Try again' }).click();
    await expect(phone.getByRole('heading', { name: 'Set up on this phone' })).toBeFocused();
    await enterOnPhone(phone, app.code());
    await expect(phone.getByText(/^Done\./)).toBeVisible();
    await shownCodes(page);
  });
});

test.describe('when the time is up', () => {
  test.use({ flags: { serve: ['--qr-lifetime', '8s'] } });

  test('both say so, and nothing secret is left', async ({ anotherBrowser, page }) => {
    await enter(page, 'alice');
    await openSetUp(page);
    const app = await Authenticator.scan(page);
    const phone = await anotherBrowser(PHONE);
    await phone.goto(await continueOnPhone(page));
    await expect(phone.getByRole('alert')).toContainText('The time for this set-up is up', { timeout: 15_000 });
    expect(await phone.content()).not.toContain(app.secret);
    await expect(dialog(page).getByRole('button', { name: 'Generate new' })).toBeVisible();
    expect(await page.content()).not.toContain(app.secret);
  });
});
