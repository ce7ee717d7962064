/** What an epoch's bundle holds of attestations, and what was decided about each. Nothing of it is believed unhashed. */
import { parquetReadObjects } from 'hyparquet';
import { bytes, Problem, type Epoch, type Network } from '../../api';
import { vaultOf } from '../../chain/client';
import { keptRoot } from '../../chain/roots';
import { hex } from '../../format';
import type { Vault } from '../../generated/rewards';
import { asyncBufferFrom } from '../buffer';
import { core } from '../core';
import type { Checked } from '../report';

const [ATTESTATIONS, VERDICTS] = ['attestations.parquet', 'verdicts.parquet'];
const DISTRUST = 'Do not trust its answers; ask another oracle of the network, or whoever runs it.';
/** Of both files together. */
const MAX_BYTES = 64 << 20;

const ROWS_AT_A_TIME = 4_096;

export interface Judged {
  /** Kind, then the padded key, in hex. */
  device: string;
  sequence: bigint;
  interval_start_unix: bigint;
  accepted_wh?: bigint;
  refused?: string;
  detail?: string;
}

export interface BundleRead {
  epoch: Epoch;
  /** `manifest.json` to the last byte. */
  manifest: string;
  checked: Checked[];
  /** Ids of all attestations in it, as worked out here. */
  attested: Set<string>;
  /** By id. */
  judged: Map<string, Judged>;
}

interface Manifest {
  network: string;
  epoch: number;
  files: Record<string, { bytes: number; blake3: string }>;
}

export async function readBundle(facts: Network, epoch: Epoch): Promise<BundleRead> {
  const file = (name: string) => bytes(`/v1/bundles/${epoch.bundle_hash}/${name}`);
  const manifestBytes = await file('manifest.json');
  const { hash } = await core();
  const text = new TextDecoder().decode(manifestBytes);
  const manifest = JSON.parse(text) as Manifest;
  const damaged = (detail: string) =>
    new Problem('The oracle serves another bundle than the one that it names.', DISTRUST, detail, 'bad_bundle');
  if (hex(hash(manifestBytes)) !== epoch.bundle_hash) throw damaged('manifest.json');
  if (manifest.network !== facts.network || manifest.epoch !== epoch.epoch) throw damaged(`it is of epoch ${manifest.epoch} of network ${manifest.network}`);
  const size = [ATTESTATIONS, VERDICTS].reduce((sum, name) => sum + (manifest.files[name]?.bytes ?? 0), 0);
  if (size > MAX_BYTES) {
    throw new Problem(
      'The epoch’s bundle is too large for a page.',
      `Look the receipt up with \`trellis receipt check FILE --url ${location.origin}\`.`,
      `${size} bytes`,
      'bundle_too_large',
    );
  }
  const [attestations, verdicts] = await Promise.all([ATTESTATIONS, VERDICTS].map(file)) as [Uint8Array, Uint8Array];
  if (hex(hash(attestations)) !== manifest.files[ATTESTATIONS]?.blake3) throw damaged(ATTESTATIONS);
  if (hex(hash(verdicts)) !== manifest.files[VERDICTS]?.blake3) throw damaged(VERDICTS);
  return { epoch, manifest: text, checked: [await isOnChain(facts, epoch)], attested: await idsIn(attestations), judged: await verdictsIn(verdicts) };
}

/** Is it the bundle that the oracles voted for? The chain keeps the hashes of the last four. */
async function isOnChain(facts: Network, epoch: Epoch): Promise<Checked> {
  let vault: Vault;
  try {
    vault = (await vaultOf(facts)).data;
  } catch (error) {
    return { what: `The bundle could not be compared with the chain: ${error instanceof Problem ? error.title : String(error)}` };
  }
  const kept = keptRoot(vault, epoch.epoch);
  if (!kept) {
    const isOlder = BigInt(epoch.epoch) < vault.nextEpoch;
    return {
      what: isOlder
        ? 'The chain keeps the last four final bundles’ hashes; this one is older, so only the oracle tells it.'
        : 'The oracles have not agreed on this bundle yet; its verdicts can still change.',
    };
  }
  const onChain = hex(kept.bundleHash);
  if (onChain !== epoch.bundle_hash) {
    throw new Problem('The oracle serves another bundle than the one that the oracles voted for.', DISTRUST, `${epoch.bundle_hash} instead of ${onChain}`, 'bad_bundle');
  }
  return { what: 'The epoch’s bundle is the one that the oracles voted for on the chain.', holds: true, found: { kind: 'hash', value: onChain } };
}

interface AttestationRow {
  version: number;
  network: Uint8Array;
  device: Uint8Array;
  sequence: bigint;
  interval_start_unix: bigint;
  interval_seconds: number;
  work_kind: number;
  payload: Uint8Array;
}

const rowsOf = async <T>(file: Uint8Array) => (await parquetReadObjects({ file: asyncBufferFrom(file), utf8: false })) as unknown as T[];

async function idsIn(file: Uint8Array): Promise<Set<string>> {
  const { hash } = await core();
  const ids = new Set<string>();
  for (const [place, row] of (await rowsOf<AttestationRow>(file)).entries()) {
    // A page with much to do must still answer its reader.
    if (place % ROWS_AT_A_TIME === 0) await new Promise((wake) => setTimeout(wake));
    ids.add(hex(hash(canonical(row))));
  }
  return ids;
}

/** The bytes whose hash is an attestation's id: see `sdk/core/src/attestation.rs`. */
function canonical(row: AttestationRow): Uint8Array {
  const key = row.device.subarray(0, row.device[0] === 0 ? 33 : 34);
  const bytes = new Uint8Array(58 + key.length + row.payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = Number(row.version);
  bytes.set(row.network, 1);
  bytes.set(key, 33);
  let at = 33 + key.length;
  view.setBigUint64(at, BigInt(row.sequence), true);
  view.setBigInt64((at += 8), BigInt(row.interval_start_unix), true);
  view.setUint32((at += 8), Number(row.interval_seconds), true);
  view.setUint8((at += 4), Number(row.work_kind));
  view.setUint32((at += 1), row.payload.length, true);
  bytes.set(row.payload, at + 4);
  return bytes;
}

async function verdictsIn(file: Uint8Array): Promise<Map<string, Judged>> {
  const text = (value: Uint8Array | string | null | undefined) => (value == null ? undefined : typeof value === 'string' ? value : new TextDecoder().decode(value));
  const rows = await rowsOf<{ id: Uint8Array; device: Uint8Array; sequence: bigint; interval_start_unix: bigint; accepted_wh: bigint | null; refused: Uint8Array | null; detail: Uint8Array | null }>(file);
  return new Map(
    rows.map((row) => [
      hex(row.id),
      {
        device: hex(row.device),
        sequence: BigInt(row.sequence),
        interval_start_unix: BigInt(row.interval_start_unix),
        accepted_wh: row.accepted_wh == null ? undefined : BigInt(row.accepted_wh),
        refused: text(row.refused),
        detail: text(row.detail),
      },
    ]),
  );
}
