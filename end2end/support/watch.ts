import type { BrowserContext, Page } from '@playwright/test';
import { watchFocus } from './focus';

/** What an aborted request looks like when its page was left, which is no problem. */
const LEFT = 'net::ERR_ABORTED';

/**
 * Notes what people would not see but must not happen: errors in the console,
 * crashes, violations of the content policy, requests that fail, a focus that is lost.
 */
export async function watch(context: BrowserContext, problems: string[]): Promise<void> {
  context.on('page', (page) => watchPage(page, problems));
  await context.addInitScript(watchFocus);
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (violation) => {
      console.error(`content policy: ${violation.violatedDirective} forbids ${violation.blockedURI}`);
    });
  });
}

function watchPage(page: Page, problems: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    if (why !== LEFT) problems.push(`request failed: ${request.method()} ${request.url()} ${why}`);
  });
}
