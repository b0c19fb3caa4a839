import { expect, test as base } from '@playwright/test';
import puppeteer, { type Browser, type ElementHandle, type Page } from 'puppeteer-core';
import { Authenticator } from './authenticator';
import { PASSWORD, Portal } from './portal';

const PATIENCE = 15_000;

/** A window of Debian's Firefox, driven by WebDriver BiDi. People's names for things lead to them. */
export class Firefox {
  constructor(
    private readonly page: Page,
    private readonly portal: Portal,
  ) {}

  async open(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.portal.url).href);
  }

  /** The control that can be used; where a dialog has one as well, that one. */
  async find(role: string, name: string): Promise<ElementHandle<Element>> {
    // A field for a password has no role of its own.
    const selector = role === 'textbox' ? `::-p-aria([name="${name}"])` : `::-p-aria([name="${name}"][role="${role}"])`;
    let found: ElementHandle<Element> | undefined;
    await expect
      .poll(
        async () => {
          found = undefined;
          // A page that is being left has no elements.
          for (const element of await this.page.$$(selector).catch(() => [])) {
            const usable = await element
              .evaluate((node, role) => {
                if (role === 'textbox' && !node.matches('input, textarea')) return false;
                const box = node.getBoundingClientRect();
                const modals = [...document.querySelectorAll('dialog:modal')];
                return box.width > 0 && !node.matches(':disabled') && (!modals.length || modals.some((dialog) => dialog.contains(node)));
              }, role)
              .catch(() => false);
            if (usable) found = element;
          }
          return found !== undefined;
        },
        { timeout: PATIENCE, message: `${role} “${name}”` },
      )
      .toBe(true);
    return found!;
  }

  async press(name: string, role = 'button'): Promise<void> {
    const control = await this.find(role, name);
    await control.click();
  }

  async fill(name: string, text: string): Promise<void> {
    const field = await this.find('textbox', name);
    await field.evaluate((node) => (node as HTMLInputElement).select());
    await field.focus();
    await this.page.keyboard.type(text);
  }

  async tick(name: string): Promise<void> {
    await (await this.find('checkbox', name)).click();
  }

  async key(key: 'Escape' | 'Enter' | 'Tab'): Promise<void> {
    await this.page.keyboard.press(key);
  }

  /** Waits until these words are on the page. */
  async see(words: string): Promise<void> {
    const text = () => this.page.evaluate(() => document.body.innerText).catch(() => '');
    await expect.poll(text, { timeout: PATIENCE }).toContain(words);
  }

  /** Has the time pass for which the page's styles wait. */
  async passTime(): Promise<void> {
    await this.page.evaluate(() => document.getAnimations().forEach((animation) => animation.finish()));
  }

  /** The words of everything that a selector finds. */
  async texts(selector: string): Promise<string[]> {
    return this.page.$$eval(selector, (found) => found.map((node) => node.textContent?.trim() ?? ''));
  }

  async address(): Promise<string> {
    return new URL(this.page.url()).pathname;
  }

  /** What has the focus: its accessible name, more or less. */
  async focused(): Promise<string> {
    return this.page.evaluate(() => (document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '').trim());
  }

  async scan(): Promise<Authenticator> {
    const code = await this.find('image', 'QR code').catch(() => this.find('img', 'QR code'));
    await code.scrollIntoView();
    return Authenticator.read(await this.page.screenshot());
  }

  async signIn(name: string, password = PASSWORD): Promise<void> {
    await this.open('/sign-in');
    await this.fill('User name', name);
    await this.fill('Password', password);
    await this.press('Sign in');
  }

  /** Signs out, and waits until that has happened. */
  async signOut(): Promise<void> {
    await this.press('Sign out');
    await this.find('textbox', 'User name');
  }

  /** From the QR code to "Finish". */
  async completeSetUp(): Promise<{ app: Authenticator; codes: string[] }> {
    const app = await this.scan();
    await this.fill('Six-digit code', app.code());
    await this.press('Next');
    await this.see('Keep these codes somewhere safe');
    const codes = await this.texts('.codes .code');
    expect(codes).toHaveLength(10);
    await this.tick('I have stored these codes');
    await this.press('Finish');
    return { app, codes };
  }

  async enrol(name: string): Promise<{ app: Authenticator; codes: string[] }> {
    await this.signIn(name);
    await this.press('Profile', 'link');
    await this.press('Add method');
    await this.press('I have an authentication app');
    const done = await this.completeSetUp();
    await this.see('Two-factor authentication is on.');
    return done;
  }
}

type Fixtures = { flags: { serve: string[] }; portal: Portal; firefox: () => Promise<Firefox> };

export const test = base.extend<Fixtures, { firefoxes: Browser }>({
  flags: [{ serve: [] }, { option: true }],
  portal: async ({ flags }, use) => {
    const portal = await Portal.start(flags.serve);
    await use(portal);
    await portal.stop();
  },
  firefoxes: [
    async ({}, use) => {
      const browser = await puppeteer.launch({
        browser: 'firefox',
        executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
        headless: true,
        timeout: 60_000,
      });
      await use(browser);
      await browser.close();
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  /** A window of another person: nothing is shared with those before. Errors in any of them fail the test. */
  firefox: async ({ firefoxes, portal }, use) => {
    const problems: string[] = [];
    const contexts: Array<{ close(): Promise<void> }> = [];
    await use(async () => {
      const context = await firefoxes.createBrowserContext();
      contexts.push(context);
      const page = await context.newPage();
      await page.setViewport({ width: 1200, height: 800 });
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text());
      });
      return new Firefox(page, portal);
    });
    for (const context of contexts) await context.close();
    expect(problems).toEqual([]);
  },
});

export { expect };
