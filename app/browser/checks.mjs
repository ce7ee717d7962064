// What the reader's browser checks, of an oracle that tells the truth and of one that does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { says, shot, stage, visit } from './stage.mjs';

test('epoch is checked in the browser: a proof, and the whole root from the leaves', async () => {
  const { page, end } = await visit('/epochs/6');
  await says(page, 'The chain holds the very root that this oracle tells');
  for (const [button, checks] of [['Check this operator’s proof', 3], ['Work out the whole root', 5]]) {
    await page.getByRole('button', { name: button }).click();
    await page.locator('.checks li').nth(checks - 1).waitFor();
    assert.equal(await page.locator('.checks .good').count(), checks, await page.locator('.checks').innerText());
    await shot(page, `checked-${checks}`);
  }
  await end();
});

test('proof that was tampered with does not hold', async () => {
  const { page, end } = await visit('/epochs/6');
  await page.route('**/proof?epoch=6', async (route) => {
    const answer = await (await route.fetch()).json();
    await route.fulfill({ json: { ...answer, cumulative: String(BigInt(answer.cumulative) + 1n) } });
  });
  await page.getByRole('button', { name: 'Check this operator’s proof' }).click();
  await says(page, 'does not hold');
  assert.equal(await page.locator('.checks .bad').count(), 2);
  await end();
});

test('oracle that lies about a root is found out by the chain', async () => {
  const { page, end } = await visit('/');
  await page.route('**/v1/epochs/6', async (route) => {
    const answer = await (await route.fetch()).json();
    await route.fulfill({ json: { ...answer, root: '00'.repeat(32) } });
  });
  await page.goto(`${stage.demo.url}/epochs/6`);
  await says(page, 'Do not trust its numbers');
  await end();
});
