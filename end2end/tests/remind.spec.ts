import { clipboard } from '../support/clipboard';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { enrol } from '../support/person';

test('an administrator sees who is missing, and copies a message with their own day', async ({ context, page, portal }) => {
  await context.grantPermissions(['clipboard-write']);
  portal.add('admin', '--admin');
  portal.add('alice');
  portal.add('bob');
  await enrol(page, 'admin');
  portal.policy('require-second-factor', 'on', 'grace-days', '14');
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('main').getByRole('link', { name: 'Remind' }).click();
  await expect(page.getByRole('heading', { name: 'Remind' })).toBeVisible();
  const people = page.getByRole('list', { name: 'Without a second factor' }).getByRole('listitem');
  await expect(people).toHaveCount(2);
  const day = new Date(Date.now() + 14 * 86_400_000).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  }).replace('Sept', 'Sep');
  await expect(people.filter({ hasText: 'alice' })).toContainText('Required from');
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(page);
  await page.getByRole('button', { name: 'Copy message: alice' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Copied the message for alice.' })).toBeVisible();
  const message = await clipboard(page);
  for (const words of ['Hello alice,', `before ${day}`, `${portal.url}/profile`]) expect(message).toContain(words);
});
