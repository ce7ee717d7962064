// Claims an operator's rewards with Anchor's own client, and nothing of Trellis but the IDLs: to show that the programs'
// interface is a standard one.
//
// Accounts, instructions, events and errors are read and written as the IDLs say; the oracle's public API tells the addresses
// and the proof. Prints what it read and what the claim paid, as JSON. If the program refuses, prints the error's name in the
// IDL and ends with code 3.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import anchor from '@anchor-lang/core';

const { AnchorProvider, BN, EventParser, Program, Wallet, web3, utils } = anchor;
const REFUSED = 3;

function options() {
  const names = ['idls', 'oracle', 'rpc', 'websocket', 'payer', 'operator'];
  const { values } = parseArgs({ options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) });
  const missing = names.filter((name) => values[name] === undefined);
  if (missing.length > 0) throw new Error(`these options are missing: ${missing.map((name) => `--${name}`).join(', ')}`);
  return values;
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

async function ask(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** The programs by name, each as its IDL describes it. */
function programs(folder, provider) {
  const of = (name) => new Program(readJson(join(folder, `${name}.json`)), provider);
  return Object.fromEntries(['registry', 'token', 'rewards'].map((name) => [name, of(name)]));
}

/** What the accounts hold, for a comparison with what the oracle tells of them. */
async function whatStands({ registry, token }, network) {
  const told = await registry.account.network.fetch(network);
  // Both kinds of account begin with the network's address, after the discriminator.
  const ofNetwork = [{ memcmp: { offset: 8, bytes: network.toBase58() } }];
  const devices = await registry.account.device.all(ofNetwork);
  const [emission] = await token.account.emission.all(ofNetwork);
  return {
    name: Buffer.from(told.name).toString().replaceAll('\0', ''),
    epoch_seconds: told.epochSeconds,
    cells: devices.map(({ account }) => account.cell.toString(16)).sort(),
    emitted: emission.account.emitted.toString(),
  };
}

/** The account that holds the operator's counter, and what it says. The IDL says how many operators share one. */
async function claimPage(rewards, vault, operator) {
  const pages = await rewards.account.claimPage.all([{ memcmp: { offset: 8, bytes: vault.toBase58() } }]);
  const found = pages.find(({ account }) => account.page === Math.floor(operator / account.claimed.length));
  if (!found) throw new Error(`no claim page of operator ${operator} is open`);
  return { address: found.publicKey, claimed: found.account.claimed[operator % found.account.claimed.length] };
}

async function claim(rewards, { proof, accounts }) {
  const argument = {
    epoch: new BN(proof.epoch),
    operatorIndex: proof.operator_index,
    cumulative: new BN(proof.cumulative),
    proof: proof.proof.map((node) => [...Buffer.from(node, 'hex')]),
  };
  return rewards.methods.claim(argument).accountsStrict(accounts).rpc({ commitment: 'confirmed' });
}

/** What the program's IDL says of the error that ended the transaction; anything else is thrown again. */
function refusal(program, error) {
  const failed = new RegExp(`^Program ${program.programId} failed: custom program error: (0x[0-9a-f]+)$`);
  const code = Number(error.logs?.map((line) => failed.exec(line)?.[1]).find(Boolean));
  const described = program.rawIdl.errors.find((one) => one.code === code);
  if (!described) throw error;
  return described;
}

/** The events of the program in the transaction's log. */
async function events(program, signature) {
  const { connection } = program.provider;
  const found = await connection.getTransaction(signature, { commitment: 'confirmed', maxSupportedTransactionVersion: 0 });
  return [...new EventParser(program.programId, program.coder).parseLogs(found.meta.logMessages)];
}

async function main() {
  const { idls, oracle, rpc, websocket, payer, operator } = options();
  const connection = new web3.Connection(rpc, { commitment: 'confirmed', wsEndpoint: websocket });
  const wallet = new Wallet(web3.Keypair.fromSecretKey(Uint8Array.from(readJson(payer))));
  const all = programs(idls, new AnchorProvider(connection, wallet, { commitment: 'confirmed' }));
  const [network, proof] = await Promise.all([ask(`${oracle}/v1/network`), ask(`${oracle}/v1/operators/${operator}/proof`)]);

  const vaultAddress = new web3.PublicKey(proof.vault);
  const vault = await all.rewards.account.vault.fetch(vaultAddress);
  const page = await claimPage(all.rewards, vaultAddress, proof.operator_index);
  const payoutTokens = utils.token.associatedAddress({ mint: vault.mint, owner: new web3.PublicKey(proof.payout_wallet) });
  const accounts = { vault: vaultAddress, claimPage: page.address, vaultTokens: vault.tokenAccount, payoutTokens, tokenProgram: vault.tokenProgram };
  const balance = async () => (await connection.getTokenAccountBalance(payoutTokens, 'confirmed')).value.amount;

  const before = await balance();
  const signature = await claim(all.rewards, { proof, accounts }).catch((error) => {
    const { code, name, msg } = refusal(all.rewards, error);
    console.log(JSON.stringify({ refused: name, code, message: msg }));
    process.exit(REFUSED);
  });
  const [claimed] = await events(all.rewards, signature);
  const root = vault.roots[proof.epoch % vault.roots.length];
  console.log(
    JSON.stringify({
      ...(await whatStands(all, new web3.PublicKey(network.network))),
      root: Buffer.from(root.root).toString('hex'),
      promised: vault.cumulativeTotal.toString(),
      counter_before: page.claimed.toString(),
      counter_after: (await claimPage(all.rewards, vaultAddress, proof.operator_index)).claimed.toString(),
      before,
      after: await balance(),
      event: { name: claimed.name, amount: claimed.data.amount.toString(), payout_wallet: claimed.data.payoutWallet?.toBase58() },
    }),
  );
}

await main();
// Its websocket would keep the process.
process.exit(0);
