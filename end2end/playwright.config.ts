import { defineConfig } from '@playwright/test';

/** Against the release binary: `cargo xtask test browser` names it and the browser. */
export default defineConfig({
  testDir: 'tests',
  // Pictures for the documents are taken on demand: `npm run screens`.
  testIgnore: process.env.SCREENS ? [] : ['screens.spec.ts'],
  workers: 2,
  fullyParallel: true,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  reporter: [['list']],
  use: {
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
