import { execFileSync } from 'node:child_process';
import { expect, test } from '../support/fixtures';
import { giveCode, signIn, signOut } from '../support/person';

test.use({ flags: { serve: ['--demo'] } });

test('the demo prints accounts that sign in', async ({ page, portal }) => {
  const accounts = [...portal.printed.matchAll(/^\s+(\S+)\s+password (\S+)(.*)$/gm)];
  expect(accounts.length).toBeGreaterThan(3);
  for (const [, name, password, facts] of accounts) {
    await page.goto('/sign-in');
    await signIn(page, name, password);
    const key = /setup key (\S+)/.exec(facts)?.[1];
    if (key) await giveCode(page, execFileSync('oathtool', ['--totp', '--base32', key], { encoding: 'utf8' }).trim());
    await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Settings' })).toHaveCount(facts.includes('administrator') ? 1 : 0);
    await signOut(page);
  }
  expect(accounts.some(([, , , facts]) => facts.includes('setup key')), 'someone has a second factor').toBe(true);
});
