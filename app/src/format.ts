/** Numbers, times and names as people read them. */

const whole = new Intl.NumberFormat('en-US');

export const count = (value: number | bigint) => whole.format(value);

/** An amount in the mint's smallest unit, with its decimals: `1,942,816.87`. `digits` of them at most. */
export function tokens(amount: string | bigint, decimals: number, digits = 2): string {
  const text = BigInt(amount).toString().padStart(decimals + 1, '0');
  const [head, tail] = [text.slice(0, text.length - decimals), text.slice(text.length - decimals)];
  const shown = tail.slice(0, digits).replace(/0+$/, '');
  const grouped = whole.format(BigInt(head));
  // Something that is less than can be shown is not nothing.
  if (grouped === '0' && shown === '' && BigInt(amount) > 0n) return tokens(amount, decimals, decimals);
  return shown ? `${grouped}.${shown}` : grouped;
}

/** What a person typed, in the mint's smallest unit; `undefined` if it is no amount. */
export function parseTokens(text: string, decimals: number): bigint | undefined {
  const match = /^(\d{1,15})(?:\.(\d*))?$/.exec(text.trim().replace(/,/g, ''));
  const fraction = match?.[2] ?? '';
  if (!match || fraction.length > decimals) return undefined;
  return BigInt(match[1] + fraction.padEnd(decimals, '0'));
}

/** Watt-hours: `357.1 MWh`. */
export function energy(wh: bigint): string {
  const units: [bigint, string][] = [[1_000_000_000n, 'GWh'], [1_000_000n, 'MWh'], [1_000n, 'kWh']];
  const fit = units.find(([size]) => wh >= size);
  if (!fit) return `${wh} Wh`;
  const tenths = (wh * 10n) / fit[0];
  return `${whole.format(tenths / 10n)}.${tenths % 10n} ${fit[1]}`;
}

const dates = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
const days = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const daysOfYears = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });

export const moment = (unix: number) => `${dates.format(unix * 1000)} UTC`;
export const day = (unix: number) => days.format(unix * 1000);
export const dayOfYear = (unix: number) => daysOfYears.format(unix * 1000);

/** A length of time: `2 days 3 h`, `4 min`. */
export function span(seconds: number): string {
  const parts: [number, string][] = [[86_400, 'days'], [3_600, 'h'], [60, 'min'], [1, 's']];
  let rest = Math.max(0, Math.round(seconds));
  const said: string[] = [];
  for (const [size, name] of parts) {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0) said.push(`${amount} ${amount === 1 && name === 'days' ? 'day' : name}`);
    if (said.length === 2) break;
  }
  return said.join(' ') || '0 s';
}

/** The ends of a long name. */
export const short = (name: string, ends = 4) => (name.length <= 2 * ends + 1 ? name : `${name.slice(0, ends)}…${name.slice(-ends)}`);

const REASONS: Record<string, string> = {
  malformed: 'not a proper report',
  wrong_network: 'signed for another network',
  unknown_device: 'the device is not registered',
  suspended_device: 'the device is suspended',
  bad_signature: 'the signature is not the device’s',
  replayed_sequence: 'its number was used before',
  outside_time_window: 'too late: the epoch is closed',
  future_interval: 'its time has not ended yet',
  wrong_work_kind: 'not the work this device does',
  misaligned_interval: 'not one of the network’s intervals',
  above_rated_power: 'more than the device can give',
  counter_fell: 'the meter ran backwards',
  counter_mismatch: 'the meter does not fit the energy',
  overlapping_interval: 'this time was counted already',
  cloned_key: 'two reports for one time: the key may have been copied',
  impossible_movement: 'moved faster than possible',
  far_from_registered_place: 'far from its registered place',
  crowded_cell: 'too many devices in one place',
  copied_series: 'the same as another device’s',
};

/** The oracle's reason code in words. */
export const reason = (code: string) => REASONS[code] ?? code.replaceAll('_', ' ');

/** As a sentence begins. */
export const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function hex(bytes: Iterable<number>): string {
  let text = '';
  for (const byte of bytes) text += PAIRS[byte];
  return text;
}

export function fromHex(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/i.test(text)) throw new Error(`\`${text}\` is no hex`);
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
