/** What the connected wallet has staked. */
import { useState } from 'preact/hooks';
import { Problem, type Network } from '../../api';
import type { Stake, Staking } from '../../chain/staking';
import { count, parseTokens, tokens } from '../../format';
import { Card, Countdown } from '../../ui/parts';
import type { Connected } from '../../wallet/wallets';
import { Action } from './action';

interface Props {
  facts: Network;
  connected: Connected;
  staking: Staking;
  now?: number;
  onChange: () => void;
}

export function HeldCard(props: Props) {
  const held = props.staking.stakes.filter((stake) => stake.held);
  return (
    <Card title="Your stake">
      {held.length === 0 ? <p class="soft">This wallet has nothing staked with these operators.</p> : held.map((stake) => <One key={stake.address} {...props} stake={stake} />)}
    </Card>
  );
}

function One({ facts, connected, staking, now, onChange, stake }: Props & { stake: Stake }) {
  const [amount, setAmount] = useState('');
  const { held, operator } = stake;
  if (!held) return null;
  const chain = () => import('../../chain/staking');
  const leave = async () => {
    const wanted = parseTokens(amount, facts.decimals);
    if (!wanted || wanted > held.worth) {
      throw new Problem('This cannot be taken out.', `Write a number above zero, and at most ${tokens(held.worth, facts.decimals, facts.decimals)}.`, amount);
    }
    return (await chain()).unstake(facts, connected, staking, stake, wanted);
  };
  const field = `leave-${operator.index}`;
  return (
    <div>
      <p>
        <strong>{tokens(held.worth, facts.decimals, facts.decimals)}</strong> tokens with operator <a href={`/operators/${operator.index}`}>{count(operator.index)}</a>; claimed so far:{' '}
        {tokens(held.data.claimedTotal, facts.decimals)}
      </p>
      <div class="row">
        <Action label="Claim what it earned" busy="Claiming…" run={async () => (await chain()).claimRewards(facts, connected, staking, stake)} onDone={onChange} />
      </div>
      <label for={field}>Take out</label>
      <div class="row">
        <input id={field} inputmode="decimal" autocomplete="off" value={amount} onInput={(event) => setAmount(event.currentTarget.value)} />
        <Action label="Take out" busy="Asking…" run={leave} onDone={onChange} />
      </div>
      {held.tickets.map((ticket) => (
        <p key={ticket.address}>
          Some of it leaves <Countdown to={ticket.releaseUnix} now={now} />{' '}
          {ticket.moves ? (
            'for another operator.'
          ) : (
            <Action
              label="Withdraw"
              busy="Withdrawing…"
              disabled={now !== undefined && now < ticket.releaseUnix}
              run={async () => (await chain()).withdraw(facts, connected, staking, stake, ticket)}
              onDone={onChange}
            />
          )}
        </p>
      ))}
    </div>
  );
}
