import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { enrol, giveCode, passTime, signIn, signOut } from '../support/person';

test.beforeEach(({ portal }) => portal.add('alice'));

test('the next sign-in asks for the code, and says what is wrong with it', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const { app } = await enrol(page, 'alice');
  await signOut(page);
  await signIn(page, 'alice');
  const form = page.getByRole('region', { name: 'Two factor authentication' });
  await expect(form).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  const alert = page.getByRole('alert');
  const field = form.getByRole('textbox', { name: 'Six-digit code' });
  await expect(field).toBeFocused();
  await expect(field).toHaveAttribute('autocomplete', 'one-time-code');
  await expect(field).toHaveAttribute('inputmode', 'numeric');

  // What is no code is not counted.
  for (const typed of ['12345', '1234567', '12345a', '１２３４５Ⅵ']) {
    await giveCode(page, typed);
    await expect(field).toHaveAccessibleDescription(/six digits/);
  }
  await giveCode(page, app.wrongCode());
  await expect(alert).toContainText('wrong. 4 attempts left');
  await expect(field).toHaveAccessibleDescription(/wrong/);
  await expect(field).toBeFocused();
  await expectAccessible(page);
  await giveCode(page, app.code('+4 minutes'));
  await expect(alert).toContainText(/clock seems to be about [45] minutes ahead/);

  const code = app.code('+30 seconds');
  await field.fill(`${code.slice(0, 3)} ${code.slice(3)}`);
  await field.press('Enter');
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
  await signOut(page);

  await signIn(page, 'alice');
  await giveCode(page, code);
  await expect(alert).toContainText('used already');
});

test('the code that confirmed the app does not sign in', async ({ page }) => {
  const { confirmedWith } = await enrol(page, 'alice');
  await signOut(page);
  await signIn(page, 'alice');
  await giveCode(page, confirmedWith);
  await expect(page.getByRole('alert')).toContainText('used already');
});

test('too many wrong codes end the sign-in, then the app; a recovery code still works', async ({ page }) => {
  const { app, codes } = await enrol(page, 'alice');
  await signOut(page);
  const alert = page.getByRole('alert');
  for (const _round of [1, 2]) {
    await signIn(page, 'alice');
    for (let attempt = 0; attempt < 5; attempt++) {
      await expect(page.getByRole('textbox', { name: 'Six-digit code' })).toBeVisible();
      await giveCode(page, app.wrongCode());
    }
    await expect(page.getByRole('textbox', { name: 'User name' })).toBeVisible();
    await expect(alert).toContainText('sign-in has ended');
  }
  await signIn(page, 'alice');
  await giveCode(page, app.code('+30 seconds'));
  await expect(alert).toContainText(/Too many wrong codes. Try again in .*, or use a recovery code/);
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Enter recovery code' }).click();
  await page.getByRole('textbox', { name: 'Recovery code' }).fill('nonsense');
  await page.getByRole('button', { name: 'Use recovery code' }).click();
  await expect(page.getByRole('textbox', { name: 'Recovery code' })).toHaveAccessibleDescription(/16 letters and digits/);
  await page.getByRole('textbox', { name: 'Recovery code' }).fill(codes[0].toLowerCase().replaceAll('-', ' '));
  await page.getByRole('button', { name: 'Use recovery code' }).click();
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
});

test('before the time for the code is over the page says so', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await enrol(page, 'alice');
  await signOut(page);
  await signIn(page, 'alice');
  const warning = page.getByRole('status').getByText('Only two of these 10 minutes are left');
  await expect(page.getByText('You have 10 minutes for this')).toBeVisible();
  await expect(warning).toBeHidden();
  const due = await passTime(page);
  expect(due).toBeGreaterThan(7.5 * 60_000);
  expect(due).toBeLessThanOrEqual(8 * 60_000);
  await expect(warning).toBeVisible();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await page.getByRole('button', { name: 'Start over' }).click();
  await expect(page.getByRole('textbox', { name: 'User name' })).toBeVisible();
});

test('a sign-in that waits for its code opens nothing, and can be given up', async ({ page }) => {
  await enrol(page, 'alice');
  await signOut(page);
  await signIn(page, 'alice');
  const field = page.getByRole('textbox', { name: 'Six-digit code' });
  await expect(field).toBeVisible();
  for (const path of ['/', '/profile']) {
    await page.goto(path);
    await expect(page.getByRole('navigation')).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  }
  await page.goto('/sign-in/code');
  await page.getByRole('button', { name: 'Start over' }).click();
  await expect(page.getByRole('textbox', { name: 'User name' })).toBeVisible();
  await page.goto('/sign-in/code');
  await expect(field).toHaveCount(0);
});
