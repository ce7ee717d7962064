/** The network at a glance. */
import { get, network, type Cells, type Network, type Status, type Work, type WorkRow } from '../api';
import { count, day, energy, moment, tokens } from '../format';
import { Show, useLoad, type Loaded } from '../load';
import { Bars } from '../ui/bars';
import { MapCard, useCells } from '../ui/map-card';
import { EmissionDetails } from './network/emission';
import { Card, Countdown, Facts, Name, Table, Tag, Tiles, useNow } from '../ui/parts';

const EVERY_MS = 10_000;

async function load() {
  const [facts, status, work] = await Promise.all([network(), get<Status>('/v1/status'), get<Work>('/v1/work')]);
  return { facts, status, work };
}

/** Points in watt-hours, where all classes count them alike; `undefined` where they do not. */
export function workOf(facts: Network, points: string): string | undefined {
  const weights = new Set(facts.classes.map(({ weight }) => weight));
  const [weight] = weights;
  const alike = weights.size === 1 && weight && facts.classes.every(({ work_kind }) => work_kind === 'energy');
  return alike ? energy(BigInt(points) / BigInt(weight)) : undefined;
}

export function NetworkPage() {
  const loaded = useLoad(load, [], EVERY_MS);
  const cells = useCells();
  return (
    <Show of={loaded} what="the network">
      {({ facts, status, work }) => <Overview facts={facts} status={status} work={work} cells={cells} />}
    </Show>
  );
}

function Overview({ facts, status, work, cells }: { facts: Network; status: Status; work: Work; cells: Loaded<Cells> }) {
  const now = useNow(status.now_unix);
  const last = work.epochs.at(-1);
  const total = work.epochs.reduce((sum, row) => sum + BigInt(row.distributed), 0n);
  const current = status.current_epoch;
  const end = current === null ? facts.genesis_unix : facts.genesis_unix + (current + 1) * facts.epoch_seconds;
  const shownWork = (row: WorkRow) => workOf(facts, row.points) ?? count(BigInt(row.points));
  return (
    <>
      <h1>{facts.name}</h1>
      <p class="lead">
        {current === null ? 'The first epoch begins ' : `Epoch ${count(current)} runs and ends `}
        <Countdown to={end} now={now} />.
      </p>
      {(status.problem || status.alarms.length > 0) && (
        <div class="note" role="status">
          <strong>The oracle says that something is wrong.</strong> Nothing that it took in is lost.
          <ul>
            {status.problem && <li>{status.problem}</li>}
            {status.alarms.map(({ code, detail, since_unix }) => (
              <li key={code}>
                {detail} (since {moment(since_unix)})
              </li>
            ))}
          </ul>
        </div>
      )}
      <Tiles
        of={[
          ['Devices', <a href="/devices">{count(status.devices)}</a>],
          ['Operators', <a href="/operators">{count(status.operators)}</a>, 'who own the devices'],
          ['Reports taken in', count(status.acknowledged), 'signed by devices'],
          ['Work in the last epoch', last ? shownWork(last) : 'none yet'],
          ['Tokens earned', tokens(total, facts.decimals, 0), work.from_epoch > 0 ? `since epoch ${count(work.from_epoch)}` : 'by devices’ work so far'],
        ]}
      />
      {work.epochs.length > 0 && (
        <div class="columns">
          <Card title="Work over time">
            <Bars
              title="Work over time"
              unit="Work"
              of={work.epochs.map((row) => ({ label: String(row.epoch), value: BigInt(row.points), shown: shownWork(row), href: `/epochs/${row.epoch}` }))}
            />
          </Card>
          <Card title="Tokens paid for it">
            <Bars
              title="Tokens paid"
              unit="Tokens"
              of={work.epochs.map((row) => ({
                label: String(row.epoch),
                value: BigInt(row.distributed),
                shown: tokens(row.distributed, facts.decimals),
                href: `/epochs/${row.epoch}`,
              }))}
            />
          </Card>
        </div>
      )}
      <MapCard cells={cells} />
      <Card title="Last epochs">
        {work.epochs.length === 0 ? (
          <p class="soft">No epoch is closed yet. The first closes some minutes after its end.</p>
        ) : (
          <EpochTable facts={facts} rows={work.epochs.slice(-5).reverse()} />
        )}
        {work.epochs.length > 0 && (
          <p>
            <a href="/epochs">All epochs</a>
          </p>
        )}
      </Card>
      <EmissionDetails facts={facts} />
      <details>
        <summary>On the chain</summary>
        <Card>
          <Facts
            of={[
              ['Network', <Name of={facts.network} />],
              ['Reward vault', <Name of={facts.vault} />],
              ['Token (mint)', <Name of={facts.mint} />],
              ['Oracles', facts.oracles.map((oracle) => <div key={oracle}><Name of={oracle} /></div>)],
              ['Scoring rules (hash)', <Name of={facts.policy_hash} />],
              ['Most an epoch can pay', `${tokens(facts.epoch_cap, facts.decimals)} tokens`],
              ['Chain server', facts.rpc_url ? <code>{facts.rpc_url}</code> : 'none is named for browsers'],
              ['Software', `Trellis ${status.version}`],
            ]}
          />
        </Card>
      </details>
    </>
  );
}

export function EpochTable({ facts, rows }: { facts: Network; rows: WorkRow[] }) {
  return (
    <Table
      caption="Epochs"
      columns={['Epoch', 'From', 'Work#', 'Tokens#', 'State', 'Reports counted#']}
      rows={rows.map((row) => [
        <a href={`/epochs/${row.epoch}`}>{count(row.epoch)}</a>,
        day(row.start_unix),
        workOf(facts, row.points) ?? count(BigInt(row.points)),
        tokens(row.distributed, facts.decimals),
        row.final ? <Tag kind="good">final</Tag> : <Tag kind="warn">can be challenged</Tag>,
        `${count(row.accepted)} of ${count(row.attestations)}`,
      ])}
    />
  );
}
