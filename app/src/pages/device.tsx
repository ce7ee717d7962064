/** One device: what became of each of its reports, and what was found against it. */
import { get, network, type Device } from '../api';
import { count, short } from '../format';
import { Show, useLoad } from '../load';
import { Card, Facts, Name, Tag } from '../ui/parts';
import { Findings } from './device/findings';
import { History } from './device/history';
import { Receipts } from './device/receipts';
import { SuspensionCard } from './device/suspension';

const NO_DEVICE = {
  title: 'The network has no such device.',
  next: 'Check that the key is whole. A new device is known here a moment after it was registered.',
};

export function DevicePage({ name }: { name: string }) {
  const loaded = useLoad(
    async () => {
      const [facts, device] = await Promise.all([network(), get<Device>(`/v1/devices/${encodeURIComponent(name)}`, NO_DEVICE)]);
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
                <p class="soft">Each is signed by the device, the newest first. What is refused earns nothing, and the reason stands beside it.</p>
                <History device={name} />
              </Card>
              <Receipts facts={facts} device={name} />
            </>
          );
        }}
      </Show>
    </>
  );
}
