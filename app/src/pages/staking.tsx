/** The stake pool: put tokens behind an operator, take them out, claim what they earned. */
import { useState } from 'preact/hooks';
import { get, network, type Status } from '../api';
import { count, span, tokens } from '../format';
import { Show, useLoad } from '../load';
import { Card, Facts, Name, Pager, Table, Tiles, useNow } from '../ui/parts';
import { useWallet } from '../wallet/wallets';
import { StakeForm } from './staking/form';
import { HeldCard } from './staking/held';

const PAGE = 100;

export function StakingPage() {
  const { connected } = useWallet();
  const [from, setFrom] = useState(0);
  const loaded = useLoad(
    async () => {
      const [facts, status, chain] = await Promise.all([network(), get<Status>('/v1/status'), import('../chain/staking')]);
      return { facts, status, staking: await chain.readStaking(facts, connected?.account.address, from) };
    },
    [connected?.account.address, from],
    20_000,
  );
  const now = useNow(loaded.value?.status.now_unix);
  return (
    <>
      <h1>Staking</h1>
      <p class="lead">Whoever puts tokens behind an operator shares in what stakers earn, and in what is taken if the operator cheats.</p>
      <Show of={loaded} what="the stake pool from the chain">
        {({ facts, staking }) => {
          if (!staking) return <Card><p>This network has no stake pool. Nothing has to be staked to own devices or to claim.</p></Card>;
          const { data } = staking.pool;
          return (
            <>
              <Tiles
                of={[
                  ['Staked in all', tokens(data.activeTotal, facts.decimals), 'tokens'],
                  ['To get out', span(data.unstakeCooldownSeconds), 'after you ask'],
                  ['Most taken in an epoch', `${data.maxSlashBpsPerEpoch / 100} %`, 'if the operator cheats'],
                ]}
              />
              {connected && <HeldCard facts={facts} connected={connected} staking={staking} now={now} onChange={loaded.again} />}
              <StakeForm facts={facts} connected={connected} staking={staking} onChange={loaded.again} />
              <Card title="Operators">
                <Table
                  caption="Stakes"
                  columns={['Operator', 'Wallet', 'Staked with it#', 'Ever taken#']}
                  rows={staking.stakes.map(({ operator, data }) => [
                    <a href={`/operators/${operator.index}`}>{count(operator.index)}</a>,
                    <Name of={operator.wallet} href={`/operators/${operator.index}`} />,
                    data ? tokens(data.activeTokens, facts.decimals) : 'nothing',
                    data ? tokens(data.slashedTotal, facts.decimals) : '',
                  ])}
                />
                <Pager
                  label="More operators"
                  back={from > 0 ? () => setFrom(from - PAGE) : undefined}
                  next={from + PAGE < staking.operators ? () => setFrom(from + PAGE) : undefined}
                />
              </Card>
              <details>
                <summary>On the chain</summary>
                <Card>
                  <Facts
                    of={[
                      ['Stake pool', <Name of={staking.pool.address} />],
                      ['May veto', <Name of={data.guardian} />],
                      ['Tiers from', data.tiers.slice(0, data.tierCount).map((tier) => tokens(tier, facts.decimals)).join(', ') || 'none'],
                    ]}
                  />
                </Card>
              </details>
            </>
          );
        }}
      </Show>
    </>
  );
}
