/** How far the oracles are with an epoch's root. */
import type { Epoch, Network } from '../api';
import { hex } from '../format';
import { fetchAllMaybeRootProposal, type Vault } from '../generated/rewards';
import { proposal } from './addresses';
import { asked, chainOf, vaultOf } from './client';
import { keptRoot } from './roots';

export type Decision =
  | { state: 'final'; same: boolean }
  | { state: 'older' }
  | { state: 'waiting' }
  | { state: 'open'; totalWeight: number; threshold: number; proposals: Proposed[] };

export interface Proposed {
  proposer: string;
  same: boolean;
  weight: number;
  vetoed: boolean;
  /** 0 until the votes are enough. */
  challengeEndUnix: number;
}

export async function readDecision(facts: Network, epoch: Epoch): Promise<Decision> {
  const vault = (await vaultOf(facts)).data;
  const kept = keptRoot(vault, epoch.epoch);
  if (kept) return { state: 'final', same: hex(kept.root) === epoch.root };
  if (BigInt(epoch.epoch) < vault.nextEpoch) return { state: 'older' };
  if (BigInt(epoch.epoch) > vault.nextEpoch) return { state: 'waiting' };
  const oracles = vault.oracles.slice(0, vault.oracleCount);
  const addresses = await Promise.all(oracles.map((oracle) => proposal(facts, epoch.epoch, oracle)));
  const found = await asked(fetchAllMaybeRootProposal(chainOf(facts), addresses, { commitment: 'confirmed' }));
  const proposals = found.flatMap((account) => {
    if (!account.exists) return [];
    const { data } = account;
    return [
      {
        proposer: data.proposer,
        same: hex(data.root) === epoch.root,
        weight: weightFor(vault, data.proposerPosition),
        vetoed: data.vetoed !== 0,
        challengeEndUnix: Number(data.challengeEndUnix),
      },
    ];
  });
  if (proposals.length === 0) return { state: 'waiting' };
  const totalWeight = vault.weights.slice(0, vault.oracleCount).reduce((sum, weight) => sum + weight, 0);
  return { state: 'open', totalWeight, threshold: vault.threshold, proposals };
}

/** Weight of the ballots for the proposal of the oracle at `position`: a ballot holds that place and one. */
function weightFor(vault: Vault, position: number): number {
  const ballots = Array.from(vault.ballots).slice(0, vault.oracleCount);
  return ballots.reduce((sum, ballot, oracle) => (ballot === position + 1 ? sum + (vault.weights[oracle] ?? 0) : sum), 0);
}
