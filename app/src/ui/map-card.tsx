/** The map and what is said beside it. The drawing is fetched when there is something to draw. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { get, type Cells } from '../api';
import { count } from '../format';
import { Show, useLoad, type Loaded } from '../load';
import { Card } from './parts';

type Drawing = ComponentType<{ of: Cells; href: (cell: string) => string }>;

const EVERY_MS = 60_000;

/** Asked for by the page itself, beside all else that it asks for. */
export function useCells(within?: string): Loaded<Cells> {
  return useLoad(() => get<Cells>(within ? `/v1/cells?within=${within}` : '/v1/cells'), [within], EVERY_MS);
}

export function MapCard({ cells, within }: { cells: Loaded<Cells>; within?: string }) {
  const [Drawing, setDrawing] = useState<Drawing>();
  const some = (cells.value?.cells.length ?? 0) > 0;
  useEffect(() => {
    if (some) import('./cell-map').then(({ CellMap }) => setDrawing(() => CellMap), () => undefined);
  }, [some]);
  return (
    <Card title="Where the devices are">
      <Show of={cells} what="the map">
        {(cells) => (
          <>
            {cells.cells.length === 0 && <p class="soft">No device of this network has a registered place.</p>}
            {cells.cells.length > 0 && (Drawing ? <Drawing of={cells} href={(cell) => `/devices?within=${cell}`} /> : <div class="map-space" />)}
            {cells.without_place > 0 && !within && cells.cells.length > 0 && (
              <p class="soft">{count(cells.without_place)} more have no registered place.</p>
            )}
          </>
        )}
      </Show>
    </Card>
  );
}
