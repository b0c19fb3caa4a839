import type { Locator } from '@playwright/test';
import { expect, test } from '../support/fixtures';
import { dialog, enter, openSetUp } from '../support/person';

/** How an element differs from its surroundings where the browser chooses the colours. */
const look = (element: Locator) =>
  element.evaluate((node) => {
    const { backgroundColor, color, borderTopStyle, borderTopWidth } = getComputedStyle(node);
    return [backgroundColor, color, borderTopStyle === 'none' ? '' : borderTopWidth].join(' ');
  });

test('where the browser chooses the colours, what is chosen and what is done can still be told', async ({ page, portal }) => {
  portal.add('admin', '--admin');
  await page.emulateMedia({ forcedColors: 'active' });
  await enter(page, 'admin');
  await openSetUp(page);
  const steps = dialog(page).getByRole('listitem');
  const numbers = steps.locator('.step-number');
  // Done, current, to come.
  expect(await look(numbers.nth(0))).not.toBe(await look(numbers.nth(2)));
  expect(await look(numbers.nth(1))).not.toBe(await look(numbers.nth(2)));
  await page.keyboard.press('Escape');

  await page.goto('/settings/users?filter=administrators');
  const chosen = page.getByRole('link', { name: 'Administrators' });
  await expect(chosen).toHaveAttribute('aria-current', 'true');
  expect(await look(chosen)).not.toBe(await look(page.getByRole('link', { name: 'Locked' })));
  expect(await look(page.locator('.badge').first())).toContain('1px');
});

test('what a field shows before it is filled in can be read in the dark', async ({ page, portal }) => {
  portal.add('admin', '--admin');
  await enter(page, 'admin');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto('/settings/users');
  const contrast = await page.getByRole('searchbox', { name: 'Search users' }).evaluate((field) => {
    const luminance = (colour: string) => {
      const [red, green, blue] = colour.match(/[\d.]+/g)!.slice(0, 3).map((part) => {
        const share = Number(part) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const text = luminance(getComputedStyle(field, '::placeholder').color);
    const ground = luminance(getComputedStyle(field).backgroundColor);
    return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
  });
  expect(contrast).toBeGreaterThan(4.5);
});
