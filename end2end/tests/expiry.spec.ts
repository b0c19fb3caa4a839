import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { Authenticator } from '../support/authenticator';
import { completeSetUp, dialog, enter, enterCode, openSetUp, section, shownCodes } from '../support/person';

test.beforeEach(({ portal }) => portal.add('alice'));

const qr = 'QR code';

test.describe('a QR code that lives for eight seconds', () => {
  test.use({ flags: { serve: ['--qr-lifetime', '8s'] } });

  test('expires before one’s eyes; "Generate new" makes another, and only its codes count', async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await enter(page, 'alice');
    await openSetUp(page);
    const first = await Authenticator.scan(page);
    const generate = dialog(page).getByRole('button', { name: 'Generate new' });
    await expect(generate).toBeVisible();
    await expect(page.getByRole('img', { name: qr })).toHaveCount(0);
    await expect(page.getByLabel('Setup key')).toHaveCount(0);
    await expect(page.getByRole('timer')).toHaveCount(0);
    await expect(page.getByRole('alert').filter({ hasText: 'expired' })).toBeVisible();
    const content = await page.content();
    expect(content).not.toContain(first.secret);
    expect(content).not.toContain(first.secret.slice(0, 4) + ' ' + first.secret.slice(4, 8));
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);

    // A reload does not bring it back.
    await page.reload();
    await expect(generate).toBeVisible();
    await expect(page.getByRole('img', { name: qr })).toHaveCount(0);

    await generate.click();
    const second = await Authenticator.scan(page);
    expect(second.secret).not.toBe(first.secret);
    await enterCode(page, first.code());
    await expect(page.getByRole('alert').filter({ hasText: 'replaced' })).toBeVisible();

    await expect(generate).toBeVisible();
    await generate.click();
    await completeSetUp(page);
    await expect(section(page)).toContainText('Authenticator app');
  });

  test('is over when the portal says so, even if the browser’s clock stands still', async ({ page }) => {
    await page.clock.install();
    await enter(page, 'alice');
    await openSetUp(page);
    await page.clock.pauseAt(Date.now() + 1_000);
    const app = await Authenticator.scan(page);
    const generate = dialog(page).getByRole('button', { name: 'Generate new' });
    // The only way to let time pass for the portal alone.
    await new Promise((done) => setTimeout(done, 8_200));
    await expect(generate).toHaveCount(0);
    await enterCode(page, app.code());
    await page.clock.resume();
    await expect(generate).toBeVisible();
    await expect(dialog(page)).toContainText('came too late');
    await expect(page.getByRole('img', { name: qr })).toHaveCount(0);
  });

  test('two windows agree on which one counts', async ({ context, page }) => {
    await enter(page, 'alice');
    await openSetUp(page);
    const other = await context.newPage();
    await other.goto('/profile');
    await expect(dialog(other)).toBeVisible();
    for (const window of [page, other]) {
      await expect(dialog(window).getByRole('button', { name: 'Generate new' })).toBeVisible();
    }
    await dialog(page).getByRole('button', { name: 'Generate new' }).click();
    const shown = await Authenticator.scan(page);
    await other.reload();
    expect((await Authenticator.scan(other)).secret).toBe(shown.secret);
    await completeSetUp(other);
    await expect(section(other)).toContainText('Authenticator app');
  });
});

test.describe('a QR code that lives little longer than a minute', () => {
  test.use({ flags: { serve: ['--qr-lifetime', '64s'] } });

  test('can be kept for longer, and what was typed stays', async ({ page }) => {
    await enter(page, 'alice');
    await openSetUp(page);
    const app = await Authenticator.scan(page);
    const field = dialog(page).getByRole('textbox', { name: 'Six-digit code' });
    await field.fill('123');
    const more = dialog(page).getByRole('button', { name: 'I need more time' });
    await expect(more).toBeVisible();
    await more.click();
    await expect(dialog(page).getByRole('status').filter({ hasText: 'valid for longer now' })).toBeVisible();
    await expect(field).toBeFocused();
    await expect(more).toBeHidden();
    await expect(page.getByRole('timer', { name: 'Time left' })).toHaveText(/^1:0\d$/);
    expect((await Authenticator.scan(page)).secret).toBe(app.secret);
    await expect(field).toHaveValue('123');
    await completeSetUp(page);
  });
});

test.describe('a QR code that lives as long as usual', () => {
  test('is counted down to the second', async ({ page }) => {
    await enter(page, 'alice');
    await openSetUp(page);
    const timer = page.getByRole('timer', { name: 'Time left' });
    await expect(timer).toHaveText(/^(3:00|2:5\d)$/);
    const seconds = async () => {
      const [minutes, rest] = (await timer.innerText()).split(':').map(Number);
      return minutes * 60 + rest;
    };
    const before = await seconds();
    await expect.poll(seconds).toBeLessThan(before - 1);
    await expect(timer).toHaveAttribute('aria-live', 'off');
  });

  test('survives wrong codes, reloads and a second window', async ({ context, page }) => {
    await enter(page, 'alice');
    await openSetUp(page);
    const app = await Authenticator.scan(page);
    await enterCode(page, app.wrongCode());
    const field = dialog(page).getByRole('textbox', { name: 'Six-digit code' });
    await expect(field).toHaveAccessibleDescription(/wrong/);
    expect((await Authenticator.scan(page)).secret).toBe(app.secret);
    await expectAccessible(page);

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
    await expect(page.getByRole('status').filter({ hasText: 'not finished' })).toBeVisible();
    await section(page).getByRole('button', { name: 'Add method' }).click();
    await dialog(page).getByRole('button', { name: 'I have an authentication app' }).click();
    expect((await Authenticator.scan(page)).secret).not.toBe(app.secret);
  });

  test('recovery codes leave the page when "Finish" comes too late', async ({ page }) => {
    await page.clock.install();
    await enter(page, 'alice');
    await openSetUp(page);
    await enterCode(page, (await Authenticator.scan(page)).code());
    const [code] = await shownCodes(page);
    await page.clock.fastForward('15:01');
    await expect(page.getByRole('alert').filter({ hasText: 'not finished in time' })).toBeVisible();
    expect(await page.content()).not.toContain(code);
    await expectAccessible(page);
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
    await expect(page.getByRole('alert').filter({ hasText: /can.t be reached/ })).toBeVisible();
    await context.setOffline(false);
    expect((await Authenticator.scan(page)).secret).toBe(app.secret);
    await enterCode(page, app.code());
    await shownCodes(page);
    await context.setOffline(true);
    await dialog(page).getByRole('checkbox', { name: 'I have stored these codes' }).check();
    await dialog(page).getByRole('button', { name: 'Finish' }).click();
    await expect(page.getByRole('alert').filter({ hasText: /can.t be reached/ })).toBeVisible();
    await context.setOffline(false);
    await dialog(page).getByRole('button', { name: 'Finish' }).click();
    await expect(section(page)).toContainText('Authenticator app');
  });
});
