// A network of one's own, as `trellis init` and `trellis up` make it, with an additional policy.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { base58, SHOTS, TARGET } from './demo.mjs';
import { DIST, until } from './stage.mjs';

const TRELLIS = join(TARGET, 'debug/trellis');

/** `policyBy` is given the founder's address. */
export async function startOwn(policyBy) {
  const root = join(SHOTS, 'own');
  const folder = join(root, 'network');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const answers = join(root, 'answers.toml');
  writeFileSync(answers, `url = "http://127.0.0.1:${await freePort()}"\noracle_listen = "127.0.0.1:${await freePort()}"\n`);
  const trellis = (...words) => {
    const { status, stdout, stderr } = spawnSync(TRELLIS, [...words, '--json'], { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`trellis ${words.join(' ')}: ${stderr}`);
    return JSON.parse(stdout);
  };
  const made = spawnSync(TRELLIS, ['init', folder, '--answers', answers, '--json'], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  const key = (path) => JSON.parse(readFileSync(join(folder, path), 'utf8'));
  const founder = key('keys/founder.json');
  appendFileSync(join(folder, 'policy.toml'), policyBy(base58(founder.slice(32))));
  const child = spawn(TRELLIS, ['up', '--ws-port', '0', '--slot-ms', '100', '--json', '--dashboard', DIST], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (bytes) => (out += bytes));
  child.stderr.on('data', (bytes) => (err += bytes));
  await until(() => {
    if (child.exitCode !== null) throw new Error(`trellis up ended: ${err}`);
    return out.trimEnd().endsWith('}');
  });
  const running = JSON.parse(out);
  return {
    url: running.oracle_url,
    network: running.network,
    founder,
    device: key('device/device-key.json'),
    trellis,
    status: async () => (await fetch(`${running.oracle_url}/v1/status`)).json(),
    /** Sets the chain's clock, which never goes back, and waits until the oracle has heard of it. */
    async travel(unix) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'surfnet_timeTravel', params: [{ absoluteTimestamp: unix * 1000 }] });
      await fetch(running.rpc_url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      await until(async () => (await this.status()).now_unix >= unix);
    },
    async stop() {
      if (child.exitCode !== null) return;
      const ended = new Promise((resolve) => child.on('exit', resolve));
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** A port that nobody listens on. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
