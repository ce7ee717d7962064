/** Which part of the world a map shows, and where its places lie on it. */

export const [WIDTH, HEIGHT] = [640, 400];
/** Least that is shown of the world, in degrees: so that a single cell is seen where it is. */
const LEAST_DEGREES = 0.01;
/** A gap this wide, in degrees, is where the world is cut; without one it is cut in the Pacific, as usual. */
const WIDE_GAP = 60;

export type LatLng = [lat: number, lng: number];

export interface Frame {
  place: (at: LatLng) => [number, number];
  lats: number[];
  lngs: number[];
  kilometresPerPixel: number;
  digits: number;
}

/** The longitude, a turn further east or west, that is nearest to `near`. */
const turned = (lng: number, near: number) => lng - 360 * Math.round((lng - near) / 360);

/** Longitudes as they stand side by side on a map that is cut where nothing is, so that neighbours stay neighbours. */
function unrolled(lngs: number[]): number[] {
  const sorted = [...lngs].sort((a, b) => a - b);
  const gaps = sorted.map((lng, place) => ({ gap: (sorted[place + 1] ?? (sorted[0] ?? 0) + 360) - lng, next: sorted[place + 1] ?? -180 }));
  const widest = gaps.reduce((most, gap) => (gap.gap > most.gap ? gap : most), { gap: WIDE_GAP, next: -180 });
  return lngs.map((lng) => (lng < widest.next ? lng + 360 : lng));
}

/** The corners of all cells, each cell in one piece. */
export function inOnePiece(cells: { middle: LatLng; corners: LatLng[] }[]): LatLng[][] {
  const middles = unrolled(cells.map(({ middle }) => middle[1]));
  return cells.map(({ corners }, index) => corners.map(([lat, lng]) => [lat, turned(lng, middles[index] ?? 0)]));
}

/** At least `wanted`, and a round number of degrees. */
function niceStep(wanted: number): number {
  if (wanted > 5) return [10, 20, 30].find((step) => step >= wanted) ?? 60;
  const power = 10 ** Math.floor(Math.log10(wanted));
  return power * ([1, 2, 5].find((factor) => factor * power >= wanted) ?? 10);
}

/** Around all corners, with the longitudes shortened as the latitude wants it. */
export function frame(corners: LatLng[]): Frame {
  const range = (values: number[]) => [Math.min(...values), Math.max(...values)] as const;
  const [south, north] = range(corners.map(([lat]) => lat));
  const [west, east] = range(corners.map(([, lng]) => lng));
  // All around the world, the cells of the poles say nothing of where its middle is.
  const [lat, lng] = [(south + north) / 2, east - west > 350 ? 0 : (west + east) / 2];
  const shrink = Math.max(0.05, Math.cos((lat * Math.PI) / 180));
  // With some room around, but no more than there is of the world.
  const tall = Math.min(Math.max(north - south, LEAST_DEGREES) * 1.35, 184);
  const wide = Math.min(Math.max((east - west) * shrink, LEAST_DEGREES) * 1.35, 368 * shrink);
  const scale = Math.min(WIDTH / wide, HEIGHT / tall);
  const [latStep, lngStep] = [niceStep(HEIGHT / scale / 4), niceStep(WIDTH / shrink / scale / 5)];
  const lines = (middle: number, half: number, step: number) => {
    const first = Math.ceil((middle - half) / step);
    return Array.from({ length: Math.max(0, Math.floor((middle + half) / step) - first + 1) }, (_, index) => (first + index) * step);
  };
  return {
    place: ([placeLat, placeLng]) => [WIDTH / 2 + (placeLng - lng) * shrink * scale, HEIGHT / 2 - (placeLat - lat) * scale],
    lats: lines(lat, HEIGHT / scale / 2, latStep).filter((line) => Math.abs(line) <= 90),
    lngs: lines(lng, WIDTH / shrink / scale / 2, lngStep).filter((line) => line >= lng - 180 && line < lng + 180),
    kilometresPerPixel: 111.2 / scale,
    digits: Math.max(0, Math.ceil(-Math.log10(Math.min(latStep, lngStep)) - 1e-9)),
  };
}

/** `12.5° N`; `180° E` and `180° W` are one. */
export function degrees(value: number, digits: number, [positive, negative]: [string, string]): string {
  const turn = turned(value, 0);
  const side = turn === 0 || Math.abs(turn) === 180 ? '' : turn < 0 ? ` ${negative}` : ` ${positive}`;
  return `${Math.abs(turn).toFixed(digits)}°${side}`;
}
