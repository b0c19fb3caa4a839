import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { enrol, enter, region, signIn } from '../support/person';

test.beforeEach(({ portal }) => {
  portal.add('root', '--admin');
  portal.add('alice');
});

test('administrators see how the portal is doing', async ({ anotherBrowser, page }) => {
  test.slow();
  const alice = await anotherBrowser();
  await alice.goto('/sign-in');
  await signIn(alice, 'alice', 'Wrong-horse-9');
  await expect(alice.getByRole('alert')).toBeVisible();
  await enrol(alice, 'alice');

  await enter(page, 'root');
  await expect(page.getByRole('heading', { name: 'Dashboard', level: 1 })).toBeVisible();
  await expect(region(page, 'Adoption')).toContainText('1 of 2 people have a second factor today');
  await expect(region(page, 'Adoption').getByRole('img', { name: /50 % today/ })).toBeVisible();
  await expect(region(page, 'Without a second factor')).toContainText('1');
  await expect(region(page, 'Without a second factor').getByRole('link', { name: 'Show who' })).toHaveAttribute(
    'href',
    '/settings/users?filter=no-2fa',
  );
  await expect(region(page, 'Locked accounts')).toContainText('0');
  await expect(region(page, 'Recovery codes running low')).toContainText('0');
  await expect(region(page, 'Recovery codes running low').getByRole('link', { name: 'Show who' })).toHaveAttribute(
    'href',
    '/settings/users?filter=few-codes',
  );
  await expect(region(page, 'Sign-ins and failures').getByRole('img', { name: /^Sign-ins: 2 in all/ })).toBeVisible();
  await expect(region(page, 'Sign-ins and failures').getByRole('img', { name: /^Failed attempts: 1 in all/ })).toBeVisible();
  await expect(region(page, 'Setting up a second factor')).toContainText('Everybody who began came to the end.');
  // Their own security is there, too.
  await expect(region(page, 'Two-factor authentication')).toContainText('Off');
  await expectAccessible(page);

  // Every chart is a table, too.
  const signIns = region(page, 'Sign-ins and failures');
  await signIns.getByText('Show as table').click();
  await expect(signIns.getByRole('row')).toHaveCount(31);
  await expect(signIns.getByRole('row').nth(1)).toContainText('2');
  await expectAccessible(page);

  // Other ranges are links.
  await page.getByRole('link', { name: '7 days' }).click();
  await expect(page).toHaveURL(/\?days=7$/);
  await expect(page.getByRole('link', { name: '7 days' })).toHaveAttribute('aria-current', 'true');
  await signIns.getByText('Show as table').click();
  await expect(signIns.getByRole('row')).toHaveCount(8);
  await page.reload();
  await expect(signIns.getByText('in 7 days').first()).toBeVisible();
});

test('the step at which most people stop is named', async ({ anotherBrowser, page }) => {
  const alice = await anotherBrowser();
  await enter(alice, 'alice');
  await alice.getByRole('link', { name: 'Profile' }).click();
  await region(alice, 'Two factor authentication').getByRole('button', { name: 'Add method' }).click();
  await alice.getByRole('button', { name: 'I have an authentication app' }).click();
  await expect(alice.getByRole('img', { name: 'QR code' })).toBeVisible();
  await enter(page, 'root');
  const funnel = region(page, 'Setting up a second factor');
  await expect(funnel).toContainText('Most people stop between the QR code and a right code: 1 of 1 set-up.');
  await expect(funnel.getByRole('listitem').filter({ hasText: 'QR code shown' })).toContainText('Most people stop here');
});

test('it fits a narrow screen, in light and in dark', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await enter(page, 'root');
  await expect(region(page, 'Adoption')).toBeVisible();
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
});

test('it comes up by going back to it, too', async ({ page }) => {
  await enter(page, 'root');
  await page.getByRole('link', { name: 'Profile' }).click();
  await expect(page.getByRole('heading', { name: 'Profile', level: 1 })).toBeVisible();
  await page.getByRole('link', { name: 'Dashboard' }).click();
  await expect(region(page, 'Adoption')).toBeVisible();
  await page.getByRole('link', { name: '90 days' }).click();
  await expect(region(page, 'Sign-ins and failures')).toContainText('in 90 days');
});

test.describe('when the portal does not answer', () => {
  // The browser notes what did not arrive.
  test.use({ tolerated: { problems: [/ERR_FAILED/] } });

  test('charts of one range do not stay under another', async ({ page }) => {
    await enter(page, 'root');
    await expect(region(page, 'Adoption')).toBeVisible();
    let down = true;
    await page.route('**/api/portal-overview*', (route) => (down ? route.abort() : route.continue()));
    await page.getByRole('link', { name: '90 days' }).click();
    const portal = region(page, 'The portal');
    await expect(portal.getByRole('alert')).toBeVisible();
    await expect(region(page, 'Adoption')).toHaveCount(0);
    await expectAccessible(page);
    down = false;
    await portal.getByRole('button', { name: 'Try again' }).click();
    await expect(region(page, 'Sign-ins and failures')).toContainText('in 90 days');
    await expect(portal.getByRole('alert')).toHaveCount(0);
  });
});

test.describe('without script', () => {
  // The browser notes that it loads no program.
  test.use({ javaScriptEnabled: false, tolerated: { problems: [/twofold\.js csp/] } });

  test('the charts and their ranges are there', async ({ page }) => {
    await page.goto('/sign-in');
    await signIn(page, 'root');
    await expect(region(page, 'Adoption').getByRole('img')).toBeVisible();
    await page.getByRole('link', { name: '90 days' }).click();
    await expect(region(page, 'Sign-ins and failures')).toContainText('in 90 days');
  });
});

test('others see their own security and download no charts', async ({ page }) => {
  const fetched: string[] = [];
  page.on('response', (response) => fetched.push(response.url()));
  await enter(page, 'alice');
  await expect(page.getByRole('region', { name: 'Recent sign-ins' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Adoption' })).toHaveCount(0);
  await page.waitForLoadState('networkidle');
  expect(fetched.filter((url) => /settings/.test(url))).toEqual([]);
});
