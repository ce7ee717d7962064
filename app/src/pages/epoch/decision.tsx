/** Votes and challenge window of an epoch, read from the chain by this browser. */
import type { Epoch, Network } from '../../api';
import { Show, useLoad } from '../../load';
import { Countdown, Facts, Name, Tag } from '../../ui/parts';

export function Decision({ facts, epoch, now }: { facts: Network; epoch: Epoch; now?: number }) {
  const loaded = useLoad(
    async () => {
      const { readDecision } = await import('../../chain/decision');
      return readDecision(facts, epoch);
    },
    [epoch.epoch, epoch.final, facts.rpc_url],
    15_000,
  );
  return (
    <Show of={loaded} what="the votes from the chain">
      {(decision) => {
        switch (decision.state) {
          case 'final':
            return (
              <p class="done">
                {decision.same ? (
                  <>
                    <Tag kind="good">final</Tag> The chain holds the very root that this oracle tells.
                  </>
                ) : (
                  <>
                    <Tag kind="bad">not the same</Tag> The chain holds another root for this epoch than this oracle tells. Do not trust its numbers.
                  </>
                )}
              </p>
            );
          case 'older':
            return (
              <p>
                <Tag kind="good">final</Tag> The chain keeps the last four roots, and this one is older. Later roots contain all that was earned up to it.
              </p>
            );
          case 'waiting':
            return <p>No oracle has proposed a root for this epoch yet: the epochs before it come first.</p>;
          case 'open':
            return (
              <>
                {decision.proposals.map((proposal) => (
                  <Facts
                    key={proposal.proposer}
                    of={[
                      ['Proposed by', <Name of={proposal.proposer} />],
                      ['Root', proposal.same ? 'the same as this oracle’s' : <Tag kind="bad">another than this oracle’s</Tag>],
                      ['Votes', `${proposal.weight} of ${decision.totalWeight}; ${decision.threshold} are needed`],
                      [
                        'Challenge',
                        proposal.vetoed ? (
                          <Tag kind="bad">vetoed by the guardian</Tag>
                        ) : proposal.challengeEndUnix > 0 ? (
                          <>
                            ends <Countdown to={proposal.challengeEndUnix} now={now} />
                          </>
                        ) : (
                          'begins when there are enough votes'
                        ),
                      ],
                    ]}
                  />
                ))}
              </>
            );
        }
      }}
    </Show>
  );
}
