import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { completeSetUp, dialog, enter, signIn } from '../support/person';
import { editPolicy } from '../support/policy';

// Where script is switched off, the browser reports that it fetched none.
test.use({ tolerated: { problems: [/twofold\.js csp$/] } });

const DEMAND = 'Two-factor authentication required';

test.beforeEach(({ portal }) => {
  portal.add('admin', '--admin');
  portal.add('alice');
});

test('an administrator sets up their own second factor first, in the middle of editing', async ({ page }) => {
  await enter(page, 'admin');
  await page.goto('/settings/account-policy');
  await editPolicy(page);
  await page.getByRole('textbox', { name: 'Minimum length' }).fill('14');
  await page.getByRole('textbox', { name: 'Grace period' }).fill('14');
  await page.getByRole('checkbox', { name: /^Users can only log in/ }).check();
  const impact = page.getByRole('status').filter({ hasText: '2 of 2 users' });
  await expect(impact).toContainText('within 14 days');
  await expect(impact).toContainText('That includes you');
  const names = page.getByRole('list', { name: 'Without a second factor' });
  await expect(names.getByRole('listitem')).toHaveText(['admin (administrator)', 'alice']);
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(page);
  await page.setViewportSize({ width: 1280, height: 800 });

  await page.getByRole('button', { name: 'Set up 2FA' }).click();
  await dialog(page).getByRole('button', { name: 'I have an authentication app' }).click();
  await completeSetUp(page);
  await expect(page.getByRole('status').filter({ hasText: '1 of 2 users' })).not.toContainText('includes you');
  await expect(names.getByRole('listitem')).toHaveText(['alice']);
  await expect(page.getByRole('button', { name: 'Set up 2FA' })).toHaveCount(0);
  await expect(page.getByRole('textbox', { name: 'Minimum length' })).toHaveValue('14');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'saved' })).toBeVisible();
  const section = page.getByRole('region', { name: 'Two factor authentication' });
  await expect(section).toContainText('14 days');
});

test('before the days become fewer one sees whose time ends', async ({ page, portal }) => {
  portal.policy('require-second-factor', 'on', 'grace-days', '14');
  await page.goto('/settings/account-policy');
  await signIn(page, 'admin');
  await page.getByRole('button', { name: 'Not now' }).click();
  await editPolicy(page);
  const days = page.getByRole('textbox', { name: 'Grace period' });
  await days.fill('0');
  const ends = page.getByRole('status').filter({ hasText: 'Saving ends the time of 2 people, one of them an administrator, at once.' });
  await expect(ends).toContainText('That includes you.');
  await expect(page.getByRole('list', { name: 'Whose time ends' }).getByRole('listitem')).toHaveText(['admin (administrator)', 'alice']);
  await expect(page.getByRole('button', { name: 'Set up 2FA' })).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(page);
  await days.fill('7');
  await expect(page.getByRole('status').filter({ hasText: 'Nobody\'s time ends with this. 2 people have less time than now.' })).toBeVisible();
  await expect(page.getByRole('list', { name: 'Whose time ends' })).toHaveCount(0);
  await days.fill('20');
  await expect(page.getByText('less time than now')).toHaveCount(0);

  // What was saved is said where one looks.
  await page.getByRole('button', { name: 'Save' }).click();
  const saved = page.getByRole('status').filter({ hasText: 'saved' });
  await expect(saved).toBeFocused();
  await expect(saved).toBeInViewport();
});

test('people put the set-up off until their day, which is named to them', async ({ anotherBrowser, page, portal }) => {
  portal.policy('require-second-factor', 'on', 'grace-days', '14');
  await page.goto('/profile');
  await signIn(page, 'alice');
  await expect(page.getByRole('heading', { name: DEMAND })).toBeVisible();
  await expect(page.getByRole('navigation')).toHaveCount(0);
  const day = new Date(Date.now() + 14 * 86_400_000).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'Europe/Berlin',
  }).replace('Sept', 'Sep');
  await expect(page.getByText('You can put it off until')).toContainText(day);
  await expect(page.getByText('You can put it off until')).not.toContainText('UTC');
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(page);
  await page.getByRole('button', { name: 'Not now' }).click();
  await expect(page.getByRole('region', { name: 'Two factor authentication' })).toBeVisible();
  expect(page.url()).toBe(`${portal.url}/profile`);

  await page.getByRole('link', { name: 'Dashboard' }).click();
  await expect(page.getByText('will be required of you')).toContainText(day);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByRole('link', { name: 'Set it up now' }).click();
  await page.getByRole('button', { name: 'Add method' }).click();
  await dialog(page).getByRole('button', { name: 'I have an authentication app' }).click();
  await completeSetUp(page);
  await page.getByRole('link', { name: 'Dashboard' }).click();
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  await expect(page.getByText('will be required of you')).toHaveCount(0);

  // Without script, putting it off works all the same.
  const plain = await anotherBrowser({ javaScriptEnabled: false });
  await plain.goto('/sign-in');
  await signIn(plain, 'admin');
  await expect(plain.getByRole('heading', { name: DEMAND })).toBeVisible();
  await plain.getByRole('button', { name: 'Not now' }).click();
  await expect(plain.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  await expect(plain.getByText('will be required of you')).toBeVisible();

  // Without any days left, there is nothing to put off.
  portal.policy('grace-days', '0');
  await plain.reload();
  await expect(plain.getByRole('heading', { name: DEMAND })).toBeVisible();
  await expect(plain.getByRole('button', { name: 'Not now' })).toHaveCount(0);
});
