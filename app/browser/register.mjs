// Devices are registered by the code that they show: as text, or as the address that a phone's camera opens.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base58, demoKey, fund, INVITATION, newKeypair } from './demo.mjs';
import { deviceCode } from './device.mjs';
import { connect, deviceKey, says, settled, shot, stage, until, visit } from './stage.mjs';
import { installWallet } from './wallet.mjs';

const addressOf = (keypair) => base58(keypair.slice(32));
const registered = async (device) => (await (await fetch(`${stage.demo.url}/v1/devices/${device}`)).json()).registered;
const register = (page) => page.getByRole('button', { name: 'Register this device' }).click();

test('device that has not signed, or has signed for another wallet, is not added', async () => {
  const { page, end } = await visit('/register', { wallet: 'Bravo' });
  const { query } = await deviceCode(stage.demo, { wallet: addressOf(stage.demo.wallet('Alpha')), classIndex: 1 });
  const code = page.getByLabel('Or the code as text');
  await code.fill(`trellis:register?${query.replace(/&operator.*/, '')}`);
  await says(page, 'not yet: run the command above');
  await connect(page);
  assert.ok(await page.getByRole('button', { name: 'Register this device' }).isDisabled());
  await code.fill(`trellis:register?${query}`);
  await register(page);
  await says(page, 'The device has signed for another wallet');
  await end();
});

test('device of a maker is added with both wallets, and says what is missing without the maker’s', async () => {
  const maker = demoKey('maker');
  const wallet = addressOf(stage.demo.wallet('Bravo'));
  const code = await deviceCode(stage.demo, { wallet, classIndex: 0 });
  const { page, context, end } = await visit('/register', { wallet: 'Bravo' });
  await installWallet(context, maker, { name: 'Maker wallet' });
  await page.reload();
  await connect(page);
  await page.getByLabel('Or the code as text').fill(`trellis:register?${code.query}`);
  await says(page, 'The maker must sign too');
  assert.ok(await page.getByRole('button', { name: 'Register this device' }).isDisabled());
  await page.getByText('The maker’s key is not in this browser').click();
  await says(page, `trellis device register 'trellis:register?${code.query}'`);
  await page.getByRole('button', { name: 'Maker’s wallet: Test wallet' }).click();
  await says(page, 'This wallet does not hold that account');
  await shot(page, 'register-maker');
  await page.getByRole('button', { name: 'Maker’s wallet: Maker wallet' }).click();
  await says(page, 'The maker’s wallet is here');
  await register(page);
  await says(page, 'It is registered');
  await until(() => registered(code.device));
  await end();
});

test('maker adds a device of its own with one signature', async () => {
  const maker = demoKey('maker');
  await fund(stage.demo.rpc, addressOf(maker));
  const code = await deviceCode(stage.demo, { wallet: addressOf(maker), classIndex: 0 });
  const { page, context, end } = await visit('/');
  await installWallet(context, maker);
  await page.goto(`${stage.demo.url}/register?${code.query}`);
  await connect(page);
  await register(page);
  await says(page, 'It is registered');
  await end();
});

test('device that signed for the wallet is added by its code, and no second time', async () => {
  const wallet = addressOf(stage.demo.wallet('Bravo'));
  const code = await deviceCode(stage.demo, { wallet, classIndex: 1 });
  // As the phone's camera opens it.
  const { page, end } = await visit(`/register?${code.query}`, { wallet: 'Bravo' });
  await says(page, `for wallet ${wallet.slice(0, 4)}`);
  await connect(page);
  await register(page);
  await says(page, 'It is registered');
  await shot(page, 'registered');
  await page.reload();
  await connect(page);
  await register(page);
  await says(page, 'This device is registered to you already');
  // The oracle hears of it from the chain.
  await until(() => registered(code.device));
  await page.goto(`${stage.demo.url}/devices/${code.device}`);
  await says(page, 'active');
  await says(page, 'operator 1');
  await end();
});

test('device of somebody else, a code that is damaged, too old or of no class, are each told apart', async () => {
  const wallet = addressOf(stage.demo.wallet('Bravo'));
  const { page, end } = await visit('/register', { wallet: 'Bravo' });
  await connect(page);
  const { query } = await deviceCode(stage.demo, { wallet, classIndex: 1 });
  const old = await deviceCode(stage.demo, { wallet, classIndex: 1, validSeconds: -60 });
  const foreign = new URLSearchParams(query);
  foreign.set('device', addressOf(demoKey('R80711')));
  const damaged = new URLSearchParams(query);
  damaged.set('proof', base58(crypto.getRandomValues(new Uint8Array(64))));
  for (const [code, words, next] of [
    [foreign, 'This device is registered to somebody else', 'operator 0'],
    [damaged, 'The code is not signed by the device', 'Scan the device’s code again'],
    [old.query, 'The proof\'s time is over', 'Let the device show a new code'],
  ]) {
    await page.getByLabel('Or the code as text').fill(`trellis:register?${code}`);
    await register(page);
    await says(page.locator('.problem'), words);
    await says(page.locator('.problem'), next);
  }
  await shot(page, 'register-refused');
  await page.getByLabel('Or the code as text').fill(`trellis:register?${query.replace('class=1', 'class=9')}`);
  await says(page, 'The network has no such class of devices');
  await end();
});

test('owner without SOL adds a device by an invitation, which is for one wallet', async () => {
  const [owner, other] = [newKeypair(), newKeypair()];
  const code = await deviceCode(stage.demo, { wallet: addressOf(owner), classIndex: 1 });
  // The browser notes each refusal of the relay on its console.
  const { page, context, end } = await visit('/', { quiet: true });
  await installWallet(context, owner);
  await page.goto(`${stage.demo.url}/register?${code.query}`);
  await connect(page);
  await register(page);
  await says(page.locator('.problem'), 'SOL');
  await page.getByText('I have an invitation, and no SOL').click();
  const invitation = page.getByLabel('Invitation code');
  await invitation.fill('welcome-to-another-farm');
  await register(page);
  await says(page.locator('.problem'), 'The invitation does not pay for this');
  await shot(page, 'register-invitation');
  await invitation.fill(INVITATION);
  await register(page);
  await says(page, 'It is registered');
  await until(() => registered(code.device));
  await end();

  const second = await deviceCode(stage.demo, { wallet: addressOf(other), classIndex: 1 });
  const next = await visit('/', { quiet: true });
  await installWallet(next.context, other);
  await next.page.goto(`${stage.demo.url}/register?${second.query}`);
  await connect(next.page);
  await next.page.getByText('I have an invitation, and no SOL').click();
  await next.page.getByLabel('Invitation code').fill(INVITATION);
  await register(next.page);
  await says(next.page.locator('.problem'), 'The invitation does not pay for this');
  await next.end();
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
