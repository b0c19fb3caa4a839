import { expect, expectAccessible, expectNoSidewaysScroll, test } from '../support/fixtures';
import { enter, signIn, signOut } from '../support/person';
import { editPolicy } from '../support/policy';
import { PASSWORD } from '../support/portal';

const ATTEMPTS = 'Maximum number of failed attempts';

test.beforeEach(({ portal }) => {
  portal.add('admin', '--admin');
  portal.add('alice');
});

test('the editor says what is out of bounds at its field, and forgets on "Cancel"', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await enter(page, 'admin');
  await page.goto('/settings/account-policy');
  await expect(page.getByRole('region', { name: 'Locked account' })).toContainText('5');
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  await editPolicy(page);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page);
  for (const [field, bounds] of [
    ['Minimum length', /from \d+ to \d+/],
    [ATTEMPTS, /from 1 to 100/],
    ['How long a lock lasts', /from \d+ to \d+/],
    ['Grace period', /from 0 to 60/],
    ['End without activity after', /from \d+ to \d+/],
    ['End in any case after', /from \d+ to \d+/],
  ] as const) {
    const box = page.getByRole('textbox', { name: field });
    const good = await box.inputValue();
    expect(good, field).toMatch(/^\d+$/);
    // None is a good grace period, but nothing else.
    const none = field === 'Grace period' ? [] : ['0'];
    for (const bad of [...none, '-1', '99999999999', 'ten', '']) {
      await box.fill(bad);
      await page.getByRole('button', { name: 'Save' }).click();
      await expect(box).toHaveAttribute('aria-invalid', 'true');
      await expect(box).toHaveAccessibleDescription(bounds);
    }
    await expect(page.getByRole('alert').first()).toBeVisible();
    if (field === ATTEMPTS) await expectAccessible(page);
    await box.fill(good);
    await expect(box).not.toHaveAttribute('aria-invalid', 'true');
  }

  // Unsaved changes are not thrown away by accident.
  await page.getByRole('textbox', { name: ATTEMPTS }).fill('3');
  await page.getByRole('button', { name: 'Cancel' }).click();
  const discard = page.getByRole('dialog', { name: 'Discard your changes?' });
  await expect(discard).toBeVisible();
  await expectAccessible(page);
  await discard.getByRole('button', { name: 'Keep editing' }).click();
  await expect(page.getByRole('textbox', { name: ATTEMPTS })).toHaveValue('3');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await discard.getByRole('button', { name: 'Discard changes' }).click();
  await expect(page.getByRole('region', { name: 'Locked account' })).toContainText('5');

  // Without changes, "Cancel" asks nothing.
  await editPolicy(page);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('button', { name: 'Edit account policy' })).toBeVisible();
  await expect(discard).toHaveCount(0);
});

test('what is saved is in force at the next attempt, and an operator can unlock', async ({ anotherBrowser, page, portal }) => {
  await enter(page, 'admin');
  await page.goto('/settings/account-policy');
  await editPolicy(page);
  await page.getByRole('textbox', { name: ATTEMPTS }).fill('2');
  await page.getByRole('checkbox', { name: 'A lock ends by itself' }).uncheck();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'saved' })).toBeVisible();
  const section = page.getByRole('region', { name: 'Locked account' });
  await expect(section).toContainText('2');
  await expect(section).toContainText('Until an administrator unlocks the account');
  await page.reload();
  await expect(section).toContainText('2');

  const alice = await anotherBrowser();
  await alice.goto('/sign-in');
  for (let attempt = 0; attempt < 2; attempt++) await signIn(alice, 'alice', 'Wrong-horse-9');
  await signIn(alice, 'alice');
  await expect(alice.getByRole('alert')).toContainText('An administrator must unlock');
  await expectAccessible(alice);
  portal.unlock('alice');
  await signIn(alice, 'alice');
  await expect(alice.getByRole('button', { name: 'Sign out' })).toBeVisible();
});

