import { expect, test } from '../support/firefox';

// A browser that takes its time, on a machine that does two things at once.
test.describe.configure({ timeout: 120_000 });

test.beforeEach(({ portal }) => portal.add('alice'));

test('in Firefox: signing in and out', async ({ firefox }) => {
  const window = await firefox();
  await window.signIn('alice', 'Wrong-horse-9');
  await window.see('The user name or the password is wrong');
  await window.signIn('alice');
  await window.see('Dashboard');
  await window.signOut();
});

test('in Firefox: setting up, signing in with a code, and with a recovery code', async ({ firefox }) => {
  const window = await firefox();
  const { app, codes } = await window.enrol('alice');
  await window.signOut();
  await window.signIn('alice');
  await window.fill('Six-digit code', app.wrongCode());
  await window.press('Sign in');
  await window.see('This code is wrong');
  await window.passTime();
  await window.see('Only two of these 10 minutes are left');
  await window.fill('Six-digit code', app.code('+30 seconds'));
  await window.press('Sign in');
  await window.see('Dashboard');
  await window.signOut();

  await window.signIn('alice');
  await window.press('Enter recovery code', 'link');
  await window.fill('Recovery code', codes[2]);
  await window.press('Use recovery code');
  await window.see('Dashboard');
  await window.press('Profile', 'link');
  await window.see('9 recovery codes are left');
  await window.press('Generate new recovery codes');
  await window.press('Generate new recovery codes');
  await window.see('Confirm that it is you');
  await window.key('Escape');
  await expect.poll(() => window.focused()).toBe('Generate new recovery codes');
});

test.describe('with a QR code that lives for six seconds', () => {
  test.use({ flags: { serve: ['--qr-lifetime', '6s'] } });

  test('in Firefox: a QR code expires, and another one counts', async ({ firefox }) => {
    const window = await firefox();
    await window.signIn('alice');
    await window.press('Profile', 'link');
    await window.press('Add method');
    await window.press('I have an authentication app');
    const first = await window.scan();
    await window.see('This QR code has expired');
    await window.press('Generate new');
    const second = await window.scan();
    expect(second.secret).not.toBe(first.secret);
  });
});

test('in Firefox: a set-up that is demanded, and one that is nearly given up', async ({ firefox, portal }) => {
  portal.policy('require-second-factor', 'on', 'grace-days', '0');
  const window = await firefox();
  await window.signIn('alice');
  await window.see('Two-factor authentication required');
  await window.press('Set up 2FA');
  await window.press('I have an authentication app');
  const app = await window.scan();
  await window.fill('Six-digit code', app.code());
  await window.press('Next');
  await window.see('Keep these codes somewhere safe');
  await window.key('Escape');
  await window.see('Two-factor authentication is not on yet');
  await window.press('Back to the codes');
  await window.tick('I have stored these codes');
  await window.press('Finish');
  await window.see('Dashboard');
});

test('in Firefox: administering people and the policy', async ({ firefox, portal }) => {
  portal.add('admin', '--admin');
  const window = await firefox();
  await window.signIn('admin');
  await window.press('Settings', 'link');
  await window.press('Users', 'link');
  await window.press('Add person');
  await window.fill('User name', 'bela');
  await window.press('Add');
  // Who signed in just now has proved who they are.
  await window.see('One-time links');
  const [link] = await window.texts('code.secret');
  await window.press('Done');
  await window.see('bela');

  const bela = await firefox();
  await bela.open(new URL(link).pathname);
  await bela.fill('Password', 'Another-horse-9');
  await bela.press('Save password');
  await bela.see('Dashboard');

  await window.open('/settings/account-policy');
  await window.press('Edit account policy');
  await window.fill('Minimum length', '0');
  await window.press('Save');
  await window.see('Some values are out of bounds');
  await window.fill('Minimum length', '12');
  await window.press('Save');
  await window.see('The account policy is saved and in force');
  await window.see('12 characters');
});
