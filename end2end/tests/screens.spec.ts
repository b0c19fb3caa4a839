import { test } from '../support/fixtures';
import { Authenticator } from '../support/authenticator';
import { dialog, enterCode, enter, openSetUp, shownCodes } from '../support/person';

/** Pictures for the documents. */
for (const colorScheme of ['light', 'dark'] as const) {
  for (const [form, width, height] of [['wide', 1200, 800], ['narrow', 360, 740]] as const) {
    test(`${colorScheme} ${form}`, async ({ page, portal }) => {
      portal.add('alice', '--admin');
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height });
      const picture = (name: string, fullPage = false) => page.screenshot({ path: `../docs/${name}-${colorScheme}-${form}.png`, fullPage });
      await page.goto('/sign-in');
      await picture('sign-in');
      await enter(page, 'alice');
      await picture('dashboard');
      await page.goto('/settings/account-policy');
      await picture('account-policy', true);
      await page.getByRole('button', { name: 'Edit account policy' }).or(page.getByRole('link', { name: 'Edit account policy' })).click();
      await picture('account-policy-editor', true);
      await page.goto('/profile');
      await picture('profile-off');
      await openSetUp(page);
      await picture('scan');
      const app = await Authenticator.scan(page);
      await enterCode(page, app.wrongCode());
      await page.getByText('This code is wrong').first().waitFor();
      await picture('wrong-code');
      await enterCode(page, app.code());
      await shownCodes(page);
      await picture('recovery-codes');
      await dialog(page).getByRole('checkbox', { name: 'I have stored these codes' }).check();
      await dialog(page).getByRole('button', { name: 'Finish' }).click();
      await dialog(page).waitFor({ state: 'hidden' });
      await picture('profile-on');
    });
  }
}
