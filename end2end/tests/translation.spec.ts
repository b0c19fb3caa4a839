import { expect, test } from '../support/fixtures';
import { Authenticator } from '../support/authenticator';
import { completeSetUp, dialog, enter, enterCode, giveCode, openSetUp, section, shownCodes, signIn, signOut } from '../support/person';
import { holdProgram } from '../support/program';
import { translate, translated } from '../support/translator';

test.beforeEach(({ portal }) => portal.add('alice'));

const heading = 'h1';

test('pages follow each other under a translator', async ({ page }) => {
  await enter(page, 'alice');
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  await translate(page);
  await expect(page.locator(heading)).toHaveText(translated('Dashboard'));
  await page.getByRole('link', { name: 'Profile' }).click();
  await expect(page.locator(heading)).toHaveText(translated('Profile'));
  await page.getByRole('link', { name: 'Dashboard' }).click();
  await expect(page.locator(heading)).toHaveText(translated('Dashboard'));
  // Nothing of the other page is left.
  await expect(page.getByText('Recent activity')).toHaveCount(0);
  await expect(page.getByText('Recent sign-ins')).toHaveCount(1);
  await page.goBack();
  await expect(page.locator(heading)).toHaveText(translated('Profile'));
  await expect(page.getByText('Recent sign-ins')).toHaveCount(0);
});

test('a set-up goes through under a translator, and what must be copied stays as it is', async ({ page }) => {
  await enter(page, 'alice');
  await page.goto('/profile');
  await expect(section(page).getByRole('button', { name: 'Add method' })).toBeEnabled();
  await translate(page);
  await section(page).getByRole('button', { name: 'Add method' }).click();
  await dialog(page).getByRole('button', { name: 'I have an authentication app' }).click();
  const timer = page.getByRole('timer', { name: 'Time left' });
  await expect(timer).toHaveText(/^\d:\d\d$/);
  const before = await timer.innerText();
  await expect(timer).not.toHaveText(before);

  const app = await Authenticator.scan(page);
  await expect(page.getByRole('group', { name: 'Setup key' })).toHaveText(app.secret.replace(/(.{4})(?=.)/g, '$1 '));
  await enterCode(page, app.wrongCode());
  await expect(dialog(page).getByText(/wrong/)).toBeVisible();
  await enterCode(page, '12');
  await expect(dialog(page).getByText(/six digits/)).toBeVisible();
  await expect(dialog(page).getByText(/This code is wrong/)).toHaveCount(0);
  const { codes } = await completeSetUp(page);
  for (const code of codes) expect(code).toMatch(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/);
  await expect(section(page)).toContainText('10 recovery codes are left');
  await signOut(page);
  await signIn(page, 'alice');
  await giveCode(page, app.code('+30 seconds'));
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
});

test('names are not translated', async ({ page, portal }) => {
  portal.add('admin', '--admin');
  await enter(page, 'admin');
  await page.goto('/settings/users');
  await expect(page.getByRole('button', { name: 'Add' }).first()).toBeEnabled();
  await translate(page);
  await expect(page.getByText(translated('alice'))).toHaveCount(0);
  await expect(page.getByText('alice', { exact: true }).first()).toBeVisible();
});

test('a page that is translated before the program has arrived works, too', async ({ page }) => {
  await enter(page, 'alice');
  const release = await holdProgram(page);
  await page.goto('/profile', { waitUntil: 'commit' });
  await expect(page.getByRole('heading', { name: 'Profile', exact: true })).toBeVisible();
  await translate(page);
  release();
  await openSetUp(page);
  await enterCode(page, (await Authenticator.scan(page)).code());
  await shownCodes(page);
});

test('the original comes back when the translator is switched off', async ({ page }) => {
  await enter(page, 'alice');
  const text = page.getByRole('heading', { name: 'Recent sign-ins' });
  await expect(page.locator('#start')).toHaveCount(0);
  await expect(text).toBeVisible();
  await page.evaluate(() => {
    const title = document.getElementById('recent-sign-ins')!.firstChild as Text;
    const font = document.createElement('font');
    font.append('Letzte Anmeldungen');
    title.replaceWith(font);
    setTimeout(() => font.replaceWith(title), 300);
  });
  await expect(text).toHaveCount(0);
  await expect(text).toBeVisible();
});
