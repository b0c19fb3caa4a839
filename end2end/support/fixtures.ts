import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';
import { Portal } from './portal';

type Fixtures = {
  /** Flags for `twofold serve`. */
  flags: { serve: string[] };
  portal: Portal;
  /** Problems that the test brings about on purpose, such as being offline. */
  tolerated: { problems: RegExp[] };
};

/** Every page is watched: no console error, no violation of the content policy, no crash. */
function watch(page: Page, problems: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
}

export const test = base.extend<Fixtures>({
  flags: [{ serve: [] }, { option: true }],
  tolerated: [{ problems: [] }, { option: true }],
  portal: async ({ flags }, use) => {
    const portal = await Portal.start(flags.serve);
    await use(portal);
    await portal.stop();
  },
  baseURL: async ({ portal }, use) => use(portal.url),
  context: async ({ context, tolerated }, use) => {
    const problems: string[] = [];
    context.on('page', (page) => watch(page, problems));
    await use(context);
    expect(problems.filter((problem) => !tolerated.problems.some((pattern) => pattern.test(problem)))).toEqual([]);
  },
});

export { expect };

/** axe-core finds nothing to complain about, in light and in dark. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
    expect(found, colorScheme).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
}

/** Nothing sticks out to the side. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const excess = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(excess).toBeLessThanOrEqual(0);
}
