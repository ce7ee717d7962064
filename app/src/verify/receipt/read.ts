/** Receipts as people have them: what the agent keeps, what the oracle answers, one or many. */
import { Problem } from '../../api';
import { fromHex } from '../../format';
import { base58 } from '../base58';

export interface Receipt {
  network: string;
  attestation_id: string;
  epoch: number;
  position: number;
  received_unix: number;
  oracle: string;
  index: number;
  count: number;
  root: string;
  path: string[];
  signature: string;
}

/** A receipt, and the report that it is for where that lies beside it. */
export interface Held {
  receipt: Receipt;
  /** Wire bytes. */
  attestation?: Uint8Array;
}

/** More than this a page does not check at a time. */
export const MAX_RECEIPTS = 2_000;

const unreadable = (detail: string) =>
  new Problem(
    'This is no receipt.',
    'Paste what the agent keeps in its folder under `data/receipts`: a line, or the whole file. The oracle’s answer to the device is taken too.',
    detail,
    'no_receipt',
  );

export function readReceipts(text: string): Held[] {
  const found = values(text.trim()).flatMap(held);
  if (found.length === 0) throw unreadable('the oracle’s answer holds no receipt');
  if (found.length > MAX_RECEIPTS) {
    throw new Problem('These are too many receipts for a page.', `Paste at most ${MAX_RECEIPTS} at a time.`, `${found.length} receipts`, 'too_many');
  }
  return found;
}

/** One JSON value, or one on each line. */
function values(text: string): unknown[] {
  if (text === '') throw unreadable('there is nothing');
  const whole = parsed(text);
  if (whole !== undefined) return [whole];
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, place) => {
    const value = parsed(line);
    if (value === undefined) throw unreadable(lines.length === 1 ? `no JSON: ${line.slice(0, 100)}` : `line ${place + 1} is no JSON: ${line.slice(0, 100)}`);
    return value;
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Fields = Record<string, unknown>;

function held(value: unknown): Held[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable(`no object: ${JSON.stringify(value).slice(0, 100)}`);
  const fields = value as Fields;
  if ('manifest' in fields) throw new Problem('This is evidence, not a receipt.', 'Check it with `trellis receipt verify FILE --bundle DIR`.', '', 'evidence');
  if (Array.isArray(fields.results)) return fields.results.filter((one) => (one as Fields)?.receipt).flatMap(held);
  const { attestation } = fields;
  return [{ receipt: receiptOf((fields.receipt ?? fields) as Fields), attestation: typeof attestation === 'string' ? fromBase64(attestation) : undefined }];
}

function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    throw unreadable(`attestation: \`${text.slice(0, 100)}\` is no base64`);
  }
}

function receiptOf(fields: Fields): Receipt {
  const wrong = (name: string) => unreadable(name in fields ? `${name}: ${JSON.stringify(fields[name])}` : `${name} is missing`);
  const number = (name: string, most = Number.MAX_SAFE_INTEGER) => {
    const value = fields[name];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > most) throw wrong(name);
    return value;
  };
  const text = (name: string, isRight: (text: string) => boolean) => {
    const value = fields[name];
    if (typeof value !== 'string' || !isRight(value)) throw wrong(name);
    return value;
  };
  const { path } = fields;
  if (!Array.isArray(path) || path.length > 32 || !path.every((node) => typeof node === 'string' && isHex(32)(node))) throw wrong('path');
  return {
    network: text('network', isAddress),
    attestation_id: text('attestation_id', isHex(32)).toLowerCase(),
    epoch: number('epoch'),
    position: number('position'),
    received_unix: number('received_unix'),
    oracle: text('oracle', isAddress),
    index: number('index', 0xffff_ffff),
    count: number('count', 0xffff_ffff),
    root: text('root', isHex(32)),
    path: path as string[],
    signature: text('signature', isHex(64)),
  };
}

const isHex = (bytes: number) => (text: string) => text.length === 2 * bytes && /^[0-9a-f]*$/i.test(text);
const isAddress = (text: string) => /^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(text) && base58(text).length === 32;

/** As `sdk/wasm/src/receipt.rs` reads it. */
export function bytesOf(receipt: Receipt): Uint8Array {
  const little = (value: number, bytes: number) => Array.from({ length: bytes }, (_, place) => Number((BigInt(value) >> BigInt(8 * place)) & 255n));
  return Uint8Array.from([
    ...base58(receipt.network),
    ...fromHex(receipt.attestation_id),
    ...little(receipt.epoch, 8),
    ...little(receipt.position, 8),
    ...little(receipt.received_unix, 8),
    ...base58(receipt.oracle),
    ...little(receipt.index, 4),
    ...little(receipt.count, 4),
    ...fromHex(receipt.root),
    ...fromHex(receipt.signature),
    ...receipt.path.flatMap((node) => [...fromHex(node)]),
  ]);
}
