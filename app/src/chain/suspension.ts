/** A device's suspension, and the appeal of its operator. */
import { address, createNoopSigner } from '@solana/kit';
import { Problem, type Network } from '../api';
import { hex } from '../format';
import { fetchMaybeDevice, getAppealSuspensionInstruction } from '../generated/registry';
import { base58 } from '../verify/base58';
import type { Connected } from '../wallet/wallets';
import * as addresses from './addresses';
import { asked, chainOf } from './client';
import { deviceSeed } from './device-key';
import { send } from './send';

async function deviceOf(facts: Network, device: string) {
  const at = await addresses.device(facts, await deviceSeed(base58(device)));
  const account = await asked(fetchMaybeDevice(chainOf(facts), at, { commitment: 'confirmed' }));
  if (!account.exists) throw new Problem('The chain has no such device.', 'Load the page again: it may have got a new key.', device);
  return account;
}

export async function readSuspension(facts: Network, device: string) {
  const { reasonCode, evidenceHash, suspendedBy, appealedUnix } = (await deviceOf(facts, device)).data;
  return { reasonCode, evidenceHash: hex(evidenceHash), suspendedBy, appealedUnix: Number(appealedUnix) };
}

export async function appealSuspension(facts: Network, connected: Connected, device: string, statementHash: Uint8Array) {
  const wallet = address(connected.account.address);
  const [account, operator] = await Promise.all([deviceOf(facts, device), addresses.operator(facts, wallet)]);
  if (account.data.operator !== operator) {
    throw new Problem('This wallet does not own this device.', `Connect the wallet of its owner, operator ${account.data.operatorIndex}, then appeal again.`, `wallet ${wallet}`, 'wrong_wallet');
  }
  const appeal = getAppealSuspensionInstruction({ wallet: createNoopSigner(wallet), operator, device: account.address, statementHash });
  return send(facts, connected, [appeal]);
}
