// Receipts of the real oracle, checked on the device's page: good ones, bad ones, and one that convicts the oracle.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blake3 } from '@noble/hashes/blake3.js';
import { attest, receiptBy, reportsIn, submit } from './attest.mjs';
import { base58, demoKey, newKeypair, SHOTS, TARGET } from './demo.mjs';
import { says, shot, stage, visit } from './stage.mjs';

const nameOf = (keypair) => base58(keypair.slice(32));
const turbine = demoKey('R80711');
const device = nameOf(turbine);

/** The oracle's receipts for a device's reports of a closed epoch: asked again, it gives them again. */
async function receiptsOf(keypair, epoch) {
  const wires = await reportsIn(stage.demo.bundle(epoch), nameOf(keypair));
  const results = await submit(stage.demo.url, wires);
  return wires.map((wire, place) => ({ attestation: wire.toString('base64'), receipt: results[place].receipt }));
}

/** The device's page, with a hand on its card of receipts. */
async function open() {
  const { page, end } = await visit(`/devices/${device}`);
  const card = page.getByRole('region', { name: 'Check a receipt' });
  const check = async (text) => {
    await card.getByLabel('The receipt, as the device keeps it').fill(typeof text === 'string' ? text : JSON.stringify(text));
    await card.getByRole('button', { name: 'Check', exact: true }).click();
  };
  return { page, card, check, end };
}

test('receipt of a report that counts is checked in the browser down to the chain', async () => {
  const { page, card, check, end } = await open();
  const [first] = await receiptsOf(turbine, 6);
  await check(first);
  await card.getByText('is in the epoch’s bundle, and counts with').waitFor();
  assert.equal(await card.locator('.checks .good').count(), 3, await card.innerText());
  assert.equal(await card.locator('.checks .bad').count(), 0);
  await shot(page, 'receipt-counts');
  // The receipt alone, without the report, says the same; of an older epoch the chain no longer keeps the hash.
  await check((await receiptsOf(turbine, 0))[0].receipt);
  await card.getByText('this one is older').waitFor();
  await card.getByText('counts with').waitFor();
  assert.equal(await card.locator('.checks .good').count(), 2);
  await end();
});

test('receipt of a refused report says why it was refused', async () => {
  const { page, card, check, end } = await open();
  const all = await receiptsOf(turbine, 1);
  await check(all.map((one) => JSON.stringify(one)).join('\n'));
  await card.getByText(`${all.length} receipts:`).waitFor();
  await says(card, 'the meter ran backwards');
  assert.equal(await card.locator('.note').count(), 1, 'of many only those that need an eye are shown');
  await shot(page, 'receipt-refused');
  await end();
});

test('file of receipts is read as the agent writes it', async () => {
  const { page, card, end } = await open();
  const all = await receiptsOf(turbine, 6);
  const buffer = Buffer.from(all.map((one) => `${JSON.stringify(one)}\n`).join(''));
  await page.getByLabel('Or a file of receipts').setInputFiles({ name: 'epoch-00000006.jsonl', mimeType: 'application/json', buffer });
  await card.getByText(`${all.length} receipts:`).waitFor();
  await says(card, `${all.length} counted.`);
  await end();
});

test('receipt of a report whose epoch is not closed is to be kept', async () => {
  const { card, check, end } = await open();
  const { network, genesis_unix, epoch_seconds } = await (await fetch(`${stage.demo.url}/v1/network`)).json();
  const wire = attest(turbine, { network, sequence: 5_000_000, startUnix: genesis_unix + 7 * epoch_seconds, counter: 1 });
  const [answer] = await submit(stage.demo.url, [wire]);
  assert.equal(answer.status, 'accepted', JSON.stringify(answer));
  await check(answer);
  await card.getByText('Epoch 7 is not closed yet').waitFor();
  await says(card, 'The oracle lists the report below');
  await end();
});

test('receipts that prove nothing are each told apart in words', async () => {
  const { page, card, check, end } = await open();
  const [good] = await receiptsOf(turbine, 6);
  const [other] = await receiptsOf(demoKey('R80721'), 6);
  const { receipt } = good;
  const stranger = receiptBy(newKeypair(), { ...receipt, position: receipt.position });
  for (const [text, words] of [
    ['hello', 'This is no receipt'],
    ['{"receipt": {"network": 1}}', 'This is no receipt'],
    [{ ...receipt, path: ['00'] }, 'This is no receipt'],
    [{ results: [] }, 'This is no receipt'],
    [{ receipt, manifest: '{}' }, 'This is evidence, not a receipt'],
    [{ ...receipt, network: device }, 'This receipt is of another network'],
    [{ ...receipt, position: receipt.position + 1 }, 'This receipt was changed, or is not whole'],
    [{ ...receipt, signature: receipt.signature.replace(/^../, (byte) => (byte === '00' ? '01' : '00')) }, 'The oracle has not signed this'],
    [stranger, 'No oracle of this network has signed this'],
    [other, 'This receipt is of another device'],
    [other.receipt, 'This receipt is of another device'],
    [{ ...good, attestation: other.attestation }, 'The report beside the receipt is not the one that it is for'],
  ]) {
    await check(text);
    await card.locator('.problem').getByText(words).waitFor();
  }
  await shot(page, 'receipt-bad');
  await end();
});

