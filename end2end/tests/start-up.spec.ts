import { chromium, type Locator, type Page, type Route } from '@playwright/test';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { dialog, enter, section, signOut } from '../support/person';
import { editPolicy } from '../support/policy';
import { holdProgram } from '../support/program';

const ADDRESS = 'ivan@example.org';

test.beforeEach(({ portal }) => {
  portal.add('alice');
  portal.giveAddress('alice', ADDRESS);
});

const note = (page: Page): Locator => page.locator('#start');
const add = (page: Page): Locator => section(page).getByRole('button', { name: 'Add method' });

/** Rewrites documents on their way, as a proxy does. */
async function rewriting(page: Page, rewrite: (document: string) => string): Promise<void> {
  await page.route('**/profile', async (route: Route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: rewrite(await response.text()) });
  });
}

/** Whether the page is the one that the server rendered. */
const asSent = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.getElementById('portal')!.hasAttribute('data-nodes'));

/** The set-up dialog opens, so the program runs. */
async function expectAlive(page: Page): Promise<void> {
  await expect(add(page)).toBeEnabled();
  await expect(note(page)).toHaveCount(0);
  await add(page).click();
  await expect(dialog(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
}

/** The note is there, within the window and above everything else. */
async function expectNote(page: Page, words: RegExp): Promise<void> {
  await expect(note(page).getByText(words)).toBeVisible();
  await expect(note(page)).toBeInViewport({ ratio: 1 });
  await expect(add(page)).toBeDisabled();
}

test('a page that nobody touched is taken over as it is', async ({ page }) => {
  await enter(page, 'alice');
  await page.goto('/profile');
  await expectAlive(page);
  expect(await asSent(page)).toBe(true);
});

test.describe('a page that was rewritten on its way', () => {
  // What a proxy adds to the page is not allowed to run.
  test.use({ tolerated: { problems: [/cdn-cgi/, /RuntimeError/, /page error: unreachable/] } });

  test('is rendered anew: mail addresses hidden by a proxy', async ({ page }) => {
    await enter(page, 'alice');
    const hidden =
      '<a href="/cdn-cgi/l/email-protection" class="__cf_email__" data-cfemail="4d243b2c230d28352c203d2128">[email&#160;protected]</a>';
    const script = '<script data-cfasync="false" src="/cdn-cgi/scripts/5c5dd728/cloudflare-static/email-decode.min.js"></script>';
    await rewriting(page, (document) => {
      // What follows is data, in scripts, which such a proxy leaves alone.
      const [body, data] = document.split('</body>');
      const rewritten = body.replace(new RegExp(`>([^<]*)${ADDRESS}([^<]*)<`, 'g'), `>$1${hidden}$2<`);
      expect(rewritten).not.toBe(body);
      return `${rewritten}${script}</body>${data}`;
    });
    await page.goto('/profile');
    await expectAlive(page);
    expect(await asSent(page)).toBe(false);
    await expect(page.getByText(ADDRESS)).toBeVisible();
    await expect(page.locator('.__cf_email__')).toHaveCount(0);
    await page.getByRole('link', { name: 'Dashboard' }).click();
    await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
    await page.getByRole('link', { name: 'Profile' }).click();
    await expectAlive(page);
    await signOut(page);
  });

  test('is rendered anew: comments and spaces taken out', async ({ page }) => {
    await enter(page, 'alice');
    await rewriting(page, (document) => document.replace(/<!>/g, ''));
    await page.goto('/profile');
    await expectAlive(page);
    expect(await asSent(page)).toBe(false);
  });

  test('is rendered anew after a reload: as many nodes, but others', async ({ page }) => {
    await enter(page, 'alice');
    await rewriting(page, (document) => document.replace(/(<h1[^>]*>)Profile<!><\/h1>/, '$1<b></b><!></h1>'));
    await page.goto('/profile');
    await expectAlive(page);
    expect(await asSent(page)).toBe(false);
    await expect(page.getByRole('heading', { name: 'Profile', exact: true })).toBeVisible();
  });
});

test.describe('a program that can’t start', () => {
  test.use({ tolerated: { problems: [/ERR_FAILED/, /Failed to fetch/, /Failed to load/] } });

  for (const part of ['**/twofold.js', '**/twofold_bg.wasm']) {
    test(`is said, with what helps: ${part} is blocked`, async ({ page }) => {
      await enter(page, 'alice');
      await page.route(part, (route) => route.abort());
      await page.setViewportSize({ width: 1280, height: 600 });
      await page.goto('/profile');
      await expectNote(page, /could not be loaded/);
      await page.mouse.wheel(0, 2_000);
      await expectNote(page, /could not be loaded/);
      await expectAccessible(page);
      for (const width of [360, 320]) {
        await page.setViewportSize({ width, height: 640 });
        await expectNoSidewaysScroll(page);
      }
      await page.unroute(part);
      await note(page).getByRole('button', { name: 'Reload' }).click();
      await expectAlive(page);
    });
  }

  test('is said where the script of the page itself does not run', async ({ page }) => {
    await enter(page, 'alice');
    await rewriting(page, (document) => document.replace(/<script type="module".*?<\/script>/s, ''));
    await page.goto('/profile');
    await expect(note(page)).toBeHidden();
    await expectNote(page, /still loading/);
    await expect(note(page).getByRole('button')).toHaveCount(0);
  });

  test('is said in browsers without WebAssembly', async ({ portal }, { project }) => {
    const { executablePath, args } = project.use.launchOptions!;
    const browser = await chromium.launch({ executablePath, args: [...args!, '--js-flags=--jitless'] });
    try {
      const page = await browser.newPage({ baseURL: portal.url });
      await enter(page, 'alice');
      await page.goto('/profile');
      await expectNote(page, /does not run WebAssembly/);
      await signOut(page);
    } finally {
      await browser.close();
    }
  });
});

test('a program that a proxy calls by another type runs, also in its parts', async ({ page }) => {
  await page.route('**/*.wasm', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), 'content-type': 'text/plain' } });
  });
  await enter(page, 'alice');
  await page.goto('/profile');
  await expectAlive(page);
  expect(await asSent(page)).toBe(true);
});

