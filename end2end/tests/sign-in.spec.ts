import { expect, expectAccessible, test } from '../support/fixtures';
import { enrol, enter, giveCode, signIn, signOut } from '../support/person';
import { PASSWORD } from '../support/portal';

test.beforeEach(({ portal }) => portal.add('alice'));

test('a wrong password is said at the field, and the name is kept', async ({ page }) => {
  await page.goto('/sign-in');
  await expectAccessible(page);
  await signIn(page, 'alice', 'Wrong-horse-9');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('wrong');
  await expectAccessible(page);
  await expect(page.getByRole('textbox', { name: 'User name' })).toHaveValue('alice');
  const password = page.getByRole('textbox', { name: 'Password' });
  await expect(password).toHaveAccessibleDescription(/wrong/);
  await expect(password).toBeFocused();
  expect(page.url()).not.toContain('alice');

  // It is said once.
  await page.reload();
  await expect(alert).toHaveCount(0);
});

test('too many wrong passwords say when to try again', async ({ page }) => {
  for (let attempt = 0; attempt < 5; attempt++) await signIn(page, 'alice', 'Wrong-horse-9');
  await expect(page.getByRole('alert')).toContainText('Try again in 15 minutes');
  await signIn(page, 'alice');
  await expect(page.getByRole('alert')).toContainText('Try again in');
});

test('after signing in people land where they were going, if that is here', async ({ page, portal }) => {
  await page.goto('/profile');
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await signIn(page, 'alice');
  await expect(page).toHaveURL(`${portal.url}/profile`);
  await signOut(page);

  for (const foreign of ['//evil.example/', 'https://evil.example/', '/\\evil.example']) {
    await page.goto(`/sign-in?next=${encodeURIComponent(foreign)}`);
    await signIn(page, 'alice');
    await expect(page).toHaveURL(`${portal.url}/`);
    await signOut(page);
  }
});

test('by keyboard alone', async ({ page }) => {
  await page.goto('/sign-in');
  await expect(page.getByRole('textbox', { name: 'User name' })).toBeFocused();
  await page.keyboard.type('alice');
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
});

test('the sign-in page is one small document, complete by itself', async ({ page }) => {
  const requests: string[] = [];
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  await page.goto('/sign-in', { waitUntil: 'networkidle' });
  expect(requests.filter((path) => !path.endsWith('icon.svg'))).toEqual(['/sign-in']);
});

test('pages can be read before the program has arrived, and work once it has', async ({ page, portal }) => {
  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  await page.route('**/*.wasm', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/sign-in', { waitUntil: 'commit' });
  await signIn(page, 'alice');
  await page.goto('/profile', { waitUntil: 'commit' });
  const add = page.getByRole('button', { name: 'Add method' });
  await expect(add).toBeVisible();
  await expect(add).toBeDisabled();
  release();
  await expect(add).toBeEnabled();
  expect(page.url()).toBe(`${portal.url}/profile`);
});

test('without script: password, code and recovery code', async ({ browser, page, portal }) => {
  const { app, codes } = await enrol(page, 'alice');
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: portal.url });
  const plain = await context.newPage();
  await plain.goto('/sign-in');
  await signIn(plain, 'alice', 'Wrong-horse-9');
  await expect(plain.getByRole('alert')).toContainText('wrong');
  await signIn(plain, 'alice');
  await giveCode(plain, app.code('+30 seconds'));
  await expect(plain.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  await signOut(plain);

  await signIn(plain, 'alice');
  await plain.getByRole('link', { name: 'Enter recovery code' }).click();
  await plain.getByRole('textbox', { name: 'Recovery code' }).fill(codes[0].toLowerCase());
  await plain.getByRole('button', { name: 'Use recovery code' }).click();
  await expect(plain.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  await context.close();
});

test.describe('a session that has ended', () => {
  // The browser notes the refused request by itself.
  test.use({ tolerated: { problems: [/status of 401/] } });

  test('signing out ends the session in every window', async ({ context, page }) => {
    await enter(page, 'alice');
    const other = await context.newPage();
    await other.goto('/profile');
    await signOut(page);
    await other.getByRole('link', { name: 'Dashboard' }).first().click();
    await expect(other.getByRole('button', { name: 'Sign in' })).toBeVisible();
  });
});
