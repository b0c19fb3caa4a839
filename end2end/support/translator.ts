import type { Page } from '@playwright/test';

/** What a text looks like in the language that nobody speaks. */
export const translated = (text: string): string => `‹${text}›`;

/**
 * Does to the page, and to whatever it shows later, what Chrome's translator
 * does: each text's node makes way for two <font> elements with other text in
 * them. What must not be translated is left alone.
 */
export async function translate(page: Page): Promise<void> {
  await page.evaluate(() => {
    const skipped = '[translate="no"], .notranslate, script, style, noscript, textarea, font';
    const wrap = (text: Text) => {
      if (!text.data.trim() || !text.parentElement || text.parentElement.closest(skipped)) return;
      const outer = document.createElement('font');
      const inner = document.createElement('font');
      outer.style.verticalAlign = inner.style.verticalAlign = 'inherit';
      inner.append(`‹${text.data}›`);
      outer.append(inner);
      text.replaceWith(outer);
    };
    const wrapAll = (root: Node) => {
      if (root instanceof Text) return wrap(root);
      const texts: Text[] = [];
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) texts.push(walker.currentNode as Text);
      texts.forEach(wrap);
    };
    new MutationObserver((changes) => {
      for (const change of changes) {
        if (change.type === 'characterData') wrapAll(change.target);
        for (const node of change.addedNodes) if (node.isConnected) wrapAll(node);
      }
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
    wrapAll(document.body);
  });
}
