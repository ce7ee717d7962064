/** The oracle's relay, where it pays for registrations of owners whom the network's founder invited. */
import { address, getBase64EncodedWireTransaction, type Instruction } from '@solana/kit';
import { asProblem, post, Problem, type Network } from '../api';
import type { Connected } from '../wallet/wallets';
import { signed } from './send';

export interface Sponsor {
  /** The relay's key. */
  payer: string;
  invitation: string;
}

/** What to do when the relay does not pay. */
const NEXT: Record<string, { title: string; next: string }> = {
  not_invited: { title: 'The invitation does not pay for this.', next: 'Check the code, or ask the network’s founder for another. You can register with SOL of your own.' },
  relay_budget: { title: 'The relay has spent what it may spend today.', next: 'Try again tomorrow, or register with SOL of your own.' },
  relay_empty: { title: 'The relay has no SOL left.', next: 'Tell whoever runs this oracle, or register with SOL of your own.' },
  unconfirmed: { title: 'It was sent, and is not confirmed yet.', next: 'Try again in a minute: it is registered once.' },
};

/** Has all wallets sign, and the relay pay and send. Gives the signature once the chain has confirmed it. */
export async function sendSponsored(facts: Network, sponsor: Sponsor, instructions: Instruction[], wallets: Connected[]): Promise<string> {
  const { transaction } = await signed(facts, address(sponsor.payer), instructions, wallets);
  try {
    const body = { transaction: getBase64EncodedWireTransaction(transaction), invitation: sponsor.invitation };
    return (await post<{ signature: string }>('/v1/relay/transaction', body)).signature;
  } catch (error) {
    const { title, next, detail, code } = asProblem(error);
    const words = NEXT[code] ?? { title, next };
    throw new Problem(words.title, words.next, detail, code);
  }
}
