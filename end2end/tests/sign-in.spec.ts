import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { expect, expectAccessible, test } from '../support/fixtures';
import { enrol, enter, giveCode, signIn, signOut } from '../support/person';
import { PASSWORD } from '../support/portal';

test.beforeEach(({ portal }) => portal.add('alice'));

test('a wrong password is said at the field, and the name is kept', async ({ page }) => {
  await page.goto('/sign-in');
  await expectAccessible(page);
  await signIn(page, 'nobody', 'Wrong-horse-9');
  const forNobody = await page.getByRole('alert').innerText();
  await signIn(page, 'alice', 'Wrong-horse-9');
  await expect(page.getByRole('alert')).toHaveText(forNobody);
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('wrong');
  await expectAccessible(page);
  await expect(page.getByRole('textbox', { name: 'User name' })).toHaveValue('alice');
  const password = page.getByRole('textbox', { name: 'Password' });
  await expect(password).toHaveAccessibleDescription(/wrong/);
  await expect(password).toBeFocused();
  await expect(password).toHaveValue('');
  expect(page.url()).not.toContain('alice');

  // It is said once.
  await page.reload();
  await expect(alert).toHaveCount(0);
});

test('too many wrong passwords say when to try again', async ({ page }) => {
  for (let attempt = 0; attempt < 5; attempt++) await signIn(page, 'alice', 'Wrong-horse-9');
  await expect(page.getByRole('alert')).toContainText('Try again in 15 minutes');
  await signIn(page, 'alice');
  await expect(page.getByRole('alert')).toContainText('Try again in');
});

test('after signing in people land where they were going, if that is here', async ({ page, portal }) => {
  await page.goto('/profile');
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await signIn(page, 'alice');
  await expect(page).toHaveURL(`${portal.url}/profile`);
  await signOut(page);

  for (const foreign of ['//evil.example/', 'https://evil.example/', '/\\evil.example']) {
    await page.goto(`/sign-in?next=${encodeURIComponent(foreign)}`);
    await signIn(page, 'alice');
    await expect(page).toHaveURL(`${portal.url}/`);
    await signOut(page);
  }
});

test('by keyboard alone', async ({ page }) => {
  await page.goto('/sign-in');
  await expect(page.getByRole('textbox', { name: 'User name' })).toBeFocused();
  await page.keyboard.type('alice');
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
});

test('the sign-in page is one small document, complete by itself', async ({ page }) => {
  const requests: string[] = [];
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  await page.goto('/sign-in', { waitUntil: 'networkidle' });
  expect(requests.filter((path) => !path.endsWith('icon.svg'))).toEqual(['/sign-in']);
});

test('pages can be read before the program has arrived, and work once it has', async ({ page, portal }) => {
  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  await page.route('**/*.wasm', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/sign-in', { waitUntil: 'commit' });
  await signIn(page, 'alice');
  await page.goto('/profile', { waitUntil: 'commit' });
  const add = page.getByRole('button', { name: 'Add method' });
  await expect(add).toBeVisible();
  await expect(add).toBeDisabled();
  release();
  await expect(add).toBeEnabled();
  expect(page.url()).toBe(`${portal.url}/profile`);
});

test.describe('a browser without script', () => {
  // Such a browser gives up what a document asks it to preload.
  test.use({ tolerated: { problems: [/\.js csp$/] } });

  test('signs in: password, code and recovery code', async ({ anotherBrowser, page, portal }) => {
    const { app, codes } = await enrol(page, 'alice');
    const plain = await anotherBrowser({ javaScriptEnabled: false });
    await plain.goto('/profile');
    await signIn(plain, 'alice', 'Wrong-horse-9');
    await expect(plain.getByRole('alert')).toContainText('wrong');
    await expect(plain.getByRole('textbox', { name: 'User name' })).toHaveValue('alice');
    await signIn(plain, 'alice');
    await giveCode(plain, app.wrongCode());
    await expect(plain.getByRole('alert')).toContainText('wrong');
    await giveCode(plain, app.code('+30 seconds'));
    await expect(plain.getByRole('heading', { name: 'Profile' })).toBeVisible();
    await expect(plain).toHaveURL(`${portal.url}/profile`);
    // Above a page of which little works, it says why.
    const note = plain.getByText(/works without JavaScript/);
    await expect(note).toBeInViewport({ ratio: 1 });
    expect((await note.boundingBox())!.y).toBeLessThan((await plain.getByRole('main').boundingBox())!.y);
    await signOut(plain);
    await expect(note).toHaveCount(0);

    await signIn(plain, 'alice');
    await plain.getByRole('link', { name: 'Enter recovery code' }).click();
    await plain.getByRole('textbox', { name: 'Recovery code' }).fill('AAAA-AAAA-AAAA-AAAA');
    await plain.getByRole('button', { name: 'Use recovery code' }).click();
    await expect(plain.getByRole('alert')).toBeVisible();
    await plain.getByRole('textbox', { name: 'Recovery code' }).fill(codes[0].toLowerCase());
    await plain.getByRole('button', { name: 'Use recovery code' }).click();
    await expect(plain.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  });
});

test('a browser that blocks cookies is told so, whatever the password', async ({ portal }, { project }) => {
  const folder = mkdtempSync(join(tmpdir(), 'twofold-browser-'));
  mkdirSync(join(folder, 'Default'));
  const blocked = { profile: { default_content_setting_values: { cookies: 2 } } };
  writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify(blocked));
  const { executablePath, args } = project.use.launchOptions!;
  const browser = await chromium.launchPersistentContext(folder, { executablePath, args, baseURL: portal.url });
  try {
    const page = browser.pages()[0];
    for (const password of [PASSWORD, 'Wrong-horse-9']) {
      await page.goto('/profile');
      await signIn(page, 'alice', password);
      await expect(page.getByRole('heading', { name: 'Cookies are blocked' })).toBeVisible();
      await expectAccessible(page);
      await page.getByRole('link', { name: 'Sign in again' }).click();
      await expect(page).toHaveURL(`${portal.url}/sign-in?next=/profile`);
    }
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test.describe('a session that has ended', () => {
  // The browser notes the refused request by itself.
  test.use({ tolerated: { problems: [/status of 401/] } });

  test('signing out ends the session in every window', async ({ context, page }) => {
    await enter(page, 'alice');
    const other = await context.newPage();
    await other.goto('/profile');
    await signOut(page);
    await expect(other.getByRole('button', { name: 'Sign in' })).toBeVisible();
  });
});

test.describe('an address that leads nowhere', () => {
  // The browser notes the missing document by itself.
  test.use({ tolerated: { problems: [/status of 404/] } });

  test('is said to', async ({ page }) => {
    await enter(page, 'alice');
    const response = await page.goto('/nowhere');
    expect(response!.status()).toBe(404);
    await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Go to the start page' }).click();
    await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  });
});

test.describe('a part of the portal that can’t be fetched', () => {
  test.use({ tolerated: { problems: [/ERR_FAILED/, /ERR_INTERNET_DISCONNECTED/, /Failed to (load|fetch)/] } });

  test('is said to, and comes when it is tried again', async ({ page }) => {
    await page.route(/dialogs.*\.wasm$/, (route) => route.abort());
    await enter(page, 'alice');
    await page.goto('/profile');
    const add = page.getByRole('button', { name: 'Add method' });
    await expect(add).toBeEnabled();
    await add.click();
    await expect(page.getByText(/can.t be reached/)).toBeVisible();
    await page.unroute(/dialogs.*\.wasm$/);
    await page.reload();
    await add.click();
    await expect(page.getByRole('dialog')).toBeVisible();
  });
});
