/** Why a device is suspended, read from the chain, and the owner's appeal there. */
import { useState } from 'preact/hooks';
import type { Network } from '../../api';
import { moment } from '../../format';
import { Show, useLoad } from '../../load';
import { Card, Facts, Name, Tag } from '../../ui/parts';
import { SentStatement, StatementForm, type Statement } from './statement';

export function SuspensionCard({ facts, device }: { facts: Network; device: string }) {
  const [sent, setSent] = useState<Statement>();
  const loaded = useLoad(async () => (await import('../../chain/suspension')).readSuspension(facts, device), [device], 20_000);
  return (
    <Card title="Suspended">
      <p>While it is suspended its work is not paid. Whoever runs the network can lift that.</p>
      <Show of={loaded} what="the suspension from the chain">
        {(suspension) => (
          <>
            <Facts
              of={[
                ['Reason code', String(suspension.reasonCode)],
                ['Evidence (hash)', <Name of={suspension.evidenceHash} ends={8} />],
                ['Suspended by', <Name of={suspension.suspendedBy} />],
                ['Appeal', suspension.appealedUnix > 0 ? <Tag kind="warn">appealed on {moment(suspension.appealedUnix)}</Tag> : 'none'],
              ]}
            />
            {suspension.appealedUnix === 0 && !sent && (
              <StatementForm
                id="statement"
                label="Your statement: why it should be lifted"
                note="Its hash goes to the chain; send the statement itself, word for word, to whoever runs the network."
                button="Appeal"
                send={async (connected, { hash }) => (await import('../../chain/suspension')).appealSuspension(facts, connected, device, hash)}
                onSent={(statement) => {
                  setSent(statement);
                  loaded.again();
                }}
              />
            )}
          </>
        )}
      </Show>
      {sent && <SentStatement statement={sent} />}
    </Card>
  );
}
