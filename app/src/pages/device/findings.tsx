/** What was found against a device, with evidence, and the owner's word against it. */
import { useState } from 'preact/hooks';
import { asProblem, post, Problem, type Device, type Finding, type Network } from '../../api';
import { capital, count, fromHex, hex, moment, reason, short } from '../../format';
import { Card, Facts, Name, Tag } from '../../ui/parts';
import { base58 } from '../../verify/base58';
import { signMessage, type Connected } from '../../wallet/wallets';
import { SentStatement, StatementForm, type Statement } from './statement';

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
        <strong>{capital(reason(finding.reason))}</strong>, in epoch <a href={`/epochs/${finding.epoch}`}>{count(finding.epoch)}</a>
      </p>
      <p class="soft">{capital(finding.evidence).replace(/[0-9a-f]{64}/g, (hash) => short(hash, 8))}.</p>
      {finding.appeal ? <Appealed appeal={finding.appeal} /> : <AppealForm facts={facts} device={device} finding={finding} />}
      <details>
        <summary>For the record</summary>
        <Facts
          of={[
            ['Finding', <Name of={finding.finding} ends={8} />],
            ...(finding.attestation ? [['Report', <Name of={finding.attestation} ends={8} />] as [string, preact.ComponentChildren]] : []),
            ['Evidence', finding.evidence],
          ]}
        />
      </details>
    </div>
  );
}

function Appealed({ appeal: { received_unix, upheld_by } }: { appeal: NonNullable<Finding['appeal']> }) {
  if (upheld_by === undefined) {
    return (
      <p>
        <Tag kind="warn">appealed</Tag> on {moment(received_unix)}. Whoever runs the network decides about it.
      </p>
    );
  }
  return (
    <p>
      <Tag kind="good">appeal upheld</Tag> Appealed on {moment(received_unix)}. What was withheld comes back with an epoch that closes from now on, by correction {count(upheld_by)}.
    </p>
  );
}

/** What the operator's wallet signs: see `sdk/core/src/appeal.rs`. */
function appealMessage(facts: Network, finding: string, statement: Uint8Array): Uint8Array {
  const domain = new TextEncoder().encode('trellis:appeal:v1\0');
  const parts = [domain, base58(facts.network), base58(facts.vault), fromHex(finding), statement];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function AppealForm({ facts, device, finding }: { facts: Network; device: string; finding: Finding }) {
  const [sent, setSent] = useState<Statement>();
  const send = async (connected: Connected, { hash }: Statement) => {
    const signature = await signMessage(connected, appealMessage(facts, finding.finding, hash));
    const appeal = { epoch: finding.epoch, device, finding: finding.finding, statement: hex(hash), signature: hex(signature) };
    await post('/v1/appeals', appeal).catch((error) => {
      throw inWords(asProblem(error));
    });
  };
  if (sent) return <SentStatement statement={sent} />;
  return (
    <details>
      <summary>Appeal</summary>
      <StatementForm
        id={`statement-${finding.finding}`}
        label="Your statement: why the finding is wrong"
        note="Only its hash is sent here. The wallet that owns the device signs it."
        button="Sign and send"
        send={send}
        onSent={setSent}
      />
    </details>
  );
}

/** Why the oracle does not take an appeal. */
function inWords(problem: Problem): Problem {
  switch (problem.code) {
    case 'bad_signature':
      return new Problem('The finding is about another wallet’s device.', 'Connect the wallet that owned the device in that epoch, then appeal again.', problem.detail, 'wrong_wallet');
    case 'appealed':
      return new Problem('This finding was appealed already.', 'One appeal is kept for a finding. Whoever runs the network decides about it.', problem.detail, problem.code);
    case 'not_found':
      return new Problem('The oracle does not know this finding any more.', 'Load the page again.', problem.detail, problem.code);
    default:
      return problem;
  }
}
