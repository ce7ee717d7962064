/** `sdk/core` in WASM: the very code that hashes leaves and checks proofs on the chain and in the oracle. */
import { Problem } from '../api';
import url from './core.wasm?url';

interface Exports {
  memory: WebAssembly.Memory;
  reserve(bytes: number): number;
  reset(): void;
  verify(vault: number, operator: number, wallet: number, cumulative: bigint, leaves: number, root: number, proof: number, nodes: number): number;
  root(vault: number, wallets: number, cumulatives: number, leaves: number, out: number): void;
  receipt(receipt: number, length: number): number;
  hash(bytes: number, length: number, out: number): void;
}

export interface ProvenLeaf {
  vault: Uint8Array;
  operatorIndex: number;
  payoutWallet: Uint8Array;
  cumulative: bigint;
  leafCount: number;
  root: Uint8Array;
  proof: Uint8Array[];
}

/** What `sdk/wasm/src/receipt.rs` finds of a receipt, by number. */
const FOUND = ['holds', 'not_under_root', 'wrong_signature', 'malformed'] as const;
export type FoundOfReceipt = (typeof FOUND)[number];

export interface Leaves {
  vault: Uint8Array;
  /** 32 bytes each, by operator index. */
  wallets: Uint8Array;
  cumulatives: BigUint64Array;
}

async function load() {
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok) throw new Problem('The checking code could not be fetched.', 'Check your connection and try again.', url);
  const { instance } = await WebAssembly.instantiate(await response.arrayBuffer(), {});
  const wasm = instance.exports as unknown as Exports;
  /** Lays bytes into the module's memory; gives their place. */
  const put = (bytes: Uint8Array) => {
    const place = wasm.reserve(bytes.length);
    new Uint8Array(wasm.memory.buffer).set(bytes, place);
    return place;
  };
  return {
    verify(leaf: ProvenLeaf): boolean {
      if (leaf.vault.length !== 32 || leaf.payoutWallet.length !== 32 || leaf.root.length !== 32 || leaf.proof.some((node) => node.length !== 32)) return false;
      wasm.reset();
      const nodes = new Uint8Array(leaf.proof.length * 32);
      leaf.proof.forEach((node, place) => nodes.set(node, place * 32));
      const [vault, wallet, root, proof] = [put(leaf.vault), put(leaf.payoutWallet), put(leaf.root), put(nodes)];
      return wasm.verify(vault, leaf.operatorIndex, wallet, leaf.cumulative, leaf.leafCount, root, proof, leaf.proof.length) === 1;
    },
    root({ vault, wallets, cumulatives }: Leaves): Uint8Array {
      wasm.reset();
      const places = [put(vault), put(wallets), put(new Uint8Array(cumulatives.buffer)), wasm.reserve(32)] as const;
      wasm.root(places[0], places[1], places[2], cumulatives.length, places[3]);
      return new Uint8Array(wasm.memory.buffer).slice(places[3], places[3] + 32);
    },
    /** BLAKE3: of files in bundles, of attestations. */
    hash(bytes: Uint8Array): Uint8Array {
      wasm.reset();
      const [place, out] = [put(bytes), wasm.reserve(32)];
      wasm.hash(place, bytes.length, out);
      return new Uint8Array(wasm.memory.buffer).slice(out, out + 32);
    },
    /** `bytes` in the order that `sdk/wasm/src/receipt.rs` reads. */
    receipt(bytes: Uint8Array): FoundOfReceipt {
      wasm.reset();
      return FOUND[wasm.receipt(put(bytes), bytes.length)] ?? 'malformed';
    },
  };
}

let loaded: ReturnType<typeof load> | undefined;

export function core() {
  loaded ??= load().catch((error) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}
