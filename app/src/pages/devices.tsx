/** All devices, or those in one place, page by page. */
import { useState } from 'preact/hooks';
import { get, type Devices } from '../api';
import { count, dayOfYear } from '../format';
import { Show, useLoad } from '../load';
import { go } from '../route';
import { MapCard, useCells } from '../ui/map-card';
import { Card, Name, Pager, Table, Tag } from '../ui/parts';

export function DevicesPage() {
  const within = new URLSearchParams(location.search).get('within') ?? undefined;
  const cells = useCells(within);
  const [wanted, setWanted] = useState('');
  return (
    <>
      <h1>Devices</h1>
      <p class="lead">Machines that do the work, each with a key of its own.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted.trim()) go(`/devices/${encodeURIComponent(wanted.trim())}`);
        }}
      >
        <label for="wanted">Find by key</label>
        <div class="row">
          <input id="wanted" value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} autocomplete="off" />
          <button type="submit">Find</button>
        </div>
      </form>
      <MapCard cells={cells} within={within} />
      <Card title={within ? `Devices in cell ${within}` : 'All devices'}>
        {within && (
          <p>
            <a href="/devices">Show all devices</a>
          </p>
        )}
        <DeviceTable key={within} query={within ? `within=${within}` : ''} />
      </Card>
    </>
  );
}

/** `query` narrows the list, as /v1/devices takes it; whose devices they are is left out where the page says it. */
export function DeviceTable({ query, ofOne }: { query: string; ofOne?: boolean }) {
  // The keys that the pages before and this one come after.
  const [after, setAfter] = useState<string[]>([]);
  const last = after.at(-1);
  const loaded = useLoad(() => get<Devices>(`/v1/devices?${[query, last && `after=${last}`].filter(Boolean).join('&')}`), [query, last], 30_000);
  return (
    <Show of={loaded} what="the devices">
      {(page) => (
        <>
          {page.devices.length === 0 ? (
            <p class="soft">There are none.</p>
          ) : (
            <Table
              caption="Devices"
              columns={['Device', ...(ofOne ? [] : ['Operator']), 'Since', 'State']}
              rows={page.devices.map((device) => [
                <Name of={device.device} href={`/devices/${device.device}`} ends={6} />,
                ...(ofOne ? [] : [<a href={`/operators/${device.operator_index}`}>{count(device.operator_index)}</a>]),
                dayOfYear(device.registered_unix),
                device.suspended ? <Tag kind="bad">suspended</Tag> : <Tag kind="good">active</Tag>,
              ])}
            />
          )}
          <Pager
            label="More devices"
            back={after.length > 0 ? () => setAfter(after.slice(0, -1)) : undefined}
            next={page.more ? () => setAfter([...after, page.devices.at(-1)?.device ?? '']) : undefined}
          />
        </>
      )}
    </Show>
  );
}
