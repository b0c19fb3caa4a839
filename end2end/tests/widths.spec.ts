import { expect, expectNoSidewaysScroll, test } from '../support/fixtures';
import { enrol } from '../support/person';

const PAGES = {
  '/settings': 'System settings',
  '/settings/account-policy': 'Account policy',
  '/settings/users': 'Users',
  '/settings/remind': 'Remind',
  '/settings/mail': 'Mail',
  '/settings/audit': 'Audit',
};

test('no page for administrators sticks out to the side of a window of any width', async ({ page, portal }) => {
  test.slow();
  portal.add('admin', '--admin');
  portal.add('maximiliane-von-und-zu-hohenstein-am-langen-berg@example.org');
  portal.invite('alice');
  await enrol(page, 'admin');
  for (const [path, heading] of Object.entries(PAGES)) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
    for (let width = 320; width <= 1280; width += 40) {
      await page.setViewportSize({ width, height: 800 });
      await expectNoSidewaysScroll(page);
    }
  }
});
