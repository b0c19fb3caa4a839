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
    ['End without activity after', /from \d+ to \d+/],
    ['End in any case after', /from \d+ to \d+/],
  ] as const) {
    const box = page.getByRole('textbox', { name: field });
    const good = await box.inputValue();
    expect(Number(good), field).toBeGreaterThan(0);
    for (const bad of ['0', '-1', '99999999999', 'ten', '']) {
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

test('two administrators at once: the second learns of the first', async ({ anotherBrowser, page, portal }) => {
  portal.add('second', '--admin');
  const other = await anotherBrowser();
  await enter(page, 'admin');
  await enter(other, 'second');
  for (const editor of [page, other]) {
    await editor.goto('/settings/account-policy');
    await editPolicy(editor);
  }
  await page.getByRole('textbox', { name: 'Minimum length' }).fill('12');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'saved' })).toBeVisible();

  await other.getByRole('textbox', { name: ATTEMPTS }).fill('7');
  await other.getByRole('button', { name: 'Save' }).click();
  await expect(other.getByRole('alert')).toContainText('Someone else changed the policy');
  await expectAccessible(other);
  await expect(other.getByRole('textbox', { name: ATTEMPTS })).toHaveValue('7');
  await other.getByRole('button', { name: 'Load the current policy' }).click();
  await expect(other.getByRole('textbox', { name: 'Minimum length' })).toHaveValue('12');
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
