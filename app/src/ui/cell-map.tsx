/** Where devices stand: H3 cells, drawn from their own corners. No map server is asked. */
import { cellToBoundary, cellToLatLng } from 'h3-js';
import type { Cells } from '../api';
import { count } from '../format';
import { go } from '../route';
import { degrees, frame, HEIGHT, inOnePiece, WIDTH, type Frame, type LatLng } from './map-frame';

/** Up to so many cells each is a link and says its number of devices. More would be too small, and too many to tab through. */
const MOST_LINKS = 60;
/** How many cells are listed when not all are links. */
const LISTED = 10;
const SHADES = 5;
/** A cell that would be smaller is drawn as large as this, so that it is seen. */
const LEAST_PIXELS = 7;

type Href = (cell: string) => string;
interface Shape {
  cell: string;
  devices: number;
  points: string;
  middle: [number, number];
  /** 1 to 5: the more devices, the stronger. */
  shade: number;
}

const devicesIn = (devices: number) => `${count(devices)} ${devices === 1 ? 'device' : 'devices'}`;

/** By powers rather than by parts: one city does not make all else look empty. */
function shadeOf(devices: number, { least, most }: { least: number; most: number }): number {
  if (least === most) return 3;
  return 1 + Math.round(((SHADES - 1) * Math.log(devices / least)) / Math.log(most / least));
}

function range({ cells }: Cells): { least: number; most: number } {
  const [least, most] = [Math.min, Math.max].map((of) => of(...cells.map(({ devices }) => devices)));
  return { least: least ?? 0, most: most ?? 0 };
}

/** The corners and the middle of a cell on the map. */
function drawn(corners: [number, number][]): { points: string; middle: [number, number] } {
  const mean = (axis: 0 | 1) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length;
  const middle: [number, number] = [mean(0), mean(1)];
  const reach = Math.max(...corners.map(([x, y]) => Math.hypot(x - middle[0], y - middle[1])));
  const times = Math.max(1, LEAST_PIXELS / 2 / reach);
  const grown = (value: number, axis: 0 | 1) => (middle[axis] + (value - middle[axis]) * times).toFixed(1);
  return { points: corners.map(([x, y]) => `${grown(x, 0)},${grown(y, 1)}`).join(' '), middle };
}

function shapesOf(of: Cells): { shapes: Shape[]; view: Frame } {
  const { cells } = of;
  const outlines = cells.map(({ cell }) => ({ middle: cellToLatLng(cell), corners: cellToBoundary(cell) as LatLng[] }));
  const pieces = inOnePiece(outlines);
  const view = frame(pieces.flat());
  const all = range(of);
  const shapes = cells.map(({ cell, devices }, index) => {
    return { cell, devices, ...drawn((pieces[index] ?? []).map(view.place)), shade: shadeOf(devices, all) };
  });
  return { shapes, view };
}

function Grid({ view }: { view: Frame }) {
  return (
    <>
      {view.lats.map((lat) => {
        const y = view.place([lat, 0])[1];
        return <line class="grid" key={`lat${lat}`} x1="0" x2={WIDTH} y1={y} y2={y} />;
      })}
      {view.lngs.map((lng) => {
        const x = view.place([0, lng])[0];
        return <line class="grid" key={`lng${lng}`} x1={x} x2={x} y1="0" y2={HEIGHT} />;
      })}
    </>
  );
}

/** What the grid's lines are, above the cells. */
function GridNames({ view }: { view: Frame }) {
  return (
    <>
      {view.lats.map((lat) => (
        <text key={`lat${lat}`} x="4" y={view.place([lat, 0])[1] - 4}>
          {degrees(lat, view.digits, ['N', 'S'])}
        </text>
      ))}
      {view.lngs.map((lng) => (
        <text key={`lng${lng}`} x={view.place([0, lng])[0] + 4} y={HEIGHT - 6}>
          {degrees(lng, view.digits, ['E', 'W'])}
        </text>
      ))}
    </>
  );
}

function Scale({ kilometresPerPixel }: { kilometresPerPixel: number }) {
  const fit = [5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1].find((km) => km / kilometresPerPixel < 160) ?? 0.1;
  const pixels = fit / kilometresPerPixel;
  return (
    <g>
      <line class="ruler" x1={WIDTH - 16 - pixels} x2={WIDTH - 16} y1="30" y2="30" />
      <text x={WIDTH - 16} y="22" text-anchor="end">
        {fit >= 1 ? `${count(fit)} km` : `${fit * 1000} m`}
      </text>
    </g>
  );
}

/** Each cell as a link, with its number. */
function Links({ shapes, href }: { shapes: Shape[]; href: Href }) {
  return (
    <>
      {shapes.map(({ cell, devices, points, middle, shade }) => (
        <a key={cell} href={href(cell)} aria-label={`Cell ${cell}: ${devicesIn(devices)}`}>
          <polygon class={`cell shade-${shade}`} points={points} />
          <text class="count" x={middle[0]} y={middle[1]}>
            {count(devices)}
          </text>
        </a>
      ))}
    </>
  );
}

/** Cells that lead to their devices when they are clicked; the fullest are listed below for those who do not click. */
function Shaded({ shapes, href }: { shapes: Shape[]; href: Href }) {
  const follow = (event: MouseEvent) => {
    const cell = (event.target as Element).getAttribute('data-cell');
    if (cell) go(href(cell));
  };
  return (
    <g class="many" onClick={follow}>
      {shapes.map(({ cell, devices, points, shade }) => (
        <polygon key={cell} class={`cell shade-${shade}`} points={points} data-cell={cell}>
          <title>{`Cell ${cell}: ${devicesIn(devices)}`}</title>
        </polygon>
      ))}
    </g>
  );
}

function Fullest({ of, href }: { of: Cells; href: Href }) {
  const fullest = [...of.cells].sort((a, b) => b.devices - a.devices).slice(0, LISTED);
  const { least, most } = range(of);
  return (
    <>
      <p class="soft">
        The stronger a cell’s colour, the more devices are in it: {count(least)} to {count(most)}. A cell leads to its devices.
      </p>
      <details>
        <summary>The cells with most devices</summary>
        <ul>
          {fullest.map(({ cell, devices }) => (
            <li key={cell}>
              <a href={href(cell)}>{cell}</a>: {devicesIn(devices)}
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

/** Cells lead to what `href` says. */
export function CellMap({ of, href }: { of: Cells; href: Href }) {
  if (of.cells.length === 0) return null;
  const { shapes, view } = shapesOf(of);
  const many = shapes.length > MOST_LINKS;
  return (
    <>
      <svg class="map" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role={many ? 'img' : 'group'} aria-label={`Map: devices in ${count(of.cells.length)} cells`}>
        <Grid view={view} />
        {many ? <Shaded shapes={shapes} href={href} /> : <Links shapes={shapes} href={href} />}
        <GridNames view={view} />
        <Scale kilometresPerPixel={view.kilometresPerPixel} />
      </svg>
      {many && <Fullest of={of} href={href} />}
    </>
  );
}
