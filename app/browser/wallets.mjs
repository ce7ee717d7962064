// Claims, stakes and registrations with a wallet of the wallet standard, on the real chain.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, says, settled, shot, stage, visit } from './stage.mjs';

test('claim in one click with a wallet pays the operator once', async () => {
  const { page, end } = await visit('/operators/1', { wallet: 'Bravo' });
  await says(page, 'They go to the operator’s payout wallet');
  await connect(page);
  const left = (await page.locator('.amount').innerText()).split(' ')[0];
  await page.getByRole('button', { name: 'Claim', exact: true }).click();
  await says(page, `Claimed ${left} tokens`);
  await says(page, 'All that was earned is claimed');
  assert.match(await page.locator('.amount').innerText(), /^0 /);
  await shot(page, 'claimed');
  await end();
});

test('wallet on another network is told so before anything is signed', async () => {
  const { page, end } = await visit('/operators/2', { wallet: 'Alpha', chains: ['solana:mainnet'] });
  await connect(page);
  await page.getByRole('button', { name: 'Claim', exact: true }).click();
  await says(page, 'The wallet is on another network');
  await says(page, 'Switch the wallet to localnet');
  await shot(page, 'wrong-network');
  await end();
});

test('wallet without SOL is told so', async () => {
  const { page, end } = await visit('/operators/2', { wallet: 'Charlie' });
  await connect(page);
  await page.getByRole('button', { name: 'Claim', exact: true }).click();
  await says(page, 'too little SOL');
  await shot(page, 'no-sol');
  await end();
});

test('browser without a wallet is told what to do', async () => {
  const { page, end } = await visit('/operators/2');
  await page.getByRole('button', { name: 'Connect wallet' }).click();
  await says(page, 'This browser has no wallet for Solana');
  await shot(page, 'no-wallet');
  await end();
});

test('operator without SOL and without a wallet claims through the relay, once', async () => {
  const { page, end } = await visit('/operators/2');
  await page.getByRole('button', { name: 'Claim without SOL' }).waitFor();
  const left = (await page.locator('.amount').innerText()).split(' ')[0];
  await page.getByRole('button', { name: 'Claim without SOL' }).click();
  await says(page, `Claimed ${left} tokens`);
  await says(page, 'All that was earned is claimed');
  await shot(page, 'gasless');
  const headers = { 'content-type': 'application/json' };
  const again = await fetch(`${stage.demo.url}/v1/relay/claim`, { method: 'POST', headers, body: '{"operators": ["2"]}' });
  assert.equal((await again.json()).results[0].outcome, 'already_claimed');
  await end();
});

test('tokens are staked and asked back with a wallet, and too many are refused with words', async () => {
  // Alpha has claimed every day of the stage.demo.
  const { page, end } = await visit('/staking', { wallet: 'Alpha' });
  await settled(page);
  await connect(page);
  await says(page, 'This wallet has nothing staked');
  const amount = page.getByLabel('Tokens', { exact: true });
  await amount.fill('many');
  await page.getByRole('button', { name: 'Stake', exact: true }).click();
  await says(page, 'This is no amount of tokens');
  await amount.fill('1,000.5');
  await page.getByRole('button', { name: 'Stake', exact: true }).click();
  await says(page, 'tokens with operator');
  assert.match(await page.getByText('tokens with operator').innerText(), /^1,000\.5 tokens/);
  await page.getByLabel('Take out').fill('2000');
  await page.getByRole('button', { name: 'Take out' }).click();
  await says(page, 'This cannot be taken out');
  await page.getByLabel('Take out').fill('400');
  await page.getByRole('button', { name: 'Take out' }).click();
  await says(page, 'Some of it leaves in 13 days');
  await page.getByText(/^600\.5 tokens/).waitFor();
  assert.ok(await page.getByRole('button', { name: 'Withdraw' }).isDisabled(), 'before the cooldown is over');
  await page.getByRole('button', { name: 'Claim what it earned' }).click();
  await says(page, 'There is no reward to claim yet');
  await shot(page, 'staked');
  await end();
});