test('oracle that left a report out is convicted by its receipt, and the evidence holds for anybody', async () => {
  const { page, card, check, end } = await open();
  const { network } = stage.demo.report;
  await check(receiptBy(stage.demo.oracleKey(), { network, attestation_id: 'ab'.repeat(32), epoch: 6 }));
  await card.getByText('The oracle broke its word').waitFor();
  await shot(page, 'receipt-missing');
  const saving = page.waitForEvent('download');
  await card.getByRole('link', { name: 'save the evidence' }).click();
  const file = join(SHOTS, 'evidence.json');
  await (await saving).saveAs(file);
  const { status, stdout, stderr } = spawnSync(join(TARGET, 'debug/trellis'), ['receipt', 'verify', file, '--bundle', stage.demo.bundle(6)], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /signed by the same oracle[^]*CONFIRMED/);
  await end();
});

/** Makes the oracle answer with `change` of what it would answer. */
const lie = (page, path, change) =>
  page.route(path, async (route) => {
    const text = await (await route.fetch()).text();
    await route.fulfill({ body: change(text), contentType: 'application/json' });
  });

test('oracle that serves another bundle than it names is found out', async () => {
  const { page, card, check, end } = await open();
  const [{ receipt }] = await receiptsOf(turbine, 6);
  await lie(page, '**/manifest.json', (text) => text.replace('"epoch"', ' "epoch"'));
  await check(receipt);
  await says(card, 'The oracle serves another bundle than the one that it names');
  await page.unrouteAll();
  // The bundle of another epoch, under its own hash.
  const { bundle_hash } = await (await fetch(`${stage.demo.url}/v1/epochs/5`)).json();
  await lie(page, '**/v1/epochs/6', (text) => JSON.stringify({ ...JSON.parse(text), bundle_hash }));
  await check({ receipt });
  await card.locator('.problem').getByText('What exactly').click();
  await says(card, 'it is of epoch 5');
  await end();
});

/** Lets the oracle serve, and name, `change` of epoch 6's manifest. */
async function serve(page, change) {
  const manifest = change(readFileSync(join(stage.demo.bundle(6), 'manifest.json'), 'utf8'));
  const bundle_hash = Buffer.from(blake3(Buffer.from(manifest))).toString('hex');
  await page.route(`**/v1/bundles/${bundle_hash}/*`, async (route) => {
    const name = route.request().url().split('/').at(-1);
    await route.fulfill({ body: name === 'manifest.json' ? manifest : readFileSync(join(stage.demo.bundle(6), name)) });
  });
  await lie(page, '**/v1/epochs/6', (text) => JSON.stringify({ ...JSON.parse(text), bundle_hash }));
}

test('bundle that is too large for a page is left to the command line', async () => {
  const { page, card, check, end } = await open();
  const [{ receipt }] = await receiptsOf(turbine, 6);
  await serve(page, (text) => text.replace(/"bytes": *\d+/g, '"bytes": 70000000'));
  await check(receipt);
  await says(card, 'The epoch’s bundle is too large for a page');
  await says(card, `trellis receipt check FILE --url ${stage.demo.url}`);
  await end();
});

test('oracle that shows its own bundle instead of the one that was voted for, or an old state, is found out by the chain', async () => {
  const { page, card, check, end } = await open();
  const [{ receipt }] = await receiptsOf(turbine, 6);
  await serve(page, (text) => `${text} `);
  await check(receipt);
  await says(card, 'another bundle than the one that the oracles voted for');
  await lie(page, '**/v1/status', (text) => JSON.stringify({ ...JSON.parse(text), next_to_close: 6 }));
  await check({ receipt });
  await says(card, 'This oracle is behind the chain');
  await end();
});

test('receipt is checked as far as it can be while the chain is away', async () => {
  const { page, end } = await visit(`/devices/${device}`, { quiet: true });
  const card = page.getByRole('region', { name: 'Check a receipt' });
  await page.route(`${stage.demo.rpc}/**`, (route) => route.abort());
  const [first] = await receiptsOf(turbine, 6);
  await card.getByLabel('The receipt, as the device keeps it').fill(JSON.stringify(first));
  await card.getByRole('button', { name: 'Check', exact: true }).click();
  await says(card, 'counts with');
  assert.equal(await card.locator('.checks .good').count(), 1);
  assert.equal(await card.locator('.checks .warn').count(), 2, 'what only the oracle tells is no proof');
  await shot(page, 'receipt-chain-away');
  await end();
});
