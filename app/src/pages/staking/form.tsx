/** Puts tokens behind an operator. */
import { useState } from 'preact/hooks';
import { Problem, type Network } from '../../api';
import type { Staking } from '../../chain/staking';
import { count, parseTokens, short } from '../../format';
import { Card } from '../../ui/parts';
import type { Connected } from '../../wallet/wallets';
import { Action } from './action';

export function StakeForm({ facts, connected, staking, onChange }: { facts: Network; connected?: Connected; staking: Staking; onChange: () => void }) {
  const [operator, setOperator] = useState(String(staking.stakes[0]?.operator.index ?? ''));
  const [amount, setAmount] = useState('');
  const run = async () => {
    const wanted = parseTokens(amount, facts.decimals);
    if (!wanted) throw new Problem('This is no amount of tokens.', `Write a number above zero, with at most ${facts.decimals} decimals.`, amount);
    const stake = staking.stakes.find((stake) => String(stake.operator.index) === operator);
    if (!connected || !stake) throw new Problem('No operator is chosen.', 'Choose one from the list.');
    return (await import('../../chain/staking')).delegate(facts, connected, staking, stake, wanted);
  };
  return (
    <Card title="Stake">
      <label for="stake-operator">Operator</label>
      <select id="stake-operator" value={operator} onChange={(event) => setOperator(event.currentTarget.value)}>
        {staking.stakes.map(({ operator }) => (
          <option key={operator.index} value={String(operator.index)}>
            {count(operator.index)}: {short(operator.wallet)}
          </option>
        ))}
      </select>
      <label for="stake-amount">Tokens</label>
      <input id="stake-amount" inputmode="decimal" autocomplete="off" value={amount} onInput={(event) => setAmount(event.currentTarget.value)} />
      <div class="row">
        <Action label="Stake" busy="Staking…" disabled={!connected} run={run} onDone={onChange} />
        {!connected && <span>Connect a wallet first.</span>}
      </div>
    </Card>
  );
}
