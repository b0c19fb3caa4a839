import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';

/** An authenticator app: it knows what a camera sees, and what time it is. */
export class Authenticator {
  private constructor(
    /** What the QR code says. */
    readonly uri: string,
  ) {}

  /** Reads the QR code from a picture of the whole window, as a camera would. */
  static async scan(page: Page): Promise<Authenticator> {
    const code = page.getByRole('img', { name: 'QR code' });
    await expect(code).toBeVisible();
    await code.scrollIntoViewIfNeeded();
    return Authenticator.read(await page.screenshot());
  }

  /** Reads the QR code in a picture. */
  static read(picture: Uint8Array): Authenticator {
    const folder = mkdtempSync(join(tmpdir(), 'qr-'));
    try {
      const path = join(folder, 'screen.png');
      writeFileSync(path, picture);
      const uri = execFileSync('zbarimg', ['--raw', '-q', path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
      return new Authenticator(uri);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** The secret in base32. */
  get secret(): string {
    return new URL(this.uri).searchParams.get('secret')!;
  }

  /** The code at a time: `now`, or e.g. `+30 seconds`, the next one, which is accepted already. */
  code(when = 'now'): string {
    return execFileSync('oathtool', ['--totp', '--base32', '--now', when, this.secret], { encoding: 'utf8' }).trim();
  }

  /** A code that is wrong now and nearby. */
  wrongCode(): string {
    const near = Array.from({ length: 45 }, (_, step) => this.code(`${(step - 22) * 30} seconds`));
    return ['000000', '111111', '222222', '333333'].find((code) => !near.includes(code))!;
  }
}
