// A network that looks for clones finds one; the owner appeals on the device's page, and is heard.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { attest, submit } from './attest.mjs';
import { base58, newKeypair, SHOTS } from './demo.mjs';
import { startOwn } from './own.mjs';
import { connect, says, shot, until, visitor } from './stage.mjs';
import { installWallet } from './wallet.mjs';

const STATEMENT = 'The board was swapped at noon.';

/** The device's page, for whoever holds this wallet. */
async function open(own, keypair) {
  const { page, context, wrong } = await visitor({});
  await installWallet(context, keypair);
  await page.goto(`${own.url}/devices/${base58(own.device.slice(32))}`);
  await connect(page);
  await page.getByText('Appeal', { exact: true }).click();
  const appeal = async () => {
    await page.getByLabel('Your statement').fill(STATEMENT);
    await page.getByRole('button', { name: 'Sign and send' }).click();
  };
  return { page, context, wrong, appeal };
}

test('finding is appealed by the device’s owner alone, once, and the page says when it is upheld', async () => {
  const own = await startOwn((founder) => `\n[corrections]\nkey = "${founder}"\n\n[fraud]\nclone = true\n`);
  try {
    own.trellis('device', 'register', 'device/device-key.json');
    await until(async () => (await own.status()).devices === 1);
    const { network, vault, genesis_unix } = await (await fetch(`${own.url}/v1/network`)).json();
    await own.travel(genesis_unix + 120);
    // One key, one interval, two readings.
    const reading = (sequence, counter) => attest(own.device, { network, sequence, startUnix: genesis_unix + 10, seconds: 10, counter });
    const answers = await submit(own.url, [reading(1, 5), reading(2, 6)]);
    assert.deepEqual(answers.map(({ status }) => status), ['accepted', 'accepted'], JSON.stringify(answers));
    await own.travel(genesis_unix + 130);
    await until(async () => (await own.status()).next_to_close === 1);

    const stranger = await open(own, newKeypair());
    await says(stranger.page, 'two reports for one time');
    await stranger.appeal();
    await says(stranger.page, 'The finding is about another wallet’s device');
    await shot(stranger.page, 'finding-wrong-wallet');
    await stranger.context.close();

    const owner = await open(own, own.founder);
    const late = await open(own, own.founder);
    await owner.appeal();
    await says(owner.page, 'Your appeal is kept');
    assert.equal(await owner.page.locator('blockquote').innerText(), STATEMENT);
    await shot(owner.page, 'finding-appealed');
    const [kept] = (await (await fetch(`${own.url}/v1/appeals`)).json()).appeals;
    assert.equal(kept.statement, createHash('sha256').update(STATEMENT).digest('hex'));
    await owner.page.reload();
    await says(owner.page, 'appealed');
    assert.equal(await owner.page.getByLabel('Your statement').count(), 0);

    // Whoever still has the form open is told; the very same statement again would be answered alike.
    await late.page.getByLabel('Your statement').fill('Another statement.');
    await late.page.getByRole('button', { name: 'Sign and send' }).click();
    await says(late.page, 'This finding was appealed already');
    await late.context.close();

    const key = join(SHOTS, 'own/network/keys/founder.json');
    const whose = ['correction', 'sign', '--keypair', key, '--network', network, '--vault', vault, '--number', '0'];
    const correction = own.trellis(...whose, '--operator', '0', '--reason', 'upheld_appeal', '--evidence', kept.finding, '--credit', '1000000');
    const posted = await fetch(`${own.url}/v1/corrections`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(correction) });
    assert.equal(posted.status, 200, await posted.text());
    await owner.page.reload();
    await says(owner.page, 'appeal upheld');
    await shot(owner.page, 'finding-upheld');
    assert.deepEqual(owner.wrong, []);
    await owner.context.close();
  } finally {
    await own.stop();
  }
});
