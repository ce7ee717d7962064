/** Claiming without SOL: the oracle's relay sends the claim and pays the fee. */
import { useState } from 'preact/hooks';
import { asProblem, get, post, Problem, type Amount, type Operator } from '../../api';
import { span } from '../../format';
import { ProblemBox, useLoad } from '../../load';

interface Offer {
  claims: boolean;
}
interface Answer {
  results: { outcome: string; amount?: Amount; signature?: string; detail?: string; retry_after_seconds?: number }[];
}

/** What to do about an outcome other than paid. */
const NEXT: Record<string, string> = {
  already_claimed: 'All of it is claimed already. More comes with the next epoch.',
  nothing_earned: 'This operator has earned nothing yet: there is nothing to claim.',
  not_in_epoch: 'This operator came after the last final epoch. Its first earnings can be claimed when the next one is final.',
  unusable_token_account: 'The payout wallet’s token account is frozen, or belongs to another wallet: name another payout wallet, or ask whoever froze it.',
  below_minimum: 'Wait until more has come together, or claim with a wallet.',
  no_token_account: 'Claim once with a wallet: that opens the account which the tokens go to.',
  in_progress: 'Somebody is claiming it right now. Load the page again in a moment.',
  over_quota: 'The relay has paid for this operator often enough today. Try again tomorrow, or claim with a wallet.',
  over_budget: 'The relay has spent what it may spend today. Try again tomorrow, or claim with a wallet.',
  relay_empty: 'The relay has no SOL left. Claim with a wallet, and tell whoever runs this oracle.',
  failed: 'Nothing was paid. Try again in a moment, or claim with a wallet.',
  unconfirmed: 'It was sent, and may still be paid. Load the page again in a minute.',
};

/** Shown only where the oracle has a relay. */
export function Gasless({ operator, onDone }: { operator: Operator; onDone: (done: { signature: string; amount: bigint }) => void }) {
  const offer = useLoad(() => get<Offer>('/v1/relay'), []);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  if (!offer.value?.claims) return null;
  const claim = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { results } = await post<Answer>('/v1/relay/claim', { operators: [String(operator.index)] });
      const [result] = results;
      if (result?.outcome === 'paid' && result.signature) return onDone({ signature: result.signature, amount: BigInt(result.amount ?? 0) });
      const later = result?.retry_after_seconds ? ` It may work in ${span(result.retry_after_seconds)}.` : '';
      const next = `${NEXT[result?.outcome ?? ''] ?? 'Try again in a moment, or claim with a wallet.'}${later}`;
      throw new Problem('The relay did not pay this claim.', next, result?.detail ?? '', result?.outcome ?? '');
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div class="row">
        <button type="button" class="plain" disabled={busy} onClick={claim}>
          {busy ? 'Claiming…' : 'Claim without SOL'}
        </button>
        <span class="soft">The oracle pays the fee. No wallet is needed.</span>
      </div>
      {problem && <ProblemBox problem={problem} />}
    </>
  );
}
