/** "The oracle gave the device a receipt: what is it worth?" Checked in this browser. */
import { useState } from 'preact/hooks';
import { asProblem, Problem, type Network } from '../../api';
import { count, moment, reason } from '../../format';
import { ProblemBox } from '../../load';
import { Checks } from '../../ui/checks';
import { Card, Tag } from '../../ui/parts';
import type { Outcome, Report } from '../../verify/receipt/check';

/** What became of each receipt that was given. */
type Answer = Report | Problem;
type State = { busy?: boolean; problem?: Problem; answers?: Answer[] };

const MAX_FILE_BYTES = 4 << 20;
/** Of many, so many are shown in full. */
const SHOWN = 20;

export function Receipts({ facts, device }: { facts: Network; device: string }) {
  const [text, setText] = useState('');
  const [state, setState] = useState<State>({});
  const check = async (text: string) => {
    setState({ busy: true });
    try {
      const [{ readReceipts }, { ReceiptChecker }] = await Promise.all([import('../../verify/receipt/read'), import('../../verify/receipt/check')]);
      const checker = new ReceiptChecker(facts, device);
      const answers: Answer[] = [];
      for (const held of readReceipts(text)) answers.push(await checker.check(held).catch(asProblem));
      setState({ answers });
    } catch (error) {
      setState({ problem: asProblem(error) });
    }
  };
  const open = async (file: File | undefined) => {
    if (!file) return;
    if (file.size > MAX_FILE_BYTES) return setState({ problem: new Problem('This file is too large.', 'A file of receipts has at most 4 MB.', `${file.name}: ${count(file.size)} bytes`) });
    const text = await file.text();
    setText(text);
    await check(text);
  };
  return (
    <Card title="Check a receipt">
      <p>
        For every report the oracle gives the device a signed receipt: its promise to judge the report. Your browser checks whether a receipt is real, and whether the
        oracle kept its word.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void check(text);
        }}
      >
        <label for="receipt">The receipt, as the device keeps it</label>
        <textarea id="receipt" required rows={4} spellcheck={false} value={text} onInput={(event) => setText(event.currentTarget.value)} aria-describedby="receipt-where" />
        <p class="soft" id="receipt-where">
          <code>trellis agent</code> keeps receipts in its folder under <code>data/receipts</code>, a file for each epoch.
        </p>
        <label for="receipt-file">Or a file of receipts</label>
        <input id="receipt-file" type="file" accept=".json,.jsonl,application/json" onChange={(event) => void open(event.currentTarget.files?.[0])} />
        <div class="row">
          <button type="submit" disabled={state.busy}>
            {state.busy ? 'Checking…' : 'Check'}
          </button>
        </div>
      </form>
      <div aria-live="polite">
        {state.problem && <ProblemBox problem={state.problem} />}
        {state.answers && <Answers facts={facts} answers={state.answers} />}
      </div>
    </Card>
  );
}

function Answers({ facts, answers }: { facts: Network; answers: Answer[] }) {
  if (answers.length === 1) return <>{answers.map((answer) => <One key="one" facts={facts} answer={answer} />)}</>;
  // Of many, those that need an eye.
  const wanting = answers.filter((answer) => answer instanceof Problem || answer.outcome.state === 'missing' || answer.outcome.state === 'refused');
  const states = answers.map((answer) => (answer instanceof Problem ? 'worth nothing' : IN_SHORT[answer.outcome.state]));
  const sums = [...new Set(states)].map((state) => `${count(states.filter((other) => other === state).length)} ${state}`);
  return (
    <>
      <p>
        <strong>{count(answers.length)} receipts:</strong> {sums.join(', ')}.
      </p>
      {wanting.slice(0, SHOWN).map((answer, place) => (
        <One key={place} facts={facts} answer={answer} />
      ))}
      {wanting.length > SHOWN && <p class="soft">And {count(wanting.length - SHOWN)} more like these.</p>}
    </>
  );
}

const IN_SHORT: Record<Outcome['state'], string> = { counted: 'counted', refused: 'refused', waiting: 'waiting for the epoch’s end', missing: 'left out by the oracle' };

function One({ facts, answer }: { facts: Network; answer: Answer }) {
  if (answer instanceof Problem) return <ProblemBox problem={answer} />;
  const { receipt, checked, outcome } = answer;
  return (
    <div class={outcome.state === 'missing' ? 'problem' : outcome.state === 'counted' ? 'done' : 'note'} role={outcome.state === 'missing' ? 'alert' : undefined}>
      <p>
        <Became outcome={outcome} epoch={receipt.epoch} />
      </p>
      <p class="soft">
        The oracle took it in on {moment(receipt.received_unix)}, as number {count(receipt.position)} of its log, for <a href={`/epochs/${receipt.epoch}`}>epoch {count(receipt.epoch)}</a>.
      </p>
      <Checks facts={facts} of={checked} />
    </div>
  );
}

function Became({ outcome, epoch }: { outcome: Outcome; epoch: number }) {
  switch (outcome.state) {
    case 'counted':
      return (
        <>
          <Tag kind="good">counts</Tag> The report for the time from {moment(outcome.intervalStartUnix)} is in the epoch’s bundle, and counts with {count(outcome.wh)} Wh.
        </>
      );
    case 'refused':
      return (
        <>
          <Tag kind="bad">refused</Tag> The report for the time from {moment(outcome.intervalStartUnix)} is in the epoch’s bundle, and was refused: {reason(outcome.reason)}.{' '}
          {outcome.detail && <span class="soft">{outcome.detail}.</span>}
        </>
      );
    case 'waiting':
      return (
        <>
          <Tag kind="warn">waits</Tag> Epoch {count(epoch)} is not closed yet: the oracle judges the report then. Keep the receipt, and check it again.{' '}
          {outcome.listed ? 'The oracle lists the report below.' : 'The oracle does not list it among this device’s newest reports; it may be of another device.'}
        </>
      );
    case 'missing':
      return (
        <>
          <strong>The oracle broke its word: the epoch’s bundle does not hold the report.</strong> Save the evidence, and show it to whoever runs the network:{' '}
          <a href={`data:application/json;base64,${btoa(outcome.evidence)}`} download="evidence.json">
            save the evidence
          </a>
          . Anybody can check it with <code>trellis receipt verify evidence.json --bundle DIR</code>.
        </>
      );
  }
}
