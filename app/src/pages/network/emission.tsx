/** The token's emission, read from the chain when somebody wants to know. */
import { useState } from 'preact/hooks';
import type { Network } from '../../api';
import { count, tokens } from '../../format';
import { Show, useLoad } from '../../load';
import { Card, Facts } from '../../ui/parts';

export function EmissionDetails({ facts }: { facts: Network }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}>
      <summary>How the token is minted</summary>
      {open && <Emission facts={facts} />}
    </details>
  );
}

function Emission({ facts }: { facts: Network }) {
  const loaded = useLoad(async () => (await import('../../chain/emission')).readEmission(facts), [facts.network], 30_000);
  const amount = (units: bigint) => `${tokens(units, facts.decimals)} tokens`;
  return (
    <Card>
      <Show of={loaded} what="the emission from the chain">
        {(emission) => (
          <Facts
            of={[
              ['Minted so far', `${amount(emission.emitted)}, of at most ${amount(emission.cap)} ever`],
              ['An epoch mints now', amount(emission.periodAmount)],
              ['Later', emission.decayBps === 0 ? 'the same' : `${emission.decayBps / 100} % less every ${count(emission.decayEveryEpochs)} epochs, down to ${amount(emission.tailAmount)}`],
              ['Burned', amount(emission.burned)],
              ['Minted again of what was burned', amount(emission.recycled)],
            ]}
          />
        )}
      </Show>
    </Card>
  );
}
