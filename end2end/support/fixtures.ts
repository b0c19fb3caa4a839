import { expect, test as base, type BrowserContextOptions, type Page } from '@playwright/test';
import { Portal } from './portal';
import { watch } from './watch';

export { expectAccessible, expectNoSidewaysScroll, spaceText } from './axe';

type Fixtures = {
  /** Flags for `twofold serve`. */
  flags: { serve: string[] };
  portal: Portal;
  /** Problems that the test brings about on purpose, such as being offline. */
  tolerated: { problems: RegExp[] };
  /** What went wrong behind the scenes, in any browser of the test. */
  problems: string[];
  /** A page in a browser of its own, as another person has. */
  anotherBrowser: (options?: BrowserContextOptions) => Promise<Page>;
};

export const test = base.extend<Fixtures>({
  flags: [{ serve: [] }, { option: true }],
  tolerated: [{ problems: [] }, { option: true }],
  portal: async ({ flags }, use) => {
    const portal = await Portal.start(flags.serve);
    await use(portal);
    await portal.stop();
  },
  baseURL: async ({ portal }, use) => use(portal.url),
  problems: async ({ tolerated }, use) => {
    const problems: string[] = [];
    await use(problems);
    expect(problems.filter((problem) => !tolerated.problems.some((pattern) => pattern.test(problem)))).toEqual([]);
  },
  context: async ({ context, problems }, use) => {
    await watch(context, problems);
    await use(context);
  },
  anotherBrowser: async ({ browser, contextOptions, portal, problems }, use) => {
    const contexts: Array<{ close(): Promise<void> }> = [];
    await use(async (options) => {
      const context = await browser.newContext({ ...contextOptions, baseURL: portal.url, ...options });
      contexts.push(context);
      await watch(context, problems);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },
});

export { expect };
