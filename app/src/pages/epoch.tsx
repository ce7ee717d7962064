/** One epoch: what it paid, how far it is decided, and checks that the reader's own browser makes. */
import { get, network, Problem, type Epoch, type Network, type Status } from '../api';
import { count, moment, tokens } from '../format';
import { Show, useLoad } from '../load';
import { Card, Countdown, Facts, Name, Tag, Tiles, useNow } from '../ui/parts';
import { Decision } from './epoch/decision';
import { Verify } from './epoch/verify';

const FILES = ['manifest.json', 'manifest.sig', 'snapshot.json', 'policy.json', 'attestations.parquet', 'verdicts.parquet', 'findings.parquet', 'devices.parquet', 'operators.parquet', 'corrections.parquet'];

/** The epoch, or `undefined` while it is not closed. */
async function load(name: string): Promise<{ facts: Network; status: Status; number: number; epoch?: Epoch }> {
  if (!/^\d{1,15}$/.test(name)) throw new Problem('There is no such epoch.', 'Epochs are numbered 0, 1, 2 and so on.', name);
  const [facts, status] = await Promise.all([network(), get<Status>('/v1/status')]);
  const number = Number(name);
  if (number >= status.next_to_close) return { facts, status, number };
  return { facts, status, number, epoch: await get<Epoch>(`/v1/epochs/${number}`) };
}

export function EpochPage({ name }: { name: string }) {
  const loaded = useLoad(() => load(name), [name], 10_000);
  const now = useNow(loaded.value?.status.now_unix);
  return (
    <>
      <h1>Epoch {name}</h1>
      <Show of={loaded} what="the epoch">
        {({ facts, status, number, epoch }) => {
          const start = facts.genesis_unix + number * facts.epoch_seconds;
          const end = start + facts.epoch_seconds;
          return (
            <>
              <p class="lead">
                {moment(start)} to {moment(end)}
              </p>
              {epoch ? (
                <Closed facts={facts} epoch={epoch} now={now} />
              ) : (
                <Card>
                  <p>
                    {now !== undefined && now < start && <>This epoch has not begun. It begins <Countdown to={start} now={now} />.</>}
                    {now !== undefined && now >= start && now < end && <>This epoch runs. It ends <Countdown to={end} now={now} />.</>}
                    {now !== undefined && now >= end && <>This epoch is over. The oracle waits for late reports, then closes it; the next to close is {count(status.next_to_close)}.</>}
                  </p>
                </Card>
              )}
              <p>
                {number > 0 && <a href={`/epochs/${number - 1}`}>The epoch before</a>} {number > 0 && ' · '}
                <a href={`/epochs/${number + 1}`}>The next epoch</a>
              </p>
            </>
          );
        }}
      </Show>
    </>
  );
}

function Closed({ facts, epoch, now }: { facts: Network; epoch: Epoch; now?: number }) {
  return (
    <>
      <Tiles
        of={[
          ['State', epoch.final ? <Tag kind="good">final</Tag> : <Tag kind="warn">can be challenged</Tag>],
          ['Paid out', tokens(epoch.distributed, facts.decimals), 'tokens'],
          ['Reports counted', count(epoch.accepted), `of ${count(epoch.attestations)}`],
          ['Operators', count(epoch.leaf_count)],
        ]}
      />
      <Card title="How it is decided">
        <p>
          The oracles work out from the reports what everybody earned, and vote on it. Then there is time to challenge it. After that it is final, and can be
          claimed.
        </p>
        <Decision facts={facts} epoch={epoch} now={now} />
      </Card>
      <Verify facts={facts} epoch={epoch} />
      <Card title="Money">
        <Facts
          of={[
            ['Came in', `${tokens(epoch.emission, facts.decimals, 6)} tokens`],
            ['Paid out', `${tokens(epoch.distributed, facts.decimals, 6)} tokens`],
            ['Left for the next epoch', `${tokens(epoch.carry, facts.decimals, 6)} tokens`],
            ['All epochs up to this', `${tokens(epoch.cumulative_total, facts.decimals, 6)} tokens`],
          ]}
        />
        <details>
          <summary>On the chain</summary>
          <Facts
            of={[
              ['Root of the rewards', <Name of={epoch.root} ends={12} />],
              ['Root of the devices', <Name of={epoch.devices_root} ends={12} />],
              ['Hash of the bundle', <Name of={epoch.bundle_hash} ends={12} />],
            ]}
          />
        </details>
        <details>
          <summary>The bundle: everything needed to work it out again</summary>
          <p>
            <code>trellis audit</code> works the epoch out again from these files, signature by signature.
          </p>
          <ul>
            {FILES.map((file) => (
              <li key={file}>
                <a href={`/v1/bundles/${epoch.bundle_hash}/${file}`} download={`epoch-${epoch.epoch}-${file}`}>
                  {file}
                </a>
              </li>
            ))}
          </ul>
        </details>
      </Card>
    </>
  );
}
