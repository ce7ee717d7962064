/** Where devices stand: H3 cells, drawn from their own corners. No map server is asked. */
import { cellToBoundary, cellToLatLng } from 'h3-js';
import type { Cells } from '../api';
import { count } from '../format';

const [WIDTH, HEIGHT] = [640, 400];
/** Least that is shown of the world, in degrees: so that a single cell is seen where it is. */
const LEAST_DEGREES = 0.01;

interface Frame {
  place: (lat: number, lng: number) => [number, number];
  lats: number[];
  lngs: number[];
  kilometresPerPixel: number;
  digits: number;
}

/** 1, 2 or 5 times a power of ten, and at least `wanted`. */
function niceStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  return power * ([1, 2, 5].find((factor) => factor * power >= wanted) ?? 10);
}

/** Around all corners, with the longitudes shortened as the latitude wants it. */
function frame(corners: [number, number][]): Frame {
  const range = (values: number[]) => [Math.min(...values), Math.max(...values)] as const;
  const [south, north] = range(corners.map(([lat]) => lat));
  const [west, east] = range(corners.map(([, lng]) => lng));
  const [lat, lng] = [(south + north) / 2, (west + east) / 2];
  const shrink = Math.max(0.05, Math.cos((lat * Math.PI) / 180));
  const tall = Math.max(north - south, LEAST_DEGREES) * 1.35;
  const wide = Math.max((east - west) * shrink, LEAST_DEGREES) * 1.35;
  const scale = Math.min(WIDTH / wide, HEIGHT / tall);
  const place = (cellLat: number, cellLng: number): [number, number] => [
    WIDTH / 2 + (cellLng - lng) * shrink * scale,
    HEIGHT / 2 - (cellLat - lat) * scale,
  ];
  const [latStep, lngStep] = [niceStep(HEIGHT / scale / 4), niceStep(WIDTH / shrink / scale / 5)];
  const lines = (middle: number, half: number, step: number) => {
    const first = Math.ceil((middle - half) / step);
    return Array.from({ length: Math.max(0, Math.floor((middle + half) / step) - first + 1) }, (_, index) => (first + index) * step);
  };
  return {
    place,
    lats: lines(lat, HEIGHT / scale / 2, latStep),
    lngs: lines(lng, WIDTH / shrink / scale / 2, lngStep),
    kilometresPerPixel: 111.2 / scale,
    digits: Math.max(0, Math.ceil(-Math.log10(Math.min(latStep, lngStep)) - 1e-9)),
  };
}

function Scale({ kilometresPerPixel }: { kilometresPerPixel: number }) {
  const fit = [5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1].find((km) => km / kilometresPerPixel < 160) ?? 0.1;
  const pixels = fit / kilometresPerPixel;
  return (
    <g>
      <line class="ruler" x1={WIDTH - 16 - pixels} x2={WIDTH - 16} y1="30" y2="30" />
      <text x={WIDTH - 16} y="22" text-anchor="end">
        {fit >= 1 ? `${fit} km` : `${fit * 1000} m`}
      </text>
    </g>
  );
}

/** Cells lead to what `href` says. */
export function CellMap({ of, href }: { of: Cells; href: (cell: string) => string }) {
  if (of.cells.length === 0) return null;
  const shapes = of.cells.map(({ cell, devices }) => ({ cell, devices, corners: cellToBoundary(cell), middle: cellToLatLng(cell) }));
  const view = frame(shapes.flatMap(({ corners }) => corners as [number, number][]));
  const degrees = (value: number, positive: string, negative: string) => `${Math.abs(value).toFixed(view.digits)}° ${value < 0 ? negative : positive}`;
  return (
    <svg class="map" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="group" aria-label={`Map: devices in ${count(of.cells.length)} cells`}>
      {view.lats.map((lat) => (
        <g key={`lat${lat}`}>
          <line class="grid" x1="0" x2={WIDTH} y1={view.place(lat, 0)[1]} y2={view.place(lat, 0)[1]} />
          <text x="4" y={view.place(lat, 0)[1] - 4}>
            {degrees(lat, 'N', 'S')}
          </text>
        </g>
      ))}
      {view.lngs.map((lng) => (
        <g key={`lng${lng}`}>
          <line class="grid" x1={view.place(0, lng)[0]} x2={view.place(0, lng)[0]} y1="0" y2={HEIGHT} />
          <text x={view.place(0, lng)[0] + 4} y={HEIGHT - 6}>
            {degrees(lng, 'E', 'W')}
          </text>
        </g>
      ))}
      {shapes.map(({ cell, devices, corners, middle }) => {
        const [x, y] = view.place(middle[0], middle[1]);
        return (
          <a key={cell} href={href(cell)} aria-label={`Cell ${cell}: ${count(devices)} ${devices === 1 ? 'device' : 'devices'}`}>
            <polygon class="cell" points={corners.map(([lat, lng]) => view.place(lat, lng).map((value) => value.toFixed(1)).join(',')).join(' ')} />
            {shapes.length <= 60 && (
              <text class="count" x={x} y={y}>
                {devices}
              </text>
            )}
          </a>
        );
      })}
      <Scale kilometresPerPixel={view.kilometresPerPixel} />
    </svg>
  );
}
