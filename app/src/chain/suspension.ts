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

export async function readSuspension(facts: Network, device: string) {
  const at = await addresses.device(facts, await deviceSeed(base58(device)));
  const account = await asked(fetchMaybeDevice(chainOf(facts), at, { commitment: 'confirmed' }));
  if (!account.exists) throw new Problem('The chain has no such device.', 'Load the page again: it may have got a new key.', device);
  const { reasonCode, evidenceHash, suspendedBy, appealedUnix } = account.data;
  return { reasonCode, evidenceHash: hex(evidenceHash), suspendedBy, appealedUnix: Number(appealedUnix) };
}

export async function appealSuspension(facts: Network, connected: Connected, device: string, statement: string) {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(statement)));
  const wallet = address(connected.account.address);
  const appeal = getAppealSuspensionInstruction({
    wallet: createNoopSigner(wallet),
    operator: await addresses.operator(facts, wallet),
    device: await addresses.device(facts, await deviceSeed(base58(device))),
    statementHash: hash,
  });
  return send(facts, connected, [appeal]);
}