test('two administrators at once: the second compares, chooses, and saves on top', async ({ anotherBrowser, page, portal }) => {
  portal.add('second', '--admin');
  const other = await anotherBrowser();
  await enter(page, 'admin');
  await enter(other, 'second');
  for (const editor of [page, other]) {
    await editor.goto('/settings/account-policy');
    await editPolicy(editor);
  }
  await page.getByRole('textbox', { name: 'Minimum length' }).fill('12');
  await page.getByRole('textbox', { name: ATTEMPTS }).fill('3');
  await page.getByRole('checkbox', { name: 'At least one number' }).uncheck();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'saved' })).toBeVisible();

  await other.getByRole('textbox', { name: ATTEMPTS }).fill('7');
  await other.getByRole('textbox', { name: 'End without activity after' }).fill('45');
  const save = other.getByRole('button', { name: 'Save' });
  await save.click();
  await expect(other.getByRole('alert')).toContainText('Someone else changed the policy');
  await expect(other.getByRole('alert')).toContainText('admin');
  const comparison = other.getByRole('region', { name: 'Changed while you were editing' });
  await expect(comparison).toContainText('Minimum length');
  await expect(comparison).toContainText('Was: 10 characters');
  await expect(comparison).toContainText('Theirs: 12 characters');
  await expectAccessible(other);
  await other.setViewportSize({ width: 360, height: 740 });
  await expectNoSidewaysScroll(other);

  // What only the first changed is in the form; what the second entered still is, too.
  await expect(other.getByRole('textbox', { name: 'Minimum length' })).toHaveValue('12');
  await expect(other.getByRole('checkbox', { name: 'At least one number' })).not.toBeChecked();
  await expect(other.getByRole('textbox', { name: ATTEMPTS })).toHaveValue('7');
  await expect(other.getByRole('textbox', { name: 'End without activity after' })).toHaveValue('45');

  // What both changed has to be chosen.
  await save.click();
  const choice = other.getByRole('radiogroup', { name: ATTEMPTS });
  await expect(choice.getByRole('radio').first()).toBeFocused();
  await expect(comparison).toContainText('Choose one of the two');
  await choice.getByRole('radio', { name: 'Take theirs: 3 attempts' }).check();
  await expect(other.getByRole('textbox', { name: ATTEMPTS })).toHaveValue('3');
  await choice.getByRole('radio', { name: 'Keep mine: 7 attempts' }).check();
  await expect(other.getByRole('textbox', { name: ATTEMPTS })).toHaveValue('7');
  await save.click();
  await expect(other.getByRole('status').filter({ hasText: 'saved' })).toBeVisible();
  await page.reload();
  for (const words of ['12 characters', '45 minutes', 'Last changed by second']) {
    await expect(page.getByRole('main')).toContainText(words);
  }
  await expect(page.getByRole('region', { name: 'Locked account' })).toContainText('7');
  await expect(page.getByRole('region', { name: 'Password policy' })).toContainText('Not required');
});

test('unsaved changes are not lost by accident, whichever way the page is left', async ({ page }) => {
  await enter(page, 'admin');
  await page.goto('/settings');
  await page.getByRole('main').getByRole('link', { name: 'Account policy' }).click();
  await editPolicy(page);
  const attempts = page.getByRole('textbox', { name: ATTEMPTS });
  const discard = page.getByRole('dialog', { name: 'Discard your changes?' });
  const dashboard = page.getByRole('link', { name: 'Dashboard' });
  await attempts.fill('3');

  // By a link of the portal.
  await dashboard.click();
  await expect(discard).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(discard).toBeHidden();
  await expect(attempts).toHaveValue('3');
  expect(new URL(page.url()).pathname).toBe('/settings/account-policy');

  // By a step back in the browser's history.
  await page.evaluate(() => history.back());
  await expect(discard).toBeVisible();
  await discard.getByRole('button', { name: 'Keep editing' }).click();
  await expect(attempts).toHaveValue('3');
  expect(new URL(page.url()).pathname).toBe('/settings/account-policy');

  // By reloading or closing the tab, which the browser itself asks about.
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.dismiss();
  });
  await page.evaluate(() => setTimeout(() => location.reload(), 0));
  await expect.poll(() => asked).toEqual(['beforeunload']);
  await page.close({ runBeforeUnload: true });
  await expect.poll(() => asked).toEqual(['beforeunload', 'beforeunload']);
  await expect(attempts).toHaveValue('3');

  // Discarding leads where the person was going: back, or by the link.
  await page.evaluate(() => history.back());
  await discard.getByRole('button', { name: 'Discard changes' }).click();
  await expect(page.getByRole('heading', { name: 'System settings' })).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'Account policy' }).click();
  await editPolicy(page);
  await expect(attempts).toHaveValue('5');
  await attempts.fill('3');
  await dashboard.click();
  await discard.getByRole('button', { name: 'Discard changes' }).click();
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();

  // Where nothing changed, nothing is asked.
  await page.goto('/settings/account-policy');
  await editPolicy(page);
  await attempts.fill('3');
  await attempts.fill('5');
  await dashboard.click();
  await expect(page.getByRole('heading', { name: 'Dashboard' })).toBeVisible();
  expect(asked).toHaveLength(2);
});

