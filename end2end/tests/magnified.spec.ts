import { expect, test } from '../support/fixtures';
import { Authenticator } from '../support/authenticator';
import { expectFocusInSight } from '../support/focus';
import { completeSetUp, dialog, enter, openSetUp } from '../support/person';
import { editPolicy } from '../support/policy';

/** A telephone, a laptop, and that laptop at 200 and 400 per cent. */
const WINDOWS = [
  { width: 390, height: 700 },
  { width: 1280, height: 720 },
  { width: 640, height: 400 },
  { width: 320, height: 256 },
];

const PAGES = ['/', '/profile', '/settings', '/settings/account-policy', '/settings/users', '/settings/remind', '/settings/mail', '/settings/audit'];

for (const viewport of WINDOWS) {
  const size = `${viewport.width} by ${viewport.height}`;

  test(`what has the focus is in sight, ${size}`, async ({ page, portal }) => {
    test.slow();
    portal.add('admin', '--admin');
    for (const name of ['bela', 'carla', 'dora', 'emil', 'fritz']) portal.add(name);
    await page.setViewportSize(viewport);
    await enter(page, 'admin');
    for (const path of PAGES) {
      await page.goto(path);
      await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
      await expectFocusInSight(page);
    }
    await page.goto('/settings/account-policy');
    await editPolicy(page);
    await expectFocusInSight(page);
    await page.getByRole('textbox', { name: 'Minimum length' }).fill('0');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByRole('alert')).toBeVisible();
    await expectFocusInSight(page);
    await page.goto('/settings/users');
    await page.getByRole('checkbox', { name: 'Select carla' }).check();
    await expectFocusInSight(page);
  });

  test.describe(`with long names, ${size}`, () => {
    const name = 'maximiliane-von-und-zu-hohenstein-am-langen-berg';
    test.use({ flags: { serve: ['--issuer', 'Einwohnermeldeamt Neustadt'] } });

    test('the QR code can be scanned whole', async ({ page, portal }) => {
      portal.add(name);
      await page.setViewportSize(viewport);
      await enter(page, name);
      await openSetUp(page);
      const code = page.getByRole('img', { name: 'QR code' });
      // Nothing has scrolled it away.
      await expect(dialog(page).locator(':focus')).toBeVisible();
      expect((await code.boundingBox())!.y).toBeGreaterThanOrEqual(0);
      await code.scrollIntoViewIfNeeded();
      const box = (await code.boundingBox())!;
      expect(box.y).toBeGreaterThanOrEqual(0);
      expect(box.y + box.height).toBeLessThanOrEqual(viewport.height);
      const modules = Number((await code.getAttribute('viewBox'))!.split(' ')[2]);
      expect(box.width / modules).toBeGreaterThanOrEqual(3);
      const app = await Authenticator.scan(page);
      expect(app.uri).toContain(name);
      await completeSetUp(page);
    });
  });
}
