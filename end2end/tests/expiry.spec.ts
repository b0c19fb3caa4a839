import { expect, expectAccessible, test } from '../support/fixtures';
import { Authenticator } from '../support/authenticator';
import { completeSetUp, dialog, enter, enterCode, openSetUp, section, shownCodes } from '../support/person';

test.beforeEach(({ portal }) => portal.add('alice'));

const qr = 'QR code';

test.describe('a QR code that lives for five seconds', () => {
  test.use({ flags: { serve: ['--qr-lifetime', '5s'] } });

  test('expires before one’s eyes; "Generate new" makes another, and only its codes count', async ({ page }) => {
    await enter(page, 'alice');
    await openSetUp(page);
    const first = await Authenticator.scan(page);
    const generate = dialog(page).getByRole('button', { name: 'Generate new' });
    await expect(generate).toBeVisible();
    await expect(page.getByRole('img', { name: qr })).toHaveCount(0);
    await expect(page.getByLabel('Setup key')).toHaveCount(0);
    expect(await page.content()).not.toContain(first.secret);
    await expectAccessible(page);

    await generate.click();
    const second = await Authenticator.scan(page);
    expect(second.secret).not.toBe(first.secret);
    await enterCode(page, first.code());
    await expect(page.getByRole('alert').filter({ hasText: 'replaced' })).toBeVisible();
  });
});

test.describe('a QR code that lives as long as usual', () => {
  test('survives wrong codes, reloads and a second window', async ({ context, page }) => {
    await enter(page, 'alice');
    await openSetUp(page);
    const app = await Authenticator.scan(page);
    await enterCode(page, app.wrongCode());
    const field = dialog(page).getByRole('textbox', { name: 'Six-digit code' });
    await expect(field).toHaveAccessibleDescription(/wrong/);
    expect((await Authenticator.scan(page)).secret).toBe(app.secret);

    await page.reload();
    expect((await Authenticator.scan(page)).secret).toBe(app.secret);

    const other = await context.newPage();
    await other.goto('/profile');
    expect((await Authenticator.scan(other)).secret).toBe(app.secret);
    await other.close();
    await completeSetUp(page);
  });

  test('is gone when a laptop is opened again after its time', async ({ page }) => {
    await page.clock.install();
    await enter(page, 'alice');
    await openSetUp(page);
    await page.clock.fastForward('03:01');
    await expect(dialog(page).getByRole('button', { name: 'Generate new' })).toBeVisible();
    await expect(page.getByRole('img', { name: qr })).toHaveCount(0);
  });

  test('is dropped when the dialog is closed', async ({ page }) => {
    await enter(page, 'alice');
    await openSetUp(page);
    const app = await Authenticator.scan(page);
    await dialog(page).getByRole('button', { name: 'Close' }).click();
    await expect(page.getByRole('status').filter({ hasText: 'not on' })).toBeVisible();
    await section(page).getByRole('button', { name: 'Add method' }).click();
    await dialog(page).getByRole('button', { name: 'I have an authentication app' }).click();
    expect((await Authenticator.scan(page)).secret).not.toBe(app.secret);
  });
});

test.describe('a connection that is lost', () => {
  test.use({ tolerated: { problems: [/ERR_INTERNET_DISCONNECTED/, /Failed to load resource/] } });

  test('loses nothing', async ({ context, page }) => {
    await enter(page, 'alice');
    await openSetUp(page);
    const app = await Authenticator.scan(page);
    await context.setOffline(true);
    await enterCode(page, app.code());
    await expect(page.getByRole('alert').filter({ hasText: 'can’t be reached' }).or(page.getByRole('alert').filter({ hasText: "can't be reached" }))).toBeVisible();
    await context.setOffline(false);
    expect((await Authenticator.scan(page)).secret).toBe(app.secret);
    await enterCode(page, app.code());
    await shownCodes(page);
  });
});
