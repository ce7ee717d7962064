/** What an owner says against a suspension or a finding. Only its hash is sent: the words go to whoever runs the network. */
import { useState } from 'preact/hooks';
import { asProblem, Problem } from '../../api';
import { hex } from '../../format';
import { ProblemBox } from '../../load';
import { Copy, Name } from '../../ui/parts';
import { useWallet, type Connected } from '../../wallet/wallets';

export interface Statement {
  text: string;
  /** SHA-256 of its UTF-8. */
  hash: Uint8Array;
}

interface Props {
  id: string;
  label: string;
  /** What is done with the hash. */
  note: string;
  button: string;
  send: (connected: Connected, statement: Statement) => Promise<unknown>;
  onSent: (statement: Statement) => void;
}

export function StatementForm({ id, label, note, button, send, onSent }: Props) {
  const { connected } = useWallet();
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const submit = async () => {
    setProblem(undefined);
    setBusy(true);
    try {
      if (!connected) throw new Problem('No wallet is connected.', 'Connect the wallet that owns this device, then try again.', '', 'no_wallet');
      if (!text.trim()) throw new Problem('The statement is empty.', 'Say in your own words what is wrong.', '', 'empty');
      const statement = { text, hash: new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))) };
      await send(connected, statement);
      onSent(statement);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label for={id}>{label}</label>
      <textarea id={id} required rows={4} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <p class="soft">{note}</p>
      {problem && <ProblemBox problem={problem} />}
      <button type="submit" disabled={busy}>
        {busy ? 'Sending…' : button}
      </button>
    </form>
  );
}

/** What is left to do once the hash is sent: the words themselves are kept nowhere. */
export function SentStatement({ statement }: { statement: Statement }) {
  return (
    <div class="done" role="status">
      <p>
        <strong>Your appeal is kept.</strong> Now send your statement, word for word, to whoever runs the network. It is kept nowhere else: copy it before you leave this page.
      </p>
      <blockquote>{statement.text}</blockquote>
      <p>
        <Copy text={statement.text} label="Copy the statement" shown="Copy the statement" />
      </p>
      <p class="soft">
        Its hash: <Name of={hex(statement.hash)} ends={8} />
      </p>
    </div>
  );
}
