/** "Do not trust, check": one proof, and the whole root, worked out in this browser. */
import { useState } from 'preact/hooks';
import { asProblem, type Epoch, type Network, type Problem } from '../../api';
import { ProblemBox } from '../../load';
import { Checks } from '../../ui/checks';
import { Card } from '../../ui/parts';
import type { Checked } from '../../verify/report';
import { useWallet } from '../../wallet/wallets';

type State = { busy?: string; checked?: Checked[]; problem?: Problem };

export function Verify({ facts, epoch }: { facts: Network; epoch: Epoch }) {
  const wallet = useWallet().connected?.account.address;
  const [typed, setTyped] = useState<string>();
  const operator = typed ?? wallet ?? '0';
  const [state, setState] = useState<State>({});
  const run = async (busy: string, check: () => Promise<Checked[]>) => {
    setState({ busy });
    try {
      setState({ checked: await check() });
    } catch (error) {
      setState({ problem: asProblem(error) });
    }
  };
  const proof = () =>
    run('Checking the proof…', async () => (await import('../../verify/proof')).checkProof(facts, epoch, operator.trim()));
  const root = () => run('Fetching the leaves and working out the root…', async () => (await import('../../verify/bundle')).checkRoot(facts, epoch));
  return (
    <Card title="Check it yourself">
      <p>Your browser does the arithmetic and compares it with the chain. The oracle is only asked for the numbers.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void proof();
        }}
      >
        <label for="operator">Operator (number or wallet)</label>
        <input id="operator" value={operator} onInput={(event) => setTyped(event.currentTarget.value)} required autocomplete="off" />
        <div class="row">
          <button type="submit" disabled={!!state.busy}>
            Check this operator’s proof
          </button>
          <button type="button" class="plain" disabled={!!state.busy} onClick={root}>
            Work out the whole root
          </button>
        </div>
      </form>
      <div aria-live="polite">
        {state.busy && <p class="waiting">{state.busy}</p>}
        {state.problem && <ProblemBox problem={state.problem} />}
        {state.checked && <Checks facts={facts} of={state.checked} />}
      </div>
    </Card>
  );
}
