import { expect, test } from '../support/fixtures';
import { enter } from '../support/person';

test('many pages at once are all whole', async ({ page, portal }) => {
  portal.add('admin', '--admin');
  await enter(page, 'admin');
  const paths = ['/', '/profile', '/settings', '/settings/account-policy', '/settings/audit'];
  const answers = await Promise.all(
    Array.from({ length: 80 }, (_, index) => page.request.get(paths[index % paths.length])),
  );
  expect(answers.map((answer) => answer.status()).filter((status) => status !== 200)).toEqual([]);
  for (const answer of answers) {
    const text = await answer.text();
    expect(text).toContain('</html>');
    expect(text).toContain('Sign out');
  }
});

test('pages may be kept by nobody, and say what they allow', async ({ page, portal }) => {
  portal.add('admin', '--admin');
  await enter(page, 'admin');
  for (const path of ['/', '/profile', '/settings/account-policy', '/settings/audit', '/sign-in']) {
    const headers = (await page.request.get(path)).headers();
    expect(headers['cache-control'], path).toContain('no-store');
    expect(headers['content-security-policy'], path).toContain("default-src 'none'");
    expect(headers['content-security-policy'], path).not.toContain("'unsafe-inline'");
    expect(headers['x-content-type-options'], path).toBe('nosniff');
  }
});

test('the back button shows nothing after signing out', async ({ page, portal }) => {
  portal.add('admin', '--admin');
  await enter(page, 'admin');
  await page.goto('/profile');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await expect(page.getByRole('navigation')).toHaveCount(0);
});
