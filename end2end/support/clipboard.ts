import type { Page } from '@playwright/test';

/**
 * What the clipboard holds, by pasting it into an empty window: the portal's
 * own pages are not allowed to read it.
 */
export async function clipboard(page: Page): Promise<string> {
  const window = await page.context().newPage();
  try {
    await window.setContent('<textarea></textarea>');
    const field = window.getByRole('textbox');
    await field.focus();
    await window.keyboard.press('Control+V');
    return await field.inputValue();
  } finally {
    await window.close();
  }
}
