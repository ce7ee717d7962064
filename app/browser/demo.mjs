// The demo, kept running for the tests, with something left to claim.
import { spawn, spawnSync } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const TARGET = process.env.CARGO_TARGET_DIR ?? join(import.meta.dirname, '../../target');
export const SHOTS = join(TARGET, 'browser');
const PATIENCE_MS = 90_000;
const SEED = 5;
/** What the founder gave to an owner without SOL. */
export const INVITATION = 'welcome-to-the-wind-farm';

/** Starts the demo; resolves when it says where it runs. */
export async function startDemo(dist) {
  const folder = join(SHOTS, 'demo');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const flags = ['demo', '--seed', String(SEED), '--keep', '--unclaimed', '--json', '--work-dir', folder, '--dashboard', dist];
  // The oracle's relay pays claims from a key of its own.
  const relay = newKeypair();
  const keypair = join(folder, 'relay-key.json');
  writeFileSync(keypair, JSON.stringify(relay), { mode: 0o600 });
  const invitations = join(folder, 'invitations.txt');
  writeFileSync(invitations, `${INVITATION}\n`, { mode: 0o600 });
  const env = { ...process.env, TRELLIS_ORACLE_RELAY__KEYPAIR: keypair, TRELLIS_ORACLE_RELAY__INVITATIONS: invitations };
  const child = spawn(join(TARGET, 'debug/trellis'), flags, { stdio: ['ignore', 'pipe', 'pipe'], env });
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
  await fund(after('chain'), base58(relay.slice(32)));
  return {
    url: after('oracle').replace('/v1/status', ''),
    rpc: after('chain'),
    report: JSON.parse(report.text),
    wallet: (name) => JSON.parse(readFileSync(join(folder, 'wallets', `${name}.json`), 'utf8')),
    oracleKey: () => JSON.parse(readFileSync(join(folder, 'oracle-key.json'), 'utf8')),
    bundle: (epoch) => join(folder, `bundles/epoch-${String(epoch).padStart(8, '0')}`),
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

/** A new ed25519 key in Solana's keypair format. */
export function newKeypair() {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return [d, x].flatMap((part) => [...Buffer.from(part, 'base64url')]);
}

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

/** The demo's key of a role, or of a turbine: see `sdk/cli/src/demo/keys.rs`. */
export function demoKey(role) {
  const seed = Buffer.alloc(8);
  seed.writeBigUInt64LE(BigInt(SEED));
  const secret = sha256('trellis demo key', sha256('trellis demo seed', seed), role);
  const { x } = createPublicKey(privateKey(secret)).export({ format: 'jwk' });
  return [...secret, ...Buffer.from(x, 'base64url')];
}

/** Gives the address a SOL of the local chain. */
export async function fund(rpc, address) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'requestAirdrop', params: [address, 1_000_000_000] });
  const { error } = await (await fetch(rpc, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json();
  if (error) throw new Error(`no SOL for ${address}: ${JSON.stringify(error)}`);
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
  const key = privateKey(Buffer.from(keypair.slice(0, 32)));
  return { address: base58(keypair.slice(32)), publicKey: keypair.slice(32), sign: (message) => [...sign(null, Buffer.from(message), key)] };
}

function privateKey(secret) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
