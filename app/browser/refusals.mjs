// What the chain refuses, in words with a next step.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base58, fund, newKeypair } from './demo.mjs';
import { connect, says, settled, shot, stage, visit, visitor } from './stage.mjs';
import { installWallet } from './wallet.mjs';

/** Answers the chain's `method` instead of it. */
const answer = (page, method, body) =>
  page.route(`${stage.demo.rpc}/**`, async (route) => {
    const asked = route.request().postDataJSON();
    if (asked?.method !== method) return route.fallback();
    const { status = 200, ...rest } = body;
    return route.fulfill({ status, json: { jsonrpc: '2.0', id: asked.id, ...rest }, headers: { 'access-control-allow-origin': '*' } });
  });

const simulated = (err, logs = []) => ({ result: { context: { slot: 1 }, value: { err, logs, accounts: null, unitsConsumed: 1, returnData: null } } });

test('what the chain refuses is said in words with a next step, each its own', async () => {
  const { page, end } = await visit('/staking', { wallet: 'Alpha', quiet: true });
  await settled(page);
  await connect(page);
  await page.getByLabel('Tokens', { exact: true }).fill('1');
  const custom = (code) => ({ InstructionError: [0, { Custom: code }] });
  for (const [body, words, next] of [
    [simulated('AccountNotFound'), 'too little SOL', 'Send it a little SOL'],
    [simulated({ InsufficientFundsForRent: { account_index: 0 } }), 'too little SOL', 'Send it a little SOL'],
    [simulated(custom(1), ['Program log: Error: insufficient funds']), 'The wallet holds too few tokens', 'Write a smaller amount'],
    [simulated('BlockhashNotFound'), 'came too late', 'sign within a minute'],
    [simulated(custom(6661)), "Nearly all of this operator's stake was slashed", 'Choose another operator'],
    [simulated(custom(6702)), "The pool's sums do not agree", 'Nothing was sent, and nothing was paid'],
    [simulated('TooManyAccountLocks'), 'The chain refuses this', 'The words below say why'],
    [{ error: { code: -32005, message: 'Node is behind by 42 slots' } }, 'The chain server refuses this', 'Try again in a moment'],
    [{ status: 429 }, 'The chain server has too much to do', 'Try again in a moment'],
    [{ status: 502 }, 'The chain server does not answer', 'try again in a moment'],
  ]) {
    await page.unrouteAll();
    await answer(page, 'simulateTransaction', body);
    await page.getByRole('button', { name: 'Stake', exact: true }).click();
    const problem = page.getByRole('region', { name: 'Stake' }).locator('.problem');
    await says(problem, words);
    await says(problem, next);
  }
  await page.unrouteAll();
  await answer(page, 'sendTransaction', { error: { code: -32003, message: 'Transaction signature verification failure' } });
  await page.getByRole('button', { name: 'Stake', exact: true }).click();
  await says(page, 'A signature of the transaction is not right');
  await end();
});

test('wallet with too few tokens, or none, is told so by the chain itself', async () => {
  const rich = await visit('/staking', { wallet: 'Alpha' });
  await settled(rich.page);
  await connect(rich.page);
  await rich.page.getByLabel('Tokens', { exact: true }).fill('90,000,000');
  await rich.page.getByRole('button', { name: 'Stake', exact: true }).click();
  await says(rich.page, 'The wallet holds too few tokens');
  await shot(rich.page, 'too-few-tokens');
  await rich.end();

  const keypair = newKeypair();
  await fund(stage.demo.rpc, base58(keypair.slice(32)));
  const { page, context, wrong } = await visitor({});
  await installWallet(context, keypair);
  await page.goto(`${stage.demo.url}/staking`);
  await settled(page);
  await connect(page);
  await page.getByLabel('Tokens', { exact: true }).fill('1');
  await page.getByRole('button', { name: 'Stake', exact: true }).click();
  await says(page, 'The wallet holds no tokens of this network');
  await says(page, 'Claim what your devices have earned');
  await page.getByRole('link', { name: 'My devices' }).click();
  await says(page, 'This wallet owns no device here yet');
  await shot(page, 'no-devices');
  await context.close();
  assert.equal(wrong.filter((words) => !words.includes('404')).length, 0);
});

test('operators, devices and epochs that are not there are each told apart', async () => {
  const { page, end } = await visit('/', { quiet: true });
  for (const [path, words] of [
    ['/operators/99', 'This wallet owns no device here'],
    ['/operators/nobody!', 'This wallet owns no device here'],
    [`/devices/${base58(newKeypair().slice(32))}`, 'The network has no such device'],
    ['/devices/hello', 'The network has no such device'],
  ]) {
    await page.goto(stage.demo.url + path);
    await says(page, words);
  }
  await page.goto(`${stage.demo.url}/epochs/6`);
  await page.getByLabel('Operator (number or wallet)').fill('99');
  await page.getByRole('button', { name: 'Check this operator’s proof' }).click();
  await says(page, 'This operator was not in the epoch');
  await end();
});
