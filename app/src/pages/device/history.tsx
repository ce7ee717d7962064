/** A device's reports, the newest first: what became of each. */
import { useState } from 'preact/hooks';
import { get, type HistoryRow } from '../../api';
import { count, moment, reason } from '../../format';
import { Show, useLoad } from '../../load';
import { Facts, Name, Pager, Table, Tag } from '../../ui/parts';

/** Shown at a time. */
const ROWS = 20;
/** The oracle gives about so many at a time. */
const ASKED = 500;

export function History({ device }: { device: string }) {
  // Where each page before this one begins, and this one; the first one begins with the newest.
  const [begins, setBegins] = useState<(number | undefined)[]>([undefined]);
  const [only, setOnly] = useState('all');
  const from = begins.at(-1);
  const path = `/v1/devices/${device}/attestations?newest_first=true${from === undefined ? '' : `&from_sequence=${from}`}`;
  const loaded = useLoad(() => get<{ attestations: HistoryRow[] }>(path), [path], 30_000);
  return (
    <Show of={loaded} what="the reports">
      {({ attestations }) => {
        const fitting = attestations.filter(({ state }) => only === 'all' || state === only);
        const rows = fitting.slice(0, ROWS);
        const isWhole = attestations.length < ASKED;
        // What to go on after: what is shown, or all that was asked for.
        const last = fitting.length > ROWS ? rows.at(-1) : isWhole ? undefined : attestations.at(-1);
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
              <p class="soft">There are none{isWhole ? '' : ` among these ${ASKED}`}.</p>
            ) : (
              <Table
                caption="Reports"
                columns={['For the time from', 'Outcome', 'Energy#', 'Epoch', 'Number#']}
                rows={rows.map((row) => [
                  moment(row.interval_start_unix),
                  <Outcome row={row} />,
                  row.accepted_wh === undefined ? '' : `${count(row.accepted_wh)} Wh`,
                  <a href={`/epochs/${row.epoch}`}>{count(row.epoch)}</a>,
                  count(row.sequence),
                ])}
              />
            )}
            <Pager
              label="More reports"
              back={begins.length > 1 ? () => setBegins(begins.slice(0, -1)) : undefined}
              next={last && last.sequence > 0 ? () => setBegins([...begins, last.sequence - 1]) : undefined}
            />
          </>
        );
      }}
    </Show>
  );
}

/** What became of a report; more about it on demand, to be compared with its receipt. */
function Outcome({ row }: { row: HistoryRow }) {
  return (
    <details class="outcome">
      <summary>
        <State row={row} />
      </summary>
      {row.detail && <p>{row.detail}</p>}
      <Facts
        of={[
          ['Taken in', `${moment(row.received_unix)}, as number ${count(row.position)} of the oracle’s log`],
          ['Name in its receipt', <Name of={row.id} ends={8} />],
        ]}
      />
    </details>
  );
}

function State({ row }: { row: HistoryRow }) {
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
          <Tag kind="bad">refused</Tag> <span class="reason">{reason(row.refused ?? '')}</span>
        </>
      );
  }
}
