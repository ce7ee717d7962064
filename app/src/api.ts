/** What the oracle answers, and what is said when it does not. The shapes are those of /v1/openapi.json. */

export type Amount = string;

export interface Network {
  name: string;
  network: string;
  vault: string;
  mint: string;
  decimals: number;
  token_program: string;
  genesis_unix: number;
  epoch_seconds: number;
  epoch_cap: Amount;
  policy_hash: string;
  operators: number;
  devices: number;
  classes: DeviceClass[];
  oracles: string[];
  programs: { registry: string; token: string; staking: string; rewards: string };
  rpc_url?: string;
}
export interface DeviceClass {
  index: number;
  work_kind: string;
  rated_power_watts: number;
  weight: number;
}
export interface Status {
  version: string;
  oracle: string;
  now_unix: number;
  current_epoch: number | null;
  next_to_close: number;
  next_to_finalize: number | null;
  acknowledged: number;
  operators: number;
  devices: number;
  problem?: string;
  alarms: { code: string; detail: string; since_unix: number }[];
}
export interface WorkRow {
  epoch: number;
  final: boolean;
  start_unix: number;
  end_unix: number;
  attestations: number;
  accepted: number;
  points: string;
  emission: Amount;
  distributed: Amount;
  carry: Amount;
}
export interface Work {
  from_epoch: number;
  to_epoch: number;
  epochs: WorkRow[];
}
export interface Epoch {
  epoch: number;
  final: boolean;
  bundle_hash: string;
  root: string;
  devices_root: string;
  leaf_count: number;
  attestations: number;
  accepted: number;
  emission: Amount;
  distributed: Amount;
  carry: Amount;
  cumulative_total: Amount;
}
export interface Operator {
  index: number;
  wallet: string;
  payout_wallet: string;
  devices: number;
  final_epoch?: number;
  cumulative?: Amount;
}
export interface Proof {
  epoch: number;
  final: boolean;
  vault: string;
  operator_index: number;
  payout_wallet: string;
  earned: Amount;
  cumulative: Amount;
  root: string;
  leaf_count: number;
  proof: string[];
}
export interface Earnings {
  from_epoch: number;
  to_epoch: number;
  epochs: { epoch: number; final: boolean; points: number; earned: Amount; withheld: Amount; credited: Amount; cumulative: Amount }[];
}
export interface DeviceRow {
  device: string;
  operator_index: number;
  class_index: number;
  registered_unix: number;
  suspended: boolean;
  cell?: string;
}
export interface Devices {
  total: number;
  devices: DeviceRow[];
  more: boolean;
}
export interface Finding {
  epoch: number;
  finding: string;
  reason: string;
  code: number;
  attestation?: string;
  evidence: string;
  appeal?: { statement: string; received_unix: number; upheld_by?: number };
}
export interface Device {
  device: string;
  registered?: { operator_index: number; class_index: number; suspended: boolean; cell?: string };
  from_epoch: number;
  to_epoch: number;
  findings: Finding[];
}
export interface HistoryRow {
  epoch: number;
  /** Place in the oracle's log, as in the receipt. */
  position: number;
  received_unix: number;
  state: 'counted' | 'refused' | 'waiting' | 'archived';
  sequence: number;
  id: string;
  interval_start_unix: number;
  accepted_wh?: number;
  refused?: string;
  detail?: string;
}
export interface Cells {
  resolution: number;
  cells: { cell: string; devices: number }[];
  without_place: number;
}

/** Something that a person is told: what is wrong, and what to do. */
export class Problem extends Error {
  constructor(
    readonly title: string,
    readonly next: string,
    readonly detail = '',
    readonly code = '',
  ) {
    super(title);
  }
}

const TIMEOUT_MS = 15_000;

const away = (detail: string) =>
  new Problem(
    'The oracle does not answer.',
    'Check your connection. If it is fine, the oracle is down: nothing that it took in is lost, and this page asks again by itself.',
    detail,
    'oracle_away',
  );

async function problemOf(response: Response): Promise<Problem> {
  const body = await response.json().catch(() => undefined);
  const { code = '', detail = response.statusText } = body?.error ?? {};
  switch (response.status) {
    case 404:
      return new Problem('It is not there.', 'Check the address, or go back.', detail, code);
    case 410:
      return new Problem('The oracle no longer keeps this.', 'Where its copy lies is said below.', detail, code);
    case 429:
    case 503:
      return new Problem('The oracle has too much to do.', 'Try again in a moment.', detail, code);
    case 500:
      return new Problem('The oracle failed to answer.', 'Try again. If it stays so, tell whoever runs it.', detail, code);
    case 502:
    case 504:
      return away(detail);
    default:
      return new Problem('The oracle does not take this.', 'What was wrong is said below.', detail, code);
  }
}

async function ask(path: string, request: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    throw away(String(error));
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** `missing` is what is said where the oracle knows no such thing, or the name in the path can be none. */
export async function get<T>(path: string, missing?: { title: string; next: string }): Promise<T> {
  const response = await ask(path, { headers: { accept: 'application/json' } }).catch((error) => {
    const { code, detail } = asProblem(error);
    if (missing && ['not_found', 'device', 'operator'].includes(code)) throw new Problem(missing.title, missing.next, detail, code);
    throw error;
  });
  return (await response.json()) as T;
}

export async function post<T>(path: string, body: unknown): Promise<T> {
  const response = await ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as T;
}

export async function bytes(path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await ask(path, {})).arrayBuffer());
}

let known: Promise<Network> | undefined;

/** What never changes is asked for once. */
export function network(): Promise<Network> {
  known ??= get<Network>('/v1/network').catch((error) => {
    known = undefined;
    throw error;
  });
  return known;
}

/** Anything thrown, as something that a person is told. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem('Something went wrong on this page.', 'Load it again. The words below help whoever mends it.', String(error));
}
