// A device is suspended on the real chain; its owner appeals, and others cannot.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { setSuspension } from './authority.mjs';
import { base58, demoKey } from './demo.mjs';
import { connect, says, shot, stage, visit } from './stage.mjs';

const device = base58(demoKey('R80721').slice(32));
const STATEMENT = 'The meter was changed on Monday.\nHere is the bill: 42 €.';

async function appeal(page, statement) {
  await page.getByLabel('Your statement').fill(statement);
  await page.getByRole('button', { name: 'Appeal', exact: true }).click();
}

test('suspended device says why, and its owner alone can appeal, once', async () => {
  await setSuspension(stage.demo, device, 17);
  const stranger = await visit(`/devices/${device}`, { wallet: 'Bravo' });
  await says(stranger.page, 'While it is suspended its work is not paid');
  await appeal(stranger.page, STATEMENT);
  await says(stranger.page, 'No wallet is connected');
  await connect(stranger.page);
  await appeal(stranger.page, ' \n');
  await says(stranger.page, 'The statement is empty');
  await appeal(stranger.page, STATEMENT);
  await says(stranger.page, 'This wallet does not own this device');
  await says(stranger.page, 'operator 0');
  await shot(stranger.page, 'appeal-wrong-wallet');
  await stranger.end();

  const { page, end } = await visit(`/devices/${device}`, { wallet: 'Alpha' });
  await connect(page);
  const facts = page.getByRole('region', { name: 'Suspended' });
  await facts.getByText('Reason code').waitFor();
  assert.match(await facts.innerText(), /Reason code\s+17\s/);
  await appeal(page, STATEMENT);
  await says(page, 'Your appeal is kept');
  await says(page, 'appealed on');
  assert.equal(await page.locator('blockquote').innerText(), STATEMENT, 'the words, which are kept nowhere, are still there to copy');
  const hash = createHash('sha256').update(STATEMENT).digest('hex');
  assert.equal(await page.locator('.done .hash').getAttribute('title'), hash);
  assert.equal(await page.getByLabel('Your statement').count(), 0);
  await shot(page, 'appealed');
  await page.reload();
  await says(page, 'appealed on');
  assert.equal(await page.getByLabel('Your statement').count(), 0, 'one appeal for a suspension');
  await end();
  await setSuspension(stage.demo, device, undefined);
});

test('appeal that comes too late is told so, and the page of a reinstated device says active', async () => {
  await setSuspension(stage.demo, device, 18);
  const { page, end } = await visit(`/devices/${device}`, { wallet: 'Alpha' });
  await connect(page);
  await says(page, 'Your statement');
  await setSuspension(stage.demo, device, undefined);
  await appeal(page, STATEMENT);
  await says(page, 'The device is not suspended');
  await says(page, 'Load the page again');
  await shot(page, 'appeal-too-late');
  await page.reload();
  await says(page, 'active');
  assert.equal(await page.getByRole('region', { name: 'Suspended' }).count(), 0);
  await end();
});
