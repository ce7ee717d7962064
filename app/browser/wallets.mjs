// Claims, stakes and registrations with a wallet of the wallet standard, on the real chain.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base58 } from './demo.mjs';
import { deviceCode } from './device.mjs';
import { connect, deviceKey, says, settled, shot, stage, until, visit } from './stage.mjs';

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

test('device of a maker cannot be added without the maker, and one that signed for another wallet not at all', async () => {
  const { page, end } = await visit('/register', { wallet: 'Bravo' });
  const bravo = base58(stage.demo.wallet('Bravo').slice(32));
  const alpha = base58(stage.demo.wallet('Alpha').slice(32));
  const network = stage.demo.report.network;
  const key = base58(crypto.getRandomValues(new Uint8Array(32)));
  const signature = base58(crypto.getRandomValues(new Uint8Array(64)));
  const code = (wallet) => `trellis:register?network=${network}&device=${key}&class=0&operator=${wallet}&valid_until=4000000000&proof=${signature}`;
  await page.getByLabel('Or the code as text').fill(`trellis:register?network=${network}&device=${key}&class=0`);
  await says(page, 'not yet: run the command above');
  await connect(page);
  await page.getByLabel('Or the code as text').fill(code(alpha));
  await page.getByRole('button', { name: 'Register this device' }).click();
  await says(page, 'The device has signed for another wallet');
  await page.getByLabel('Or the code as text').fill(code(bravo));
  await page.getByRole('button', { name: 'Register this device' }).click();
  await says(page, 'registered by its maker');
  await shot(page, 'register-maker');
  await end();
});

test('device that signed for the wallet is added by its code, and no second time', async () => {
  const wallet = base58(stage.demo.wallet('Bravo').slice(32));
  const code = await deviceCode(stage.demo, { wallet, classIndex: 1 });
  // As the phone's camera opens it.
  const { page, end } = await visit(`/register?${code.query}`, { wallet: 'Bravo' });
  await says(page, `for wallet ${wallet.slice(0, 4)}`);
  await connect(page);
  await page.getByRole('button', { name: 'Register this device' }).click();
  await says(page, 'It is registered');
  await shot(page, 'registered');
  await page.getByRole('button', { name: 'Register this device' }).click();
  await page.locator('.problem').waitFor();
  // The oracle hears of it from the chain.
  await until(async () => (await (await fetch(`${stage.demo.url}/v1/devices/${code.device}`)).json()).registered);
  await page.goto(`${stage.demo.url}/devices/${code.device}`);
  await says(page, 'active');
  await says(page, 'operator 1');
  await end();
});

test('code of another network’s device is refused with words', async () => {
  const { page, end } = await visit('/register');
  const device = await deviceKey();
  await page.getByLabel('Or the code as text').fill('hello');
  await says(page, 'This is no device’s code');
  await page.getByLabel('Or the code as text').fill(`trellis:register?network=${device}&device=${device}&class=0`);
  await says(page, 'set up for another network');
  await shot(page, 'register-wrong-network');
  await end();
});
