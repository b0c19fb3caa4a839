import { expect, type Page } from '@playwright/test';

/**
 * Runs in every page of every test. When what a person did has left the focus nowhere, or at the
 * top of a page that they have not left, it says so in the console, where errors are noted.
 */
export function watchFocus(): void {
  /** Long enough for a dialog to come or go. */
  const settled = 600;
  let deeds = 0;
  const watch = (event: Event) => {
    const target = event.target instanceof Element ? event.target.closest('button, a[href], input, select, summary') : null;
    const leaves = event instanceof KeyboardEvent && event.key === 'Escape';
    if (!event.isTrusted || !(leaves || (event.type === 'click' && target)) || target?.matches('.skip-link')) return;
    const deed = ++deeds;
    const name = leaves ? 'Escape' : (target?.getAttribute('aria-label') ?? target?.textContent ?? '').trim();
    const place = location.pathname;
    const content = document.getElementById('main');
    const look = (tries: number, surely = false) => {
      // The next deed, or a page that they went to, is looked at by itself.
      if (deed !== deeds || location.pathname !== place || document.documentElement.matches('[data-tabbed]')) return;
      if (tries > 0 && (document.querySelector('[aria-busy="true"], .loading') || matchMedia('print').matches)) {
        setTimeout(look, settled, tries - 1);
        return;
      }
      const focused = document.activeElement;
      // Another page in the place of this one begins at its content.
      const lost = focused === null || focused === document.body || (focused.id === 'main' && focused === content);
      // What goes just now is followed two frames later.
      if (lost && !surely) setTimeout(look, settled, tries, true);
      else if (lost) console.error(`the focus is at ${focused?.tagName} after "${name}" on ${place}`);
    };
    setTimeout(look, settled, 10);
  };
  for (const type of ['click', 'keydown']) addEventListener(type, watch, true);
}

/** More stops than any page has. */
const STOPS = 150;

/**
 * Goes through the whole page with the Tab key: nothing that stays where it is while the page
 * scrolls covers what has the focus.
 */
export async function expectFocusInSight(page: Page): Promise<void> {
  const look = () =>
    page.evaluate(() => {
      const focused = document.activeElement;
      if (!focused || focused === document.body) return null;
      const box = focused.getBoundingClientRect();
      const around = (element: Element | null): Element[] => (element ? [element, ...around(element.parentElement)] : []);
      const bars = [...document.querySelectorAll('body *')].filter((element) => {
        const { position, display } = getComputedStyle(element);
        return ['fixed', 'sticky'].includes(position) && display !== 'none' && !element.contains(focused);
      });
      const covered = bars.filter((bar) => {
        const edges = bar.getBoundingClientRect();
        const [left, right] = [Math.max(edges.left, box.left), Math.min(edges.right, box.right)];
        const [top, bottom] = [Math.max(edges.top, box.top), Math.min(edges.bottom, box.bottom)];
        // Edges may touch, and what is slid out of the window or lies below covers nothing.
        if (right - left <= 1 || bottom - top <= 1) return false;
        return bar.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
      });
      const seen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
      const name = `${focused.tagName} “${(focused.getAttribute('aria-label') ?? focused.textContent ?? '').trim().slice(0, 40)}” ${focused.id}`;
      const problems = covered.map((bar) => `${name} is behind ${bar.tagName}.${bar.className}`);
      return { problems: seen ? problems : [...problems, `${name} is out of sight`], end: focused.hasAttribute('data-tabbed') };
    });
  await page.evaluate(() => {
    for (const seen of document.querySelectorAll('[data-tabbed]')) seen.removeAttribute('data-tabbed');
    document.documentElement.setAttribute('data-tabbed', '');
    (document.activeElement as HTMLElement | null)?.blur();
  });
  const problems: string[] = [];
  let stops = 0;
  for (; stops < STOPS; stops++) {
    await page.keyboard.press('Tab');
    const seen = await look();
    if (!seen || seen.end) break;
    problems.push(...seen.problems);
    await page.evaluate(() => document.activeElement?.setAttribute('data-tabbed', ''));
  }
  expect(problems, page.url()).toEqual([]);
  expect(stops, 'the Tab key leads through the page').toBeGreaterThan(3);
}
