/** What was found against a device, with evidence, and the owner's word against it. */
import { useState } from 'preact/hooks';
import { asProblem, post, Problem, type Device, type Finding, type Network } from '../../api';
import { count, fromHex, hex, moment, reason } from '../../format';
import { ProblemBox } from '../../load';
import { Card, Facts, Name, Tag } from '../../ui/parts';
import { base58 } from '../../verify/base58';
import { signMessage, useWallet } from '../../wallet/wallets';

export function Findings({ facts, device }: { facts: Network; device: Device }) {
  return (
    <Card title="Findings">
      {device.findings.length === 0 ? (
        <p class="soft">
          {device.to_epoch > device.from_epoch ? `Nothing was found against it in epochs ${count(device.from_epoch)} to ${count(device.to_epoch - 1)}.` : 'No epoch is closed yet.'}
        </p>
      ) : (
        device.findings.map((finding) => <FindingBox key={finding.finding} facts={facts} device={device.device} finding={finding} />)
      )}
    </Card>
  );
}

function FindingBox({ facts, device, finding }: { facts: Network; device: string; finding: Finding }) {
  return (
    <div class="note">
      <p>
        <strong>{reason(finding.reason)}</strong> in epoch <a href={`/epochs/${finding.epoch}`}>{count(finding.epoch)}</a>. {finding.evidence}
      </p>
      {finding.appeal ? (
        <p>
          {finding.appeal.upheld_by === undefined ? <Tag kind="warn">appealed</Tag> : <Tag kind="good">appeal upheld</Tag>} on {moment(finding.appeal.received_unix)}
        </p>
      ) : (
        <AppealForm facts={facts} device={device} finding={finding} />
      )}
      <details>
        <summary>For the record</summary>
        <Facts of={[['Finding', <Name of={finding.finding} ends={8} />], ...(finding.attestation ? [['Report', <Name of={finding.attestation} ends={8} />] as [string, preact.ComponentChildren]] : [])]} />
      </details>
    </div>
  );
}

/** What the operator's wallet signs: see `sdk/core/src/appeal.rs`. */
function appealMessage(facts: Network, finding: string, statement: Uint8Array): Uint8Array {
  const domain = new TextEncoder().encode('trellis:appeal:v1\0');
  const parts = [domain, base58(facts.network), base58(facts.vault), fromHex(finding), statement];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function AppealForm({ facts, device, finding }: { facts: Network; device: string; finding: Finding }) {
  const { connected } = useWallet();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const [sent, setSent] = useState<string>();
  const appeal = async () => {
    setProblem(undefined);
    try {
      if (!connected) throw new Problem('No wallet is connected.', 'Connect the wallet that owns this device, then try again.');
      const statement = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
      const signature = await signMessage(connected, appealMessage(facts, finding.finding, statement));
      await post('/v1/appeals', { epoch: finding.epoch, device, finding: finding.finding, statement: hex(statement), signature: hex(signature) });
      setSent(hex(statement));
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  if (sent) {
    return (
      <p class="done">
        Your appeal is kept. Now send your statement, word for word, to whoever runs the network: its hash is <Name of={sent} ends={8} />.
      </p>
    );
  }
  return (
    <details>
      <summary>Appeal</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void appeal();
        }}
      >
        <label for={`statement-${finding.finding}`}>Your statement: why the finding is wrong</label>
        <textarea id={`statement-${finding.finding}`} required rows={4} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <p class="soft">Only its hash is sent here. The wallet that owns the device signs it.</p>
        {problem && <ProblemBox problem={problem} />}
        <button type="submit">Sign and send</button>
      </form>
    </details>
  );
}
