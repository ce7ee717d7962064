/** The whole root of an epoch, from the leaves in its bundle. */
import { asyncBufferFrom } from './buffer';
import { parquetReadObjects } from 'hyparquet';
import { bytes, Problem, type Epoch, type Network } from '../api';
import { hex } from '../format';
import { base58 } from './base58';
import { core } from './core';
import { onChain } from './proof';
import type { Checked } from './report';

const LEAVES = 'operators.parquet';

interface Manifest {
  vault: string;
  root: string;
  leaf_count: number;
  files: Record<string, { bytes: number; blake3: string }>;
}

export async function checkRoot(facts: Network, epoch: Epoch): Promise<Checked[]> {
  const file = (name: string) => bytes(`/v1/bundles/${epoch.bundle_hash}/${name}`);
  const [manifestBytes, leafBytes] = await Promise.all([file('manifest.json'), file(LEAVES)]);
  const manifest = JSON.parse(new TextDecoder().decode(manifestBytes)) as Manifest;
  const { hash } = await core();
  const sameBundle = hex(hash(manifestBytes)) === epoch.bundle_hash;
  const sameFile = hex(hash(leafBytes)) === manifest.files[LEAVES]?.blake3;
  const { root, leaves } = await rootOf(base58(facts.vault), leafBytes);
  return [
    { what: 'The bundle’s list of files is the one whose hash the oracles voted on.', holds: sameBundle, found: { kind: 'hash', value: epoch.bundle_hash } },
    { what: 'The file of leaves is the one on that list.', holds: sameFile },
    { what: 'Leaves in it, as many as the epoch says.', holds: leaves === epoch.leaf_count, found: { kind: 'count', value: String(leaves) } },
    { what: 'They lead to the epoch’s root.', holds: root === epoch.root, found: { kind: 'hash', value: root } },
    await onChain(facts, epoch),
  ];
}

/** The root of the rewards tree over the rows of `operators.parquet`. */
export async function rootOf(vault: Uint8Array, file: Uint8Array): Promise<{ root: string; leaves: number }> {
  const columns = ['index', 'payout_wallet', 'cumulative'];
  const rows = (await parquetReadObjects({ file: asyncBufferFrom(file), columns, utf8: false })) as unknown as {
    index: number;
    payout_wallet: Uint8Array;
    cumulative: bigint;
  }[];
  const wallets = new Uint8Array(rows.length * 32);
  const cumulatives = new BigUint64Array(rows.length);
  rows.forEach(({ index, payout_wallet, cumulative }, place) => {
    if (Number(index) !== place || payout_wallet.length !== 32) {
      throw new Problem('The file of leaves is not as it should be.', 'Do not trust this bundle; tell whoever runs the network.', `row ${place}`);
    }
    wallets.set(payout_wallet, place * 32);
    cumulatives[place] = BigInt(cumulative);
  });
  return { root: hex((await core()).root({ vault, wallets, cumulatives })), leaves: rows.length };
}
