/** A transaction: built, tried, signed by the wallet, sent, and waited for. */
import {
  address,
  appendTransactionMessageInstructions,
  compileTransaction,
  createTransactionMessage,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  getTransactionDecoder,
  getTransactionEncoder,
  pipe,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
  type Address,
  type Base64EncodedWireTransaction,
  type Instruction,
  type Signature,
} from '@solana/kit';
import { Problem, type Network } from '../api';
import { signTransaction, type Connected } from '../wallet/wallets';
import { asked, chainOf, clusterOf, type Chain } from './client';
import { refusal } from './refusal';

const POLL_MS = 400;

/**
 * Sends `instructions`; the connected wallet pays the fee. `others` are wallets that must sign too. Gives the signature once
 * the chain has confirmed it.
 */
export async function send(facts: Network, connected: Connected, instructions: Instruction[], others: Connected[] = []): Promise<Signature> {
  const chain = chainOf(facts);
  const { transaction, lastValidBlockHeight } = await signed(facts, address(connected.account.address), instructions, [connected, ...others]);
  const wire = getBase64EncodedWireTransaction(transaction);
  await asked(chain.sendTransaction(wire, { encoding: 'base64', preflightCommitment: 'confirmed', skipPreflight: true }).send());
  return confirmed(chain, getSignatureFromTransaction(transaction), lastValidBlockHeight, instructions);
}

/** A transaction that was tried out, with the signatures of `wallets`: all but the payer's, if that is none of them. */
export async function signed(facts: Network, payer: Address, instructions: Instruction[], wallets: Connected[]) {
  const chain = chainOf(facts);
  const cluster = await clusterOf(facts);
  const { value: blockhash } = await asked(chain.getLatestBlockhash({ commitment: 'confirmed' }).send());
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (message) => setTransactionMessageFeePayer(payer, message),
    (message) => setTransactionMessageLifetimeUsingBlockhash(blockhash, message),
    (message) => appendTransactionMessageInstructions(instructions, message),
  );
  const unsigned = compileTransaction(message);
  await tryOut(chain, getBase64EncodedWireTransaction(unsigned), instructions);
  let bytes = new Uint8Array(getTransactionEncoder().encode(unsigned));
  // One after the other: each wallet adds its signature to those before.
  for (const wallet of wallets) bytes = new Uint8Array(await signTransaction(wallet, bytes, cluster));
  return { transaction: getTransactionDecoder().decode(bytes), lastValidBlockHeight: blockhash.lastValidBlockHeight };
}

/** What would fail costs nobody a fee or a click in the wallet. */
async function tryOut(chain: Chain, wire: Base64EncodedWireTransaction, instructions: Instruction[]) {
  const config = { encoding: 'base64', commitment: 'confirmed', sigVerify: false, replaceRecentBlockhash: false } as const;
  const { value } = await asked(chain.simulateTransaction(wire, config).send());
  if (value.err) throw refusal(value.err, { instructions, logs: value.logs ?? [], sent: false });
}

/** Waits until the chain has confirmed it, or can no longer take it. */
async function confirmed(chain: Chain, signature: Signature, lastValidBlockHeight: bigint, instructions: Instruction[]): Promise<Signature> {
  for (;;) {
    const { value } = await asked(chain.getSignatureStatuses([signature]).send());
    const status = value[0];
    if (status?.err) throw refusal(status.err, { instructions, logs: [], sent: true });
    if (status?.confirmationStatus === 'confirmed' || status?.confirmationStatus === 'finalized') return signature;
    const height = await asked(chain.getBlockHeight({ commitment: 'confirmed' }).send());
    if (height > lastValidBlockHeight) {
      throw new Problem('The chain did not take the transaction in time.', 'Nothing was paid. Send it again.', signature, 'expired');
    }
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}
