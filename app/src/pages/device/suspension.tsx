/** Why a device is suspended, read from the chain, and the owner's appeal there. */
import { useState } from 'preact/hooks';
import { asProblem, Problem, type Network } from '../../api';
import { moment } from '../../format';
import { ProblemBox, Show, useLoad } from '../../load';
import { Card, Facts, Name, Tag } from '../../ui/parts';
import { useWallet } from '../../wallet/wallets';

export function SuspensionCard({ facts, device }: { facts: Network; device: string }) {
  const { connected } = useWallet();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const loaded = useLoad(async () => (await import('../../chain/suspension')).readSuspension(facts, device), [device], 20_000);
  const appeal = async () => {
    setProblem(undefined);
    try {
      if (!connected) throw new Problem('No wallet is connected.', 'Connect the wallet that owns this device, then try again.');
      const { appealSuspension } = await import('../../chain/suspension');
      await appealSuspension(facts, connected, device, text);
      loaded.again();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
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
            {suspension.appealedUnix === 0 && (
              <form
                onSubmit={(event) => {
                  event.preventDefault();
                  void appeal();
                }}
              >
                <label for="statement">Your statement: why it should be lifted</label>
                <textarea id="statement" required rows={4} value={text} onInput={(event) => setText(event.currentTarget.value)} />
                <p class="soft">Its hash goes to the chain; send the statement itself, word for word, to whoever runs the network.</p>
                <button type="submit">Appeal</button>
              </form>
            )}
          </>
        )}
      </Show>
      {problem && <ProblemBox problem={problem} />}
    </Card>
  );
}
