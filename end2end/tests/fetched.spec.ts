import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Page, Request } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { binary, PASSWORD } from '../support/portal';
import { dialog, section, signIn } from '../support/person';

/** What the build says that each page fetches; the budgets are about this. */
type Manifest = {
  files: Array<{ name: string; sent: number }>;
  views: Array<{ path: string; administrator: boolean; files: string[] }>;
};
const manifest: Manifest = JSON.parse(readFileSync(resolve(dirname(binary), '../site/manifest.json'), 'utf8'));

/** Browsers fetch the icon when they like. */
const ICON = 'icon.svg';

const size = (name: string): number => manifest.files.find((file) => file.name === name)!.sent;

/** The front end's files that are fetched while `act` runs, with the bytes that came over the wire. */
async function fetching(page: Page, act: () => Promise<unknown>): Promise<Map<string, number>> {
  const sizes: Array<Promise<[string, number]>> = [];
  const note = (request: Request) => {
    const name = /\/pkg\/[^/]+\/(.+)$/.exec(new URL(request.url()).pathname)?.[1];
    if (name && name !== ICON) sizes.push(request.sizes().then(({ responseBodySize }) => [name, responseBodySize]));
  };
  page.on('requestfinished', note);
  await act();
  page.off('requestfinished', note);
  return new Map(await Promise.all(sizes));
}

// The browser notes by itself that a page was refused.
test.use({ tolerated: { problems: [/status of 403/] } });

for (const administrator of [false, true]) {
  test(`pages fetch what their budgets count, ${administrator ? 'for administrators' : 'for others'}`, async ({ anotherBrowser, portal }) => {
    test.slow();
    portal.add('alice');
    portal.add('admin', '--admin');
    const views = manifest.views.filter((view) => view.administrator === administrator);
    expect(views.length).toBeGreaterThan(2);
    for (const { path, files } of views) {
      // A browser that has kept nothing.
      const page = await anotherBrowser();
      const signedIn = !['/welcome', '/phone'].includes(path);
      if (signedIn) {
        const form = { user_name: administrator ? 'admin' : 'alice', password: PASSWORD };
        await page.request.post('/api/sign-in', { form, headers: { accept: 'text/html', origin: portal.url } });
      }
      const url = path === '/welcome' ? portal.invite('bob') : path;
      const fetched = await fetching(page, () => page.goto(url, { waitUntil: 'networkidle' }));
      await expect(page.locator('#start'), `${path} is alive`).toHaveCount(0);
      expect(await page.locator('#portal[data-nodes]').count(), `${path} is taken over as it was sent`).toBe(1);
      expect([...fetched.keys()].sort(), path).toEqual(files.filter((name) => name !== ICON).sort());
      for (const [name, sent] of fetched) expect(sent, name).toBe(size(name));
      await page.context().close();
    }
  });
}

test('a dialog is one more file, and another page only what is its own', async ({ page, portal }) => {
  portal.add('admin', '--admin');
  await page.goto('/sign-in');
  await signIn(page, 'admin');
  await page.waitForLoadState('networkidle');
  const names = async (act: () => Promise<unknown>) => [...(await fetching(page, act)).keys()];
  expect(await names(async () => {
    await page.getByRole('link', { name: 'Profile' }).click();
    await section(page).waitFor();
  })).toEqual(['profile.wasm']);
  expect(await names(async () => {
    await section(page).getByRole('button', { name: 'Add method' }).click();
    await dialog(page).waitFor();
  })).toEqual(['dialogs.wasm']);
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('heading', { name: 'System settings' }).waitFor();
  expect(await names(async () => {
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByRole('heading', { name: 'Users' }).waitFor();
  })).toEqual(['users.wasm']);
});
