/** Claiming: what is left to claim, checked against the chain, and paid to the operator's payout wallet. */
import { address, type Signature } from '@solana/kit';
import { get, Problem, type Network, type Proof } from '../api';
import { fromHex, hex } from '../format';
import { fetchMaybeClaimPage, getClaimInstruction } from '../generated/rewards';
import { leadsTo } from '../verify/proof';
import type { Connected } from '../wallet/wallets';
import { claimPage, createTokenAccount, OPERATORS_PER_PAGE, tokenAccount } from './addresses';
import { asked, chainOf, vaultOf } from './client';
import { keptRoot } from './roots';
import { send } from './send';

export interface Claimable {
  proof: Proof;
  claimed: bigint;
  left: bigint;
}

/** What the operator can claim now. `undefined`: no root is final yet, or the operator came after the last one. */
export async function readClaimable(facts: Network, operator: string): Promise<Claimable | undefined> {
  let proof: Proof;
  try {
    proof = await get<Proof>(`/v1/operators/${encodeURIComponent(operator)}/proof`);
  } catch (error) {
    if (error instanceof Problem && error.code === 'not_found') return undefined;
    throw error;
  }
  const vault = await vaultOf(facts);
  const kept = keptRoot(vault.data, proof.epoch);
  if (!kept) {
    throw new Problem('The chain does not hold the root that this proof is for.', 'Wait a moment: oracle and chain may be a step apart. Then load the page again.', `epoch ${proof.epoch}`, 'proof_stale');
  }
  if (proof.vault !== facts.vault || !(await leadsTo(proof, hex(kept.root)))) {
    throw new Problem('The oracle’s proof does not lead to the chain’s root.', 'Do not trust this oracle’s numbers; ask another one, or whoever runs the network.', `epoch ${proof.epoch}`, 'bad_proof');
  }
  const page = await asked(fetchMaybeClaimPage(chainOf(facts), await claimPage(facts, proof.operator_index), { commitment: 'confirmed' }));
  // Before anybody on a page has claimed, it need not be there.
  const claimed = page.exists ? (page.data.claimed[proof.operator_index % OPERATORS_PER_PAGE] ?? 0n) : 0n;
  const left = BigInt(proof.cumulative) - claimed;
  return { proof, claimed, left: left > 0n ? left : 0n };
}

/** Claims for the operator; the connected wallet, whoever's it is, pays the fee. */
export async function claim(facts: Network, connected: Connected, operator: string): Promise<{ signature: Signature; amount: bigint }> {
  const claimable = await readClaimable(facts, operator);
  if (!claimable) throw new Problem('There is nothing to claim yet.', 'The first epoch must become final: its page says when.', '', 'not_final');
  const { proof, left } = claimable;
  if (left === 0n) throw new Problem('All of it is claimed already.', 'More comes with the next epoch.', '', 'claimed');
  const payoutTokens = await tokenAccount(proof.payout_wallet, facts.mint, facts.token_program);
  const payer = address(connected.account.address);
  const exists = await asked(chainOf(facts).getAccountInfo(payoutTokens, { encoding: 'base64', commitment: 'confirmed' }).send());
  const vault = await vaultOf(facts);
  const pay = getClaimInstruction({
    vault: vault.address,
    claimPage: await claimPage(facts, proof.operator_index),
    vaultTokens: vault.data.tokenAccount,
    payoutTokens,
    tokenProgram: vault.data.tokenProgram,
    epoch: BigInt(proof.epoch),
    operatorIndex: proof.operator_index,
    cumulative: BigInt(proof.cumulative),
    proof: proof.proof.map(fromHex),
  });
  const open = exists.value ? [] : [await createTokenAccount(payer, proof.payout_wallet, facts.mint, facts.token_program)];
  return { signature: await send(facts, connected, [...open, pay]), amount: left };
}
