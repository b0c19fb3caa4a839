import type { Page } from '@playwright/test';

/**
 * Looks at the page as it would be printed. A printer leaves the focus where it is; what stands in for
 * it here takes it from whatever is not printed.
 */
export async function onPaper(page: Page, look: () => Promise<void>): Promise<void> {
  const focused = await page.evaluateHandle(() => document.activeElement as HTMLElement);
  await page.emulateMedia({ media: 'print' });
  await look();
  await page.emulateMedia({ media: 'screen' });
  await focused.evaluate((element) => element.focus());
}
