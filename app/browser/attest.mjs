// What devices send, and what oracles sign for it: as `sdk/core/src/attestation.rs` and `receipt.rs` have it.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { getAddressEncoder } from '@solana/kit';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { signer } from './demo.mjs';

const key = (address) => Buffer.from(getAddressEncoder().encode(address));

function little(value, bytes) {
  const out = Buffer.alloc(8);
  out.writeBigInt64LE(BigInt(value));
  return out.subarray(0, bytes);
}

/** A device's signed report of no energy, as wire bytes. */
export function attest(keypair, { network, sequence, startUnix, seconds = 600, counter }) {
  const payload = Buffer.concat([little(0, 8), little(counter, 8)]);
  const device = [Buffer.of(0), Buffer.from(keypair.slice(32))];
  const body = Buffer.concat([Buffer.of(1), key(network), ...device, little(sequence, 8), little(startUnix, 8), little(seconds, 4), Buffer.of(1), little(payload.length, 4), payload]);
  return Buffer.concat([body, Buffer.from(signer(keypair).sign(Buffer.concat([Buffer.from('trellis:attestation:v1\0'), body])))]);
}

/** Hands reports in; the oracle's answers. */
export async function submit(url, wires) {
  const body = JSON.stringify({ attestations: wires.map((wire) => wire.toString('base64')) });
  const response = await fetch(`${url}/v1/attestations`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return (await response.json()).results;
}

/** Reports of a device in a bundle, as wire bytes. */
export async function reportsIn(bundle, device) {
  const file = await asyncBufferFromFile(join(bundle, 'attestations.parquet'));
  const rows = await parquetReadObjects({ file, utf8: false });
  const own = rows.filter((row) => Buffer.from(row.device).subarray(1, 33).equals(key(device)));
  return own.map((row) =>
    Buffer.concat([
      Buffer.of(Number(row.version)),
      row.network,
      row.device.subarray(0, 33),
      little(row.sequence, 8),
      little(row.interval_start_unix, 8),
      little(row.interval_seconds, 4),
      Buffer.of(Number(row.work_kind)),
      little(row.payload.length, 4),
      row.payload,
      row.signature,
    ]),
  );
}

/** A receipt for any attestation, signed with this keypair: only whoever is an oracle should be believed. */
export function receiptBy(keypair, { network, attestation_id, epoch, position = 1, received_unix = 1_391_500_000 }) {
  const leaf = [Buffer.of(0), Buffer.from('trellis:receipt:v2\0'), key(network), Buffer.from(attestation_id, 'hex'), little(epoch, 8), little(position, 8), little(received_unix, 8)];
  const root = createHash('sha256').update(Buffer.concat(leaf)).digest();
  const oracle = signer(keypair);
  const signature = Buffer.from(oracle.sign(Buffer.concat([Buffer.from('trellis:receipts:v2\0'), key(network), little(1, 4), root]))).toString('hex');
  return { network, attestation_id, epoch, position, received_unix, oracle: oracle.address, index: 0, count: 1, root: root.toString('hex'), path: [], signature };
}