test('a program that is slow to come is spoken of, and works when it is there', async ({ page }) => {
  await enter(page, 'alice');
  const release = await holdProgram(page);
  await page.goto('/profile', { waitUntil: 'commit' });
  await expect(note(page)).toBeHidden();
  await expectNote(page, /still loading/);
  release();
  await expectAlive(page);
});

test.describe('a program that breaks off', () => {
  test.use({ tolerated: { problems: [/page error: unreachable/] } });

  test('says so', async ({ page }) => {
    await enter(page, 'alice');
    await page.goto('/profile');
    await expectAlive(page);
    // What a panic of the program looks like.
    await page.evaluate(() => void setTimeout(() => Promise.reject(new WebAssembly.RuntimeError('unreachable'))));
    await expect(note(page).getByText(/stopped working/)).toBeVisible();
    await expectAccessible(page);
    await note(page).getByRole('button', { name: 'Reload' }).click();
    await expectAlive(page);
  });
});

test.describe('what is typed before the program is there', () => {
  test('stays, also where the page is rendered anew', async ({ page, portal }) => {
    let release = () => {};
    const held = new Promise<void>((done) => (release = done));
    await page.route('**/*.wasm', async (route) => {
      await held;
      await route.continue();
    });
    await page.route('**/welcome/**', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace(/(<h1[^>]*>)Welcome/, '$1<b></b>Welcome') });
    });
    await page.goto(portal.invite('bob'), { waitUntil: 'commit' });
    const password = page.getByRole('textbox', { name: 'Password', exact: true });
    await password.fill('Correct-horse-9');
    release();
    await expect(page.getByRole('button', { name: 'Save password' })).toBeEnabled();
    expect(await asSent(page)).toBe(false);
    await expect(password).toHaveValue('Correct-horse-9');
    await page.getByRole('button', { name: 'Save password' }).click();
    await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  });
});

test.describe('an upgrade while a page is open', () => {
  // The browser notes the missing files, and the question before a reload, by itself.
  test.use({ tolerated: { problems: [/status of 404/, /status code is not ok/, /HTTP status/] } });

  /** The portal has another program now: what belonged to this page is gone. */
  const upgrade = (page: Page) => page.route('**/pkg/**', (route) => route.fulfill({ status: 404 }));

  test('is said where a page can’t be opened any more', async ({ page }) => {
    await enter(page, 'alice');
    await page.waitForLoadState('networkidle');
    await upgrade(page);
    await page.getByRole('link', { name: 'Profile' }).click();
    const said = page.getByRole('alert').filter({ hasText: 'was updated' });
    await expect(said).toBeVisible();
    await expect(said).not.toContainText('connection');
    await expectAccessible(page);
    await page.unroute('**/pkg/**');
    await said.getByRole('button', { name: 'Reload' }).click();
    await expectAlive(page);
  });

  test('is said where a dialog can’t be opened, and what was entered stays', async ({ page, portal }) => {
    portal.add('admin', '--admin');
    await enter(page, 'admin');
    await page.goto('/settings/account-policy');
    await editPolicy(page);
    const length = page.getByRole('textbox', { name: 'Minimum length' });
    await length.fill('14');
    await page.getByRole('checkbox', { name: /^Users can only log in/ }).check();
    await upgrade(page);
    await page.getByRole('button', { name: 'Set up 2FA' }).click();
    const said = page.getByRole('status').filter({ hasText: 'was updated' });
    await expect(said).toBeVisible();
    await expect(length).toHaveValue('14');
    await expectAccessible(page);
    await page.unroute('**/pkg/**');
    page.on('dialog', (question) => void question.accept());
    await said.getByRole('button', { name: 'Reload' }).click();
    await expect(page.getByRole('button', { name: 'Edit account policy' })).toBeEnabled();
  });

  test('is no matter of the connection, which is spoken of where it is one', async ({ page }) => {
    await enter(page, 'alice');
    await page.goto('/profile');
    await expect(add(page)).toBeEnabled();
    await upgrade(page);
    await section(page).getByRole('button', { name: 'Add method' }).click();
    await expect(page.getByText(/was updated/)).toBeVisible();
    await page.unroute('**/pkg/**');
    await page.getByRole('button', { name: 'Change password' }).click();
    await expect(page.getByRole('dialog', { name: 'Change password' })).toBeVisible();
  });
});
