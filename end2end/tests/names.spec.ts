import { expect, expectNoSidewaysScroll, test } from '../support/fixtures';
import { completeSetUp, dialog, enter, openSetUp } from '../support/person';

const NAMES = ['a:b&c%d#e"f\'g', '<script>alert(1)</script>', 'Юлия 山田 أحمد', 'W'.repeat(64)];

for (const name of NAMES) {
  test(`${name.slice(0, 30)} is just a name`, async ({ page, portal }) => {
    portal.add(name);
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto('/sign-in');
    await expectNoSidewaysScroll(page);
    await enter(page, name);
    await expectNoSidewaysScroll(page);
    await openSetUp(page);
    await expectNoSidewaysScroll(page);
    const { app } = await completeSetUp(page);
    const uri = new URL(app.uri);
    expect(decodeURIComponent(uri.pathname.split(':').at(-1)!)).toBe(name);
    expect(uri.searchParams.get('issuer')).toBe('Twofold');
    await expect(dialog(page)).toBeHidden();
    await expectNoSidewaysScroll(page);
  });
}
