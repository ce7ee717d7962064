/** One device: what became of each of its reports, and what was found against it. */
import { useState } from 'preact/hooks';
import { get, network, type Device, type HistoryRow } from '../api';
import { count, moment, reason, short } from '../format';
import { Show, useLoad } from '../load';
import { Card, Facts, Name, Pager, Table, Tag } from '../ui/parts';
import { Findings } from './device/findings';
import { SuspensionCard } from './device/suspension';

const ROWS = 50;

export function DevicePage({ name }: { name: string }) {
  const loaded = useLoad(
    async () => {
      const [facts, device] = await Promise.all([network(), get<Device>(`/v1/devices/${encodeURIComponent(name)}`)]);
      return { facts, device };
    },
    [name],
    30_000,
  );
  return (
    <>
      <h1>Device {short(name, 6)}</h1>
      <Show of={loaded} what="the device">
        {({ facts, device }) => {
          const { registered } = device;
          const kind = facts.classes.find(({ index }) => index === registered?.class_index);
          return (
            <>
              <Card>
                <Facts
                  of={[
                    ['Key', <Name of={name} ends={8} />],
                    ['State', registered ? registered.suspended ? <Tag kind="bad">suspended</Tag> : <Tag kind="good">active</Tag> : <Tag kind="warn">not registered any more</Tag>],
                    ...(registered
                      ? ([
                          ['Owner', <a href={`/operators/${registered.operator_index}`}>operator {count(registered.operator_index)}</a>],
                          ['Kind', kind ? `${kind.work_kind}, up to ${count(kind.rated_power_watts / 1000)} kW` : `class ${registered.class_index}`],
                          ['Place', registered.cell ? <a href={`/devices?within=${registered.cell}`}>cell {registered.cell}</a> : 'none registered'],
                        ] as [string, preact.ComponentChildren][])
                      : []),
                  ]}
                />
              </Card>
              {registered?.suspended && <SuspensionCard facts={facts} device={name} />}
              <Findings facts={facts} device={device} />
              <Card title="Reports">
                <p class="soft">Each is signed by the device. What is refused earns nothing, and the reason stands beside it.</p>
                <History device={name} />
              </Card>
            </>
          );
        }}
      </Show>
    </>
  );
}

function History({ device }: { device: string }) {
  // The first number of each page before this one, and of this one.
  const [firsts, setFirsts] = useState([0]);
  const [only, setOnly] = useState('all');
  const from = firsts.at(-1) ?? 0;
  const loaded = useLoad(() => get<{ attestations: HistoryRow[] }>(`/v1/devices/${device}/attestations?from_sequence=${from}`), [device, from], 30_000);
  return (
    <Show of={loaded} what="the reports">
      {({ attestations }) => {
        const fitting = attestations.filter(({ state }) => only === 'all' || state === only);
        const rows = fitting.slice(0, ROWS);
        const last = rows.length === ROWS ? rows.at(-1) : attestations.length === 500 ? attestations.at(-1) : undefined;
        const isEnd = !last || last.sequence === attestations.at(-1)?.sequence && attestations.length < 500;
        const energies = rows.map((row) => (row.accepted_wh === undefined ? '' : `${count(row.accepted_wh)} Wh`));
        return (
          <>
            <label for="only">Show</label>
            <select id="only" value={only} onChange={(event) => setOnly(event.currentTarget.value)}>
              <option value="all">all reports</option>
              <option value="counted">those that count</option>
              <option value="refused">those that were refused</option>
              <option value="waiting">those that wait for their epoch’s end</option>
            </select>
            {rows.length === 0 ? (
              <p class="soft">There are none{attestations.length === 500 ? ' among these 500' : ''}.</p>
            ) : (
              <Table
                caption="Reports"
                columns={['For the time from', 'Outcome', 'Energy#', 'Epoch', 'Number#']}
                rows={rows.map((row, place) => [
                  moment(row.interval_start_unix),
                  <Outcome row={row} />,
                  energies[place],
                  <a href={`/epochs/${row.epoch}`}>{count(row.epoch)}</a>,
                  count(row.sequence),
                ])}
              />
            )}
            <Pager
              label="More reports"
              back={firsts.length > 1 ? () => setFirsts(firsts.slice(0, -1)) : undefined}
              next={last && !isEnd ? () => setFirsts([...firsts, last.sequence + 1]) : undefined}
            />
          </>
        );
      }}
    </Show>
  );
}

function Outcome({ row }: { row: HistoryRow }) {
  switch (row.state) {
    case 'counted':
      return <Tag kind="good">counts</Tag>;
    case 'waiting':
      return <Tag kind="warn">waits for its epoch’s end</Tag>;
    case 'archived':
      return <Tag kind="warn">kept elsewhere</Tag>;
    case 'refused':
      return (
        <>
          <Tag kind="bad">refused</Tag> {reason(row.refused ?? '')}
          {row.detail && (
            <details>
              <summary>Details</summary>
              {row.detail}
            </details>
          )}
        </>
      );
  }
}
