/** Final roots, as the vault on the chain holds them. */
import type { Network } from '../api';
import { hex } from '../format';
import type { Vault } from '../generated/rewards';
import { vaultOf } from './client';

export const KEPT_ROOTS = 4n;

/** The final root of `epoch`, while the vault keeps it. */
export function keptRoot(vault: Vault, epoch: number) {
  const root = vault.roots[Number(BigInt(epoch) % KEPT_ROOTS)];
  // An empty place holds epoch 0, which counts only once epoch 0 is final.
  return root && root.epoch === BigInt(epoch) && BigInt(epoch) < vault.nextEpoch ? root : undefined;
}

export async function chainRoot(facts: Network, epoch: number): Promise<string | undefined> {
  const root = keptRoot((await vaultOf(facts)).data, epoch);
  return root && hex(root.root);
}
