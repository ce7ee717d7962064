/** What is left to claim, and one click to claim it. */
import { useState } from 'preact/hooks';
import { asProblem, type Network, type Operator, type Problem } from '../../api';
import { tokens } from '../../format';
import { ProblemBox, Show, useLoad } from '../../load';
import { Card, Name } from '../../ui/parts';
import { useWallet } from '../../wallet/wallets';
import { Gasless } from './gasless';

type State = { busy?: boolean; problem?: Problem; done?: { signature: string; amount: bigint } };

export function ClaimCard({ facts, operator }: { facts: Network; operator: Operator }) {
  const { connected } = useWallet();
  const [state, setState] = useState<State>({});
  const claimable = useLoad(
    async () => {
      const { readClaimable } = await import('../../chain/claim');
      return (await readClaimable(facts, String(operator.index))) ?? 'nothing';
    },
    [operator.index, operator.cumulative],
    20_000,
  );
  const claim = async () => {
    if (!connected) return;
    setState({ busy: true });
    try {
      const { claim } = await import('../../chain/claim');
      setState({ done: await claim(facts, connected, String(operator.index)) });
      claimable.again();
    } catch (error) {
      setState({ problem: asProblem(error) });
    }
  };
  const claimed = (done: { signature: string; amount: bigint }) => {
    setState({ done });
    claimable.again();
  };
  return (
    <Card title="To claim">
      <Show of={claimable} what="what can be claimed, from the chain">
        {(claimable) =>
          claimable === 'nothing' ? (
            <p>Nothing yet: no epoch with this operator is final. Epochs become final when their challenge time is over.</p>
          ) : (
            <>
              <p class="amount">
                {tokens(claimable.left, facts.decimals)} <small>tokens</small>
              </p>
              <p class="soft">
                {claimable.left === 0n
                  ? 'All that was earned is claimed. More comes with the next epoch.'
                  : 'They go to the operator’s payout wallet, whoever sends the claim. Waiting loses nothing.'}
              </p>
              {claimable.left > 0n && (
                <>
                  <div class="row">
                    <button type="button" disabled={!connected || state.busy} onClick={claim}>
                      {state.busy ? 'Claiming…' : 'Claim'}
                    </button>
                    {!connected && <span>Connect a wallet first: it pays the fee, a small fraction of a SOL.</span>}
                  </div>
                  <Gasless operator={operator} onDone={claimed} />
                </>
              )}
              <details>
                <summary>On the chain</summary>
                <p>
                  All that was ever earned is a leaf of epoch {claimable.proof.epoch}’s tree: {tokens(claimable.proof.cumulative, facts.decimals, 9)}. Claimed of it:{' '}
                  {tokens(claimable.claimed, facts.decimals, 9)}. The proof was checked in this browser against the root that the chain holds.
                </p>
              </details>
            </>
          )
        }
      </Show>
      <div aria-live="polite">
        {state.problem && <ProblemBox problem={state.problem} />}
        {state.done && (
          <p class="done">
            Claimed {tokens(state.done.amount, facts.decimals)} tokens. Transaction <Name of={state.done.signature} ends={8} />
          </p>
        )}
      </div>
    </Card>
  );
}
