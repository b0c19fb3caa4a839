import type { Page } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { dialog, enter as comeIn, section } from '../support/person';

/** Has what matches `what` wait until the answer is called. */
async function hold(page: Page, what: string | RegExp): Promise<() => void> {
  let release = () => {};
  const held = new Promise<void>((resolve) => { release = resolve; });
  await page.route(what, async (route) => {
    await held;
    await route.continue();
  });
  return release;
}

/** Signs in, and waits for the program: before it runs, a link leads to another document. */
async function enter(page: Page, name: string): Promise<void> {
  await comeIn(page, name);
  await expect(page.locator('#start')).toHaveCount(0);
}

const word = (page: Page) => page.getByText('The page is loading…');
const focused = (page: Page) => page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent);

for (const [what, pattern] of [['its part of the program', /profile.*\.wasm$/], ['its content', '**/api/two-factor-status']] as const) {
  test(`a page that waits for ${what} says so, and has the focus when it is there`, async ({ page, portal }) => {
    portal.add('alice');
    await enter(page, 'alice');
    const release = await hold(page, pattern);
    await page.getByRole('link', { name: 'Profile' }).click();
    await expect(word(page)).toBeAttached();
    await expect(page.getByRole('main')).toHaveAttribute('aria-busy', 'true');
    await expect(page.getByRole('heading', { name: 'Dashboard' }), 'the page before stays').toBeVisible();
    await expect(page).toHaveTitle(/^Dashboard · /);
    expect(await focused(page), 'nothing new is there yet').toContain('Profile');
    release();
    await expect(page.getByRole('heading', { name: 'Profile' })).toBeVisible();
    await expect(page).toHaveTitle(/^Profile · /);
    await expect(word(page)).not.toBeAttached();
    await expect(page.locator('main')).not.toHaveAttribute('aria-busy');
    await expect.poll(() => focused(page)).toBe('main');
  });
}

test('who changes their mind while a page is on its way stays where they are', async ({ page, portal }) => {
  portal.add('alice');
  await enter(page, 'alice');
  const release = await hold(page, /profile.*\.wasm$/);
  await page.getByRole('link', { name: 'Profile' }).click();
  await expect(word(page)).toBeAttached();
  await page.goBack();
  await expect(word(page)).not.toBeAttached();
  release();
  await page.waitForLoadState('networkidle');
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  await page.getByRole('link', { name: 'Profile' }).click();
  await expect(page.getByRole('heading', { name: 'Profile' })).toBeVisible();
  await expect.poll(() => focused(page)).toBe('main');
});

test('the window keeps its title while the program starts', async ({ page, portal }) => {
  portal.add('alice');
  await enter(page, 'alice');
  await page.addInitScript(() => {
    const titles: string[] = [];
    Object.assign(window, { titles });
    setInterval(() => {
      if (document.title !== titles.at(-1)) titles.push(document.title);
    }, 5);
  });
  const release = await hold(page, /profile.*\.wasm$/);
  await page.goto('/profile', { waitUntil: 'commit' });
  await expect(page.getByRole('heading', { name: 'Profile' })).toBeVisible();
  await page.waitForTimeout(1500);
  release();
  await page.waitForLoadState('networkidle');
  const titles = await page.evaluate(() => (window as unknown as { titles: string[] }).titles);
  expect(titles.filter((title) => !/^Profile · /.test(title) && title !== '')).toEqual([]);
  expect(titles.at(-1)).toMatch(/^Profile · /);
  expect(titles.slice(1), 'the title is never taken away').not.toContain('');
});

test('the browser’s Back closes the dialog and leads to the page before', async ({ page, portal }) => {
  portal.add('alice');
  await enter(page, 'alice');
  await page.getByRole('link', { name: 'Profile' }).click();
  await section(page).getByRole('button', { name: 'Add method' }).click();
  await expect(dialog(page)).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  await expect(dialog(page)).toBeHidden();
  await expect.poll(() => focused(page)).toBe('main');
});

test.describe('without a net', () => {
  test.use({ tolerated: { problems: [/net::ERR_INTERNET_DISCONNECTED/] } });

  test('content that could not be fetched comes when the browser is back on the net', async ({ page, context, portal }) => {
    portal.add('alice');
    await enter(page, 'alice');
    // Its part of the program is there.
    await page.getByRole('link', { name: 'Profile' }).click();
    await expect(page.getByRole('heading', { name: 'Profile' })).toBeVisible();
    await page.getByRole('link', { name: 'Dashboard' }).click();
    await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
    await context.setOffline(true);
    await page.getByRole('link', { name: 'Profile' }).click();
    await expect(page.getByRole('alert').filter({ hasText: 'Check your connection' }).first()).toBeVisible();
    await context.setOffline(false);
    await expect(section(page)).toBeVisible();
    await expect(page.getByRole('alert')).toHaveCount(0);
  });
});
