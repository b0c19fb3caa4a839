import { expect, type Page } from '@playwright/test';
import { Authenticator } from './authenticator';
import { PASSWORD } from './portal';

/** Fills in name and password and submits. */
export async function signIn(page: Page, name: string, password = PASSWORD): Promise<void> {
  if (!new URL(page.url(), 'http://x').pathname.startsWith('/sign-in')) await page.goto('/sign-in');
  await page.getByRole('textbox', { name: 'User name' }).fill(name);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Signs in, with a code where one is needed, and waits for the dashboard. */
export async function enter(page: Page, name: string, code?: string): Promise<void> {
  await page.goto('/sign-in');
  await signIn(page, name);
  if (code) await giveCode(page, code);
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
}

export async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
}

/** The set-up dialog. */
export const dialog = (page: Page) => page.getByRole('dialog', { name: 'Set up two-factor authentication' });

/** The section of the profile. */
export const section = (page: Page) => page.getByRole('region', { name: 'Two factor authentication' });

/** Any section of the profile. */
export const region = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

/** From any signed-in page to the QR code. */
export async function openSetUp(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Profile' }).click();
  await section(page).getByRole('button', { name: 'Add method' }).click();
  await dialog(page).getByRole('button', { name: 'I have an authentication app' }).click();
  await expect(page.getByRole('img', { name: 'QR code' })).toBeVisible();
}

export async function enterCode(page: Page, code: string): Promise<void> {
  await dialog(page).getByRole('textbox', { name: 'Six-digit code' }).fill(code);
  await dialog(page).getByRole('button', { name: 'Next' }).click();
}

/** The recovery codes that the dialog shows. */
export async function shownCodes(page: Page): Promise<string[]> {
  const items = dialog(page).getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
  await expect(items).toHaveCount(10);
  return (await items.allInnerTexts()).map((text) => text.trim());
}

/** What a person has after setting up a second factor. */
type SetUp = { app: Authenticator; confirmedWith: string; codes: string[] };

/** Scans, confirms and finishes. */
export async function completeSetUp(page: Page): Promise<SetUp> {
  const app = await Authenticator.scan(page);
  const confirmedWith = app.code();
  await enterCode(page, confirmedWith);
  const codes = await shownCodes(page);
  await dialog(page).getByRole('checkbox', { name: 'I have stored these codes' }).check();
  await dialog(page).getByRole('button', { name: 'Finish' }).click();
  await expect(dialog(page)).toBeHidden();
  return { app, confirmedWith, codes };
}

/** Signs in and sets up a second factor in one go. */
export async function enrol(page: Page, name: string): Promise<SetUp> {
  await enter(page, name);
  await openSetUp(page);
  return completeSetUp(page);
}

/** The second step of a sign-in. */
export async function giveCode(page: Page, code: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Six-digit code' }).fill(code);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Has the time pass for which the page's styles wait, and answers how long that is, in milliseconds. */
export const passTime = (page: Page) =>
  page.evaluate(() => {
    const waiting = document.getAnimations();
    const due = Math.max(...waiting.map((animation) => Number(animation.effect!.getComputedTiming().endTime)));
    waiting.forEach((animation) => animation.finish());
    return due;
  });
