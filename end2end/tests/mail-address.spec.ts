import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { enter, region, signOut } from '../support/person';
import { PASSWORD } from '../support/portal';

const row = (page: Page, name: string) => page.getByRole('row').filter({ has: page.getByText(name, { exact: true }) });
const done = (page: Page, words: string) => page.getByRole('status').filter({ hasText: words });
const ask = (page: Page, name: string) => page.getByRole('dialog', { name, exact: true });
const field = (page: Page) => ask(page, 'Mail address').getByRole('textbox', { name: 'Mail address' });
const save = (page: Page) => ask(page, 'Mail address').getByRole('button', { name: 'Save' });

// Nothing listens there: it is enough that the portal would send mail.
const SENDS_MAIL = ['--smtp-url', 'smtp://127.0.0.1:9', '--mail-from', 'login@example.org'];

/** Whoever proved themselves more than five minutes ago is asked; time can't be turned here. */
async function forgetProof(page: Page, endpoint: string): Promise<void> {
  await page.route(`**/api/${endpoint}`, (route) => route.fulfill({ json: { Err: { StepUpRequired: { code: false } } } }), {
    times: 1,
  });
}

async function confirmItIsYou(page: Page): Promise<void> {
  const proof = ask(page, 'Confirm it is you');
  await proof.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await proof.getByRole('button', { name: 'Confirm' }).click();
}

test('an administrator adds someone with an address, changes it and removes it', async ({ page, portal }) => {
  portal.add('admin', '--admin', '--mail', 'admin@example.org');
  await page.setViewportSize({ width: 360, height: 740 });
  await enter(page, 'admin');
  await page.goto('/settings/users');
  await expect(row(page, 'admin')).toContainText('admin@example.org');

  await page.getByRole('button', { name: 'Add person' }).click();
  const form = ask(page, 'Add person');
  await form.getByRole('textbox', { name: 'User name' }).fill('zoe');
  const mail = form.getByRole('textbox', { name: 'Mail address' });
  await mail.fill('zoe at example.org');
  await mail.press('Enter');
  await expect(mail).toHaveAccessibleDescription(/This is no mail address/);
  await expect(mail).toBeFocused();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  const long = `zoe.${'with-a-long-name.'.repeat(3)}example@mail.${'department-'.repeat(4)}x.example.org`;
  await mail.fill(long);
  await mail.press('Enter');
  await ask(page, 'One-time links').getByRole('button', { name: 'Done' }).click();
  await expect(row(page, 'zoe')).toContainText(long);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);

  const open = async () => {
    await row(page, 'zoe').getByRole('button', { name: 'More' }).click();
    await ask(page, 'More').getByRole('button', { name: 'Mail address', exact: true }).click();
  };
  await open();
  await expect(field(page)).toHaveValue(long);
  await expect(field(page)).toBeFocused();
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await field(page).fill('not this one@example.com');
  await ask(page, 'Mail address').getByRole('button', { name: 'Cancel' }).click();
  await expect(row(page, 'zoe')).toContainText(long);
  await open();
  await field(page).fill('zoe@@example.com');
  await save(page).click();
  await expect(field(page)).toHaveAccessibleDescription(/This is no mail address/);
  await forgetProof(page, 'set-mail-address');
  await field(page).fill(' zoe@example.com ');
  await save(page).click();
  await confirmItIsYou(page);
  await expect(done(page, 'The mail address is saved.')).toBeVisible();
  await expect(row(page, 'zoe')).toContainText('zoe@example.com');
  await page.reload();
  await expect(row(page, 'zoe')).toContainText('zoe@example.com');

  await open();
  await field(page).fill('');
  await save(page).click();
  await expect(done(page, 'The mail address is removed.')).toBeVisible();
  await expect(row(page, 'zoe')).not.toContainText('@');
  await page.goto('/settings/audit');
  await expect(page.getByRole('row').filter({ hasText: 'Mail address changed' })).toHaveCount(2);
  await expect(page.getByText('zoe@example.com')).toHaveCount(0);
});

test.describe('where the portal sends mail', () => {
  test.use({ flags: { serve: SENDS_MAIL } });

  test('people set, change and remove their own address', async ({ page, portal }) => {
    portal.add('alice');
    await page.setViewportSize({ width: 360, height: 740 });
    await enter(page, 'alice');
    await page.goto('/profile');
    const section = region(page, 'Mail address');
    const heading = section.getByRole('heading', { name: 'Mail address' });
    const latest = region(page, 'Recent activity').getByRole('listitem').first();
    await expect(section).toContainText('You have none.');
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);

    await section.getByRole('button', { name: 'Add mail address' }).click();
    await expect(field(page)).toBeFocused();
    await expect(field(page)).toHaveAttribute('autocomplete', 'email');
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await field(page).fill('alice');
    await save(page).click();
    await expect(field(page)).toHaveAccessibleDescription(/This is no mail address/);
    await forgetProof(page, 'change-mail-address');
    await field(page).fill('alice@example.org');
    await save(page).click();
    await confirmItIsYou(page);
    await expect(section.getByRole('status')).toContainText('Your mail address is saved.');
    await expect(section).toContainText('alice@example.org');
    await expect(heading).toBeFocused();
    await expect(latest).toContainText('Mail address changed');
    await expectAccessible(page);

    await section.getByRole('button', { name: 'Change' }).click();
    await expect(field(page)).toHaveValue('alice@example.org');
    await page.keyboard.press('Escape');
    await expect(section.getByRole('button', { name: 'Change' })).toBeFocused();
    await section.getByRole('button', { name: 'Change' }).click();
    await field(page).fill('alice@example.com');
    await field(page).press('Enter');
    await expect(section).toContainText('alice@example.com');
    await page.reload();
    await expect(section).toContainText('alice@example.com');

    await section.getByRole('button', { name: 'Remove' }).click();
    const remove = ask(page, 'Remove mail address');
    await expect(remove).toContainText('alice@example.com');
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await remove.getByRole('button', { name: 'Remove' }).click();
    await expect(section.getByRole('status')).toContainText('You have no mail address any longer.');
    await expect(section.getByRole('button', { name: 'Add mail address' })).toBeVisible();
    await expect(heading).toBeFocused();
  });
});

test('where no mail is sent, only those who have an address see it', async ({ page, portal }) => {
  portal.add('alice', '--mail', 'alice@example.org');
  portal.add('bob');
  await enter(page, 'bob');
  await page.goto('/profile');
  await expect(region(page, 'Recent activity')).toBeVisible();
  await expect(region(page, 'Mail address')).toHaveCount(0);
  await signOut(page);
  await enter(page, 'alice');
  await page.goto('/profile');
  const section = region(page, 'Mail address');
  await expect(section).toContainText('alice@example.org');
  await expect(section).toContainText('this portal sends no mail');
  await section.getByRole('button', { name: 'Remove' }).click();
  await ask(page, 'Remove mail address').getByRole('button', { name: 'Remove' }).click();
  await expect(section.getByRole('status')).toContainText('You have no mail address any longer.');
  await page.reload();
  await expect(region(page, 'Recent activity')).toBeVisible();
  await expect(section).toHaveCount(0);
});
