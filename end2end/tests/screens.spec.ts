import { mkdirSync } from 'node:fs';
import { test } from '../support/fixtures';
import { Authenticator } from '../support/authenticator';
import { onPaper } from '../support/paper';
import { dialog, enter, enterCode, giveCode, openSetUp, shownCodes, signIn, signOut } from '../support/person';
import { demandSecondFactor, editPolicy } from '../support/policy';

/** Where the README looks for pictures. */
const FOLDER = process.env.SCREENS_FOLDER ?? 'screens';

/** Pictures of every view, for the documents: `npm run screens`. */
for (const colorScheme of ['light', 'dark'] as const) {
  for (const [form, width, height] of [['wide', 1200, 800], ['narrow', 360, 740]] as const) {
    test(`${colorScheme} ${form}`, async ({ page, portal }) => {
      test.slow();
      mkdirSync(FOLDER, { recursive: true });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height });
      const picture = async (name: string, whole = false) => {
        // A window as high as the page, so that what is fixed to its edges stays there.
        const needed = whole ? await page.evaluate(() => document.documentElement.scrollHeight) : height;
        await page.setViewportSize({ width, height: Math.max(height, needed) });
        await page.screenshot({ path: `${FOLDER}/${name}-${colorScheme}-${form}.png` });
        await page.setViewportSize({ width, height });
      };
      await page.goto(portal.firstLink);
      await page.getByRole('textbox', { name: 'Password' }).fill('Correct');
      await picture('welcome', true);

      portal.add('alice', '--admin');
      portal.add('bob');
      await page.goto('/sign-in');
      await picture('sign-in');
      await signIn(page, 'alice', 'Wrong-horse-9');
      await picture('wrong-password');
      await enter(page, 'alice');
      await picture('dashboard-off');
      await page.goto('/settings');
      await picture('settings');
      await page.goto('/settings/account-policy');
      await picture('account-policy', true);
      await editPolicy(page);
      await page.getByRole('checkbox', { name: /^Users can only log in/ }).check();
      await page.getByText(/will have to set up/).waitFor();
      await picture('account-policy-editor', true);
      await page.goto('/profile');
      await picture('profile-off');
      await page.getByRole('button', { name: 'Add method' }).click();
      await dialog(page).waitFor();
      await picture('get-an-app');
      await page.keyboard.press('Escape');
      await openSetUp(page);
      await picture('scan');
      const app = await Authenticator.scan(page);
      await enterCode(page, app.wrongCode());
      await page.getByText('This code is wrong').first().waitFor();
      await picture('wrong-code');
      await enterCode(page, app.code());
      await shownCodes(page);
      await picture('recovery-codes');
      await onPaper(page, async () => {
        await picture('recovery-sheet');
      });
      await dialog(page).getByRole('checkbox', { name: 'I have stored these codes' }).check();
      await dialog(page).getByRole('button', { name: 'Finish' }).click();
      await dialog(page).waitFor({ state: 'hidden' });
      await picture('profile-on', true);
      await page.getByRole('button', { name: 'Generate new recovery codes' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).waitFor();
      await picture('new-codes');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Change password' }).click();
      await page.getByRole('textbox', { name: 'New password' }).fill('Correct');
      await picture('change-password');
      await page.keyboard.press('Escape');
      await signOut(page);
      await signIn(page, 'alice');
      await page.getByRole('textbox', { name: 'Six-digit code' }).waitFor();
      await picture('code');
      await page.getByRole('link', { name: 'Enter recovery code' }).click();
      await page.getByRole('textbox', { name: 'Recovery code' }).waitFor();
      await picture('recovery-code');
      await page.goto('/sign-in/code');
      await giveCode(page, app.code('+30 seconds'));
      await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
      await picture('dashboard-on');
      await page.goto('/settings/account-policy');
      await demandSecondFactor(page);
      await signOut(page);
      await signIn(page, 'bob');
      await page.getByRole('heading', { name: 'Two-factor authentication required' }).waitFor();
      await picture('required');
    });
  }
}
