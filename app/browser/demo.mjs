// The demo, kept running for the tests, with something left to claim.
import { spawn, spawnSync } from 'node:child_process';
import { createPrivateKey, sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export const TARGET = process.env.CARGO_TARGET_DIR ?? join(import.meta.dirname, '../../target');
export const SHOTS = join(TARGET, 'browser');
const PATIENCE_MS = 90_000;

/** Starts the demo; resolves when it says where it runs. */
export async function startDemo(dist) {
  const folder = join(SHOTS, 'demo');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const flags = ['demo', '--seed', '5', '--keep', '--unclaimed', '--json', '--work-dir', folder, '--dashboard', dist];
  const child = spawn(join(TARGET, 'debug/trellis'), flags, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const report = { text: '' };
  child.stdout.on('data', (bytes) => (report.text += bytes));
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no demo after ${PATIENCE_MS} ms: ${said}`)), PATIENCE_MS);
    child.stderr.on('data', (bytes) => {
      said += bytes;
      if (/^ {2}vault /m.test(said)) {
        clearTimeout(timer);
        resolve();
      }
    });
    child.on('exit', (code) => reject(new Error(`the demo ended with ${code}: ${said}`)));
  });
  const after = (label) => new RegExp(`^  ${label} +(\\S+)`, 'm').exec(said)?.[1];
  return {
    url: after('oracle').replace('/v1/status', ''),
    rpc: after('chain'),
    report: JSON.parse(report.text),
    wallet: (name) => JSON.parse(readFileSync(join(folder, 'wallets', `${name}.json`), 'utf8')),
    /** Ends the demo, and resolves when its processes are gone. */
    async stop() {
      if (child.exitCode !== null) return;
      child.removeAllListeners('exit');
      const ended = new Promise((resolve) => child.on('exit', resolve));
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** Chromium of Debian; installed at first. */
export function chromium() {
  const path = '/usr/bin/chromium';
  if (!existsSync(path)) {
    console.error('installing Chromium (a minute, once)');
    const apt = (...words) => spawnSync('apt-get', words, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    if (apt('install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core').status !== 0) {
      apt('update', '-qq');
      apt('install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core');
    }
  }
  if (!existsSync(path)) throw new Error(`${path} is needed: apt-get install chromium`);
  return path;
}

const LETTERS = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

export function base58(bytes) {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
  let text = '';
  for (; value > 0n; value /= 58n) text = LETTERS[Number(value % 58n)] + text;
  for (const byte of bytes) {
    if (byte !== 0) break;
    text = `1${text}`;
  }
  return text;
}

/** An ed25519 key from Solana's keypair format: secret, then public key. */
export function signer(keypair) {
  const secret = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(keypair.slice(0, 32))]);
  const key = createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' });
  return { address: base58(keypair.slice(32)), publicKey: keypair.slice(32), sign: (message) => [...sign(null, Buffer.from(message), key)] };
}
