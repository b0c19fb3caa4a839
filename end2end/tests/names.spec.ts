import { readFileSync } from 'node:fs';
import { Authenticator } from '../support/authenticator';
import { expect, expectNoSidewaysScroll, test } from '../support/fixtures';
import { onPaper } from '../support/paper';
import { dialog, enter, enterCode, openSetUp, section, shownCodes, signIn, signOut } from '../support/person';

const NAMES = ['a:b&c%d#e"f\'g', '<script>alert(1)</script>', '{{7*7}} ${x} \\n', 'Юлия 山田 أحمد', 'W'.repeat(64)];

test('a name that runs from the right does not turn the words around it', async ({ page, portal }) => {
  portal.add('admin', '--admin');
  portal.add('דנה');
  portal.add('bea');
  await enter(page, 'admin');
  await page.goto('/settings/users');
  await expect(page.getByRole('checkbox', { name: 'Select \u2068דנה\u2069', exact: true })).toBeVisible();
  await expect(page.getByRole('checkbox', { name: 'Select bea', exact: true })).toBeVisible();
});

for (const letter of ['Ж', '田']) {
  test(`64 times ${letter} leave a QR code that cameras read from a small screen`, async ({ page, portal }) => {
    portal.add(letter.repeat(64));
    await page.setViewportSize({ width: 320, height: 640 });
    await enter(page, letter.repeat(64));
    await openSetUp(page);
    const { width, modules } = await page.getByRole('img', { name: 'QR code' }).evaluate((svg: SVGSVGElement) => ({
      width: svg.getBoundingClientRect().width,
      modules: svg.viewBox.baseVal.width,
    }));
    expect(width / modules).toBeGreaterThanOrEqual(3);
    const { pathname } = new URL((await Authenticator.scan(page)).uri);
    expect(decodeURIComponent(pathname)).toMatch(new RegExp(`:${letter}{44,64}…?$`));
  });
}

for (const name of NAMES) {
  test(`${name.slice(0, 30)} is just a name`, async ({ page, portal }) => {
    page.on('dialog', () => expect(false, 'a script in a name has run').toBe(true));
    portal.add(name);
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto('/sign-in');
    await signIn(page, name, 'Wrong-horse-9');
    await expect(page.getByRole('textbox', { name: 'User name' })).toHaveValue(name);
    await expectNoSidewaysScroll(page);
    await signIn(page, name);
    await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
    await expectNoSidewaysScroll(page);

    // In the authenticator app.
    await openSetUp(page);
    await expectNoSidewaysScroll(page);
    const app = await Authenticator.scan(page);
    const uri = new URL(app.uri);
    expect(decodeURIComponent(uri.pathname.split(':').at(-1)!)).toBe(name);
    expect([...uri.searchParams.keys()].sort()).toEqual(expect.arrayContaining(['issuer', 'secret']));
    expect(uri.searchParams.get('issuer')).toBe('Twofold');
    expect(uri.hash).toBe('');

    // On the recovery sheet, as a file and on paper.
    await enterCode(page, app.code());
    await shownCodes(page);
    await expectNoSidewaysScroll(page);
    const downloading = page.waitForEvent('download');
    await dialog(page).getByRole('button', { name: 'Download' }).click();
    expect(readFileSync(await (await downloading).path(), 'utf8')).toContain(name);
    await onPaper(page, async () => {
      const printed = page.getByText(name, { exact: true }).locator('visible=true');
      await expect(printed.first()).toBeVisible();
    });

    // In the frame of every page.
    await dialog(page).getByRole('button', { name: 'Finish' }).click();
    await expect(section(page)).toContainText('Authenticator app');
    await expect(page.getByText(name, { exact: true }).first()).toBeAttached();
    await expectNoSidewaysScroll(page);

    // And it signs in.
    await signOut(page);
    await enter(page, name, app.code('+30 seconds'));
  });
}
