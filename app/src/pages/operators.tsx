/** All operators, page by page. */
import { useState } from 'preact/hooks';
import { get, network, type Operator } from '../api';
import { count, tokens } from '../format';
import { Show, useLoad } from '../load';
import { go } from '../route';
import { Card, Name, Pager, Table } from '../ui/parts';

const PAGE = 100;

export function OperatorsPage() {
  const [from, setFrom] = useState(0);
  const [wanted, setWanted] = useState('');
  const loaded = useLoad(
    async () => {
      const [facts, page] = await Promise.all([network(), get<{ total: number; operators: Operator[] }>(`/v1/operators?from=${from}`)]);
      return { facts, page };
    },
    [from],
    30_000,
  );
  return (
    <>
      <h1>Operators</h1>
      <p class="lead">Who owns devices, and what they have earned.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted.trim()) go(`/operators/${encodeURIComponent(wanted.trim())}`);
        }}
      >
        <label for="wanted">Find by number or wallet</label>
        <div class="row">
          <input id="wanted" value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} autocomplete="off" />
          <button type="submit">Find</button>
        </div>
      </form>
      <Show of={loaded} what="the operators">
        {({ facts, page }) => (
          <Card>
            <p class="soft">{count(page.total)} in all</p>
            <Table
              caption="Operators"
              columns={['Number', 'Wallet', 'Devices#', 'Earned in all#']}
              rows={page.operators.map((operator) => [
                <a href={`/operators/${operator.index}`}>{count(operator.index)}</a>,
                <Name of={operator.wallet} href={`/operators/${operator.index}`} />,
                count(operator.devices),
                operator.cumulative === undefined ? 'nothing yet' : tokens(operator.cumulative, facts.decimals),
              ])}
            />
            <Pager
              label="More operators"
              back={from > 0 ? () => setFrom(Math.max(0, from - PAGE)) : undefined}
              next={from + PAGE < page.total ? () => setFrom(from + PAGE) : undefined}
            />
          </Card>
        )}
      </Show>
    </>
  );
}
