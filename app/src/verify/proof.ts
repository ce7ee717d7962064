/** Does an operator's proof lead to the root, and is that root the chain's? */
import { get, Problem, type Epoch, type Network, type Proof } from '../api';
import { fromHex } from '../format';
import { base58 } from './base58';
import { core } from './core';
import type { Checked } from './report';
import { chainRoot } from '../chain/roots';

const NOT_IN_EPOCH = { title: 'This operator was not in the epoch.', next: 'Name one that was, by its number or its wallet.' };

export async function checkProof(facts: Network, epoch: Epoch, operator: string): Promise<Checked[]> {
  const proof = await get<Proof>(`/v1/operators/${encodeURIComponent(operator)}/proof?epoch=${epoch.epoch}`, NOT_IN_EPOCH);
  const leads = await leadsTo(proof, epoch.root);
  const checked: Checked[] = [
    { what: `Operator ${proof.operator_index} had earned this much in all by the end of epoch ${epoch.epoch}.`, holds: leads, found: { kind: 'tokens', value: proof.cumulative } },
    { what: 'Its proof leads to the epoch’s root.', holds: leads, found: { kind: 'hash', value: epoch.root } },
  ];
  checked.push(await onChain(facts, epoch));
  return checked;
}

/** Does `proof` lead from its own leaf to `root`? By the code that the chain and the oracle use. */
export async function leadsTo(proof: Proof, root: string): Promise<boolean> {
  const { verify } = await core();
  return verify({
    vault: base58(proof.vault),
    operatorIndex: proof.operator_index,
    payoutWallet: base58(proof.payout_wallet),
    cumulative: BigInt(proof.cumulative),
    leafCount: proof.leaf_count,
    root: fromHex(root),
    proof: proof.proof.map(fromHex),
  });
}

/** Whether the chain holds this root; what cannot be looked up there says why. */
export async function onChain(facts: Network, epoch: Epoch): Promise<Checked> {
  try {
    const held = await chainRoot(facts, epoch.epoch);
    if (held === undefined) return { what: 'The chain keeps the last four final roots; this one is not among them, so only the oracle tells it.' };
    return { what: 'The chain holds this root.', holds: held === epoch.root, found: { kind: 'hash', value: held } };
  } catch (error) {
    const words = error instanceof Problem ? error.title : String(error);
    return { what: `The root could not be compared with the chain: ${words}` };
  }
}
