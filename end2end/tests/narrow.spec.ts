import { expect, expectNoSidewaysScroll, spaceText, test } from '../support/fixtures';
import { enrol, enter, signIn, signOut } from '../support/person';
import { demandSecondFactor, editPolicy } from '../support/policy';

// The browser notes the missing document, and what is refused to the confined, by itself.
test.use({ tolerated: { problems: [/status of 40[34]/] } });

for (const width of [320, 360]) {
  test(`no view sticks out to the side of ${width} pixels`, async ({ anotherBrowser, page, portal }) => {
    const fits = async (heading: string, window = page) => {
      await expect(window.getByRole('heading', { name: heading, exact: true, level: 1 })).toBeVisible();
      await expectNoSidewaysScroll(window);
    };
    await page.setViewportSize({ width, height: 640 });
    await page.goto(portal.firstLink);
    await fits('Welcome');
    portal.add('admin', '--admin');
    portal.add('alice');
    await page.goto('/sign-in');
    await fits('Sign in');
    await signIn(page, 'admin', 'Wrong-horse-9');
    await fits('Sign in');
    await enrol(page, 'admin');
    await fits('Profile');
    for (const [path, heading] of [
      ['/', 'Dashboard'],
      ['/profile', 'Profile'],
      ['/settings', 'System settings'],
      ['/settings/account-policy', 'Account policy'],
      ['/settings/users', 'Users'],
      ['/settings/audit', 'Audit'],
      ['/nowhere', 'Page not found'],
    ]) {
      await page.goto(path);
      await fits(heading);
      await spaceText(page);
      await fits(heading);
    }
    await page.goto('/settings/account-policy');
    await editPolicy(page);
    await fits('Account policy');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await demandSecondFactor(page);
    await signOut(page);
    await signIn(page, 'admin');
    await fits('Two factor authentication');
    await page.getByRole('link', { name: 'Enter recovery code' }).click();
    await fits('Two-factor authentication with recovery code');

    const alice = await anotherBrowser({ viewport: { width, height: 640 } });
    await alice.goto('/sign-in');
    await signIn(alice, 'alice');
    await fits('Two-factor authentication required', alice);
  });
}

test.describe('for those who are no administrators', () => {
  test('the refusal fits, too', async ({ page, portal }) => {
    portal.add('alice');
    await page.setViewportSize({ width: 320, height: 640 });
    await enter(page, 'alice');
    await page.goto('/settings');
    await expect(page.getByRole('heading', { name: 'For administrators only' })).toBeVisible();
    await expectNoSidewaysScroll(page);
  });
});
