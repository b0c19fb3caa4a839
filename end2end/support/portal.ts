import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const binary = process.env.TWOFOLD_BINARY ?? resolve('../target/release/twofold');

/** The password of everybody added here. */
export const PASSWORD = 'Correct-horse-9';

/** A real portal on its own port and data folder. */
export class Portal {
  private constructor(
    private readonly server: ChildProcess,
    private readonly folder: string,
    /** Where it is served. */
    readonly url: string,
    /** What it printed before it was ready. */
    readonly printed: string,
  ) {}

  /** Starts the release binary and waits until it is ready. */
  static async start(flags: string[] = []): Promise<Portal> {
    const folder = mkdtempSync(join(tmpdir(), 'twofold-'));
    const server = spawn(binary, ['serve', '--listen', '127.0.0.1:0', '--data-dir', folder, ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TWOFOLD_LOG: 'warn' },
    });
    const { url, printed } = await new Promise<{ url: string; printed: string }>((ready, failed) => {
      let text = '';
      server.stdout!.on('data', (data) => {
        text += data;
        const url = /^listening on (http:\S+)$/m.exec(text)?.[1];
        if (url) ready({ url, printed: text });
      });
      server.once('error', failed);
      server.once('exit', (code) => failed(new Error(`the portal ended with ${code}: ${text}`)));
    });
    return new Portal(server, folder, url, printed);
  }

  /** The one-time link for the first administrator. */
  get firstLink(): string {
    return /http:\S+\/welcome\/\S+/.exec(this.printed)![0];
  }

  /** Adds a person on the command line, beside the running server. */
  add(name: string, ...flags: string[]): void {
    this.user('add', name, ['--password-stdin', ...flags]);
  }

  /** Adds a person who chooses the password on a one-time link, and answers the link. */
  invite(name: string): string {
    return /http:\S+\/welcome\/\S+/.exec(this.user('add', name, ['--public-url', this.url]))![0];
  }

  /** Ends the lock of a person. */
  unlock(name: string): void {
    this.user('unlock', name);
  }

  /** Changes values of the account policy: keys and values in turn. */
  policy(...values: string[]): void {
    execFileSync(binary, ['policy', 'set', '--data-dir', this.folder, ...values]);
  }

  /** Gives a person a mail address, in the database itself. */
  giveAddress(name: string, address: string): void {
    const script = [
      'import sqlite3, sys',
      'db = sqlite3.connect(sys.argv[1], timeout=10)',
      'done = db.execute("UPDATE users SET mail_address = ? WHERE name = ?", (sys.argv[3], sys.argv[2]))',
      'assert done.rowcount == 1',
      'db.commit()',
    ];
    execFileSync('python3', ['-c', script.join('\n'), join(this.folder, 'twofold.db'), name, address]);
  }

  private user(command: string, name: string, flags: string[] = []): string {
    return execFileSync(binary, ['user', command, '--data-dir', this.folder, ...flags, '--', name], {
      input: PASSWORD,
      encoding: 'utf8',
    });
  }

  /** Stops it by its process id. */
  async stop(): Promise<void> {
    if (this.server.exitCode === null) {
      const ended = new Promise((done) => this.server.once('exit', done));
      this.server.kill('SIGTERM');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
