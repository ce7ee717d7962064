/** All closed epochs, the newest first. */
import { useState } from 'preact/hooks';
import { get, network, type Status, type Work } from '../api';
import { count } from '../format';
import { Show, useLoad } from '../load';
import { Card, Countdown, Pager, useNow } from '../ui/parts';
import { EpochTable } from './network';

const PAGE = 32;

export function EpochsPage() {
  // The first epoch of the page; the newest page if it is not set.
  const [from, setFrom] = useState<number>();
  const loaded = useLoad(
    async () => {
      const [facts, status, work] = await Promise.all([
        network(),
        get<Status>('/v1/status'),
        get<Work>(from === undefined ? '/v1/work' : `/v1/work?from_epoch=${from}`),
      ]);
      return { facts, status, work };
    },
    [from],
    10_000,
  );
  const now = useNow(loaded.value?.status.now_unix);
  return (
    <>
      <h1>Epochs</h1>
      <p class="lead">An epoch is a fixed span of time. When it is over, its work is scored once and paid once.</p>
      <Show of={loaded} what="the epochs">
        {({ facts, status, work }) => (
          <Card>
            {status.current_epoch !== null && (
              <p>
                Epoch {count(status.current_epoch)} runs and ends{' '}
                <Countdown to={facts.genesis_unix + (status.current_epoch + 1) * facts.epoch_seconds} now={now} />.
              </p>
            )}
            {work.epochs.length === 0 ? <p class="soft">No epoch is closed yet.</p> : <EpochTable facts={facts} rows={[...work.epochs].reverse()} />}
            <Pager
              label="Older and newer epochs"
              back={work.to_epoch < status.next_to_close ? () => setFrom(work.to_epoch) : undefined}
              next={work.from_epoch > 0 ? () => setFrom(Math.max(0, work.from_epoch - PAGE)) : undefined}
            />
          </Card>
        )}
      </Show>
    </>
  );
}
