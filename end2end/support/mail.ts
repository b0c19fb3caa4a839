import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Mail as a mail program reads it. */
export type Letter = { to: string[]; headers: Record<string, string>; body: string };

/** A real mail server on loopback, Debian's aiosmtpd; on one port throughout. */
export class MailServer {
  private running?: ChildProcess;

  private constructor(
    private readonly port: number,
    private readonly folder: string,
  ) {}

  /** A port on which nothing answers yet. */
  static async stopped(): Promise<MailServer> {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((ready) => taken.once('listening', ready));
    const { port } = taken.address() as AddressInfo;
    await new Promise((closed) => taken.close(closed));
    return new MailServer(port, mkdtempSync(join(tmpdir(), 'twofold-mail-')));
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  /** Starts it and waits until it answers. */
  async start(): Promise<void> {
    const handler = resolve('../server/tests/support');
    this.running = spawn(
      'aiosmtpd',
      ['--nosetuid', '--listen', `127.0.0.1:${this.port}`, '--class', 'mail_handler.Kept', this.folder],
      { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, PYTHONPATH: handler, PYTHONDONTWRITEBYTECODE: '1' } },
    );
    for (let tries = 0; tries < 200; tries += 1) {
      if (await this.answers()) return;
      await new Promise((later) => setTimeout(later, 100));
    }
    throw new Error('the mail server does not answer');
  }

  private answers(): Promise<boolean> {
    return new Promise((answer) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        answer(true);
      });
      socket.once('error', () => answer(false));
    });
  }

  /** What it took. */
  letters(): Letter[] {
    const files = readdirSync(this.folder).filter((name) => name.endsWith('.json'));
    return files.map((name) => JSON.parse(readFileSync(join(this.folder, name), 'utf8')));
  }

  /** Whom it took mail for, by name. */
  recipients(): string[] {
    return this.letters().flatMap((letter) => letter.to).sort();
  }

  /** Stops it by its process id. */
  async stop(): Promise<void> {
    if (this.running && this.running.exitCode === null) {
      const ended = new Promise((done) => this.running!.once('exit', done));
      this.running.kill('SIGTERM');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