test('values that do not go together are refused at their field', async ({ page }) => {
  await enter(page, 'admin');
  await page.goto('/settings/account-policy');
  await editPolicy(page);
  await page.getByRole('textbox', { name: 'End without activity after' }).fill('90');
  const absolute = page.getByRole('textbox', { name: 'End in any case after' });
  await absolute.fill('1');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(absolute).toBeFocused();
  await expect(absolute).toHaveAccessibleDescription(/shorter than the time without activity. Enter 2 or more/);
  await absolute.fill('2');
  await expect(absolute).not.toHaveAttribute('aria-invalid', 'true');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'saved' })).toBeVisible();
});

test('a change that needs proof asks for it, then goes on by itself', async ({ page }) => {
  await enter(page, 'admin');
  await page.goto('/settings/account-policy');
  // Whoever signed in more than five minutes ago is asked. Time can't be turned
  // here, so the portal's answer of then is given to the first "Save".
  let asked = false;
  await page.route('**/api/save-account-policy', async (route) => {
    if (asked) return route.continue();
    asked = true;
    return route.fulfill({ json: { Err: { StepUpRequired: { code: false } } } });
  });
  await editPolicy(page);
  await page.getByRole('textbox', { name: ATTEMPTS }).fill('7');
  await page.getByRole('button', { name: 'Save' }).click();
  const proof = page.getByRole('dialog', { name: 'Confirm it is you' });
  await expect(proof).toBeVisible();
  await expectAccessible(page);
  const password = proof.getByRole('textbox', { name: 'Password' });
  await expect(password).toBeFocused();
  await password.fill('Wrong-horse-9');
  await proof.getByRole('button', { name: 'Confirm' }).click();
  await expect(password).toHaveAccessibleDescription(/wrong/);

  // Declining changes nothing and loses nothing.
  await page.keyboard.press('Escape');
  await expect(proof).toBeHidden();
  await expect(page.getByRole('textbox', { name: ATTEMPTS })).toHaveValue('7');

  asked = false;
  await page.getByRole('button', { name: 'Save' }).click();
  await password.fill(PASSWORD);
  await password.press('Enter');
  await expect(page.getByRole('status').filter({ hasText: 'saved' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Locked account' })).toContainText('7');
});

test.describe('someone who is no administrator', () => {
  // The browser notes the refused document by itself.
  test.use({ tolerated: { problems: [/status of 403/] } });

  test('is told that it is not for them', async ({ page }) => {
    await enter(page, 'alice');
    await expect(page.getByRole('link', { name: 'Settings' })).toHaveCount(0);
    for (const path of ['/settings', '/settings/account-policy', '/settings/users']) {
      const response = await page.goto(path);
      expect(response!.status()).toBe(403);
      await expect(page.getByRole('heading', { name: 'For administrators only' })).toBeVisible();
    }
    await expectAccessible(page);
    await signOut(page);
  });
});
