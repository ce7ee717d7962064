/** A button that sends a transaction, and says what became of it. */
import { useState } from 'preact/hooks';
import { asProblem, type Problem } from '../../api';
import { ProblemBox } from '../../load';
import { Name } from '../../ui/parts';

export function Action({ label, busy, disabled, run, onDone }: { label: string; busy: string; disabled?: boolean; run: () => Promise<string>; onDone: () => void }) {
  const [state, setState] = useState<{ busy?: boolean; problem?: Problem; signature?: string }>({});
  const click = async () => {
    setState({ busy: true });
    try {
      setState({ signature: await run() });
      onDone();
    } catch (error) {
      setState({ problem: asProblem(error) });
    }
  };
  return (
    <>
      <button type="button" disabled={disabled || state.busy} onClick={click}>
        {state.busy ? busy : label}
      </button>
      <div aria-live="polite">
        {state.problem && <ProblemBox problem={state.problem} />}
        {state.signature && (
          <p class="done">
            Done. Transaction <Name of={state.signature} ends={8} />
          </p>
        )}
      </div>
    </>
  );
}
