/** Is a receipt worth something, and did the oracle keep its word? */
import { asProblem, get, Problem, type Epoch, type HistoryRow, type Network, type Status } from '../../api';
import { vaultOf } from '../../chain/client';
import { kindOf, padded } from '../../chain/device-key';
import { fromHex, hex } from '../../format';
import type { Vault } from '../../generated/rewards';
import { base58, toBase58 } from '../base58';
import { core, type FoundOfReceipt } from '../core';
import type { Checked } from '../report';
import { readBundle, type BundleRead } from './bundle';
import { bytesOf, type Held, type Receipt } from './read';

export type Outcome =
  | { state: 'counted'; wh: bigint; intervalStartUnix: number }
  | { state: 'refused'; reason: string; detail?: string; intervalStartUnix: number }
  /** Its epoch is not closed yet. Does the oracle list it among the device's newest reports? */
  | { state: 'waiting'; listed: boolean }
  /** The bundle does not hold it: the oracle broke its word. What proves it, for `trellis receipt verify`. */
  | { state: 'missing'; evidence: string };

export interface Report {
  receipt: Receipt;
  checked: Checked[];
  outcome: Outcome;
}

/** Checks receipts of one device; what they have in common is asked for once. */
export class ReceiptChecker {
  private readonly bundles = new Map<number, Promise<BundleRead | undefined>>();
  private vault?: Promise<Vault | Problem>;
  private newest?: Promise<Set<string>>;

  constructor(
    private readonly facts: Network,
    private readonly device: string,
  ) {}

  /** Throws a problem where the receipt proves nothing. */
  async check({ receipt, attestation }: Held): Promise<Report> {
    if (receipt.network !== this.facts.network) {
      throw new Problem('This receipt is of another network.', `This page is of ${this.facts.name}. Check it on the page of its own network.`, receipt.network, 'wrong_network');
    }
    const found = (await core()).receipt(bytesOf(receipt));
    if (found !== 'holds') throw WRONG[found];
    const checked: Checked[] = [{ what: 'The signature is right: nothing in the receipt was changed.', holds: true }, await this.signedByOracle(receipt)];
    if (attestation) await this.requireSameReport(receipt, attestation);
    const bundle = await this.bundleOf(receipt.epoch);
    if (!bundle) {
      await this.requireOpen(receipt.epoch);
      const listed = (await this.listed()).has(receipt.attestation_id);
      return { receipt, checked, outcome: { state: 'waiting', listed } };
    }
    return { receipt, checked: [...checked, ...bundle.checked], outcome: await this.outcome(receipt, bundle) };
  }

  /** Anybody can sign a receipt; only those of the network's oracles count. */
  private async signedByOracle({ oracle }: Receipt): Promise<Checked> {
    const vault = await this.vaultOnChain();
    const oracles: readonly string[] = vault instanceof Problem ? this.facts.oracles : vault.oracles.slice(0, vault.oracleCount);
    if (!oracles.includes(oracle)) {
      throw new Problem('No oracle of this network has signed this.', 'Anybody can write such a receipt. If its signer was an oracle of this network earlier, ask whoever runs the network.', `signed by ${oracle}`, 'unknown_oracle');
    }
    if (vault instanceof Problem) return { what: `Whether its signer is an oracle of this network only this oracle tells; the chain could not be asked: ${vault.title}` };
    return { what: 'Its signer is an oracle of this network, as the chain says.', holds: true, found: { kind: 'hash', value: oracle } };
  }

  private vaultOnChain(): Promise<Vault | Problem> {
    this.vault ??= vaultOf(this.facts).then(({ data }) => data, asProblem);
    return this.vault;
  }

  /** What the chain calls final must not be open for the oracle. */
  private async requireOpen(epoch: number) {
    const vault = await this.vaultOnChain();
    if (vault instanceof Problem || BigInt(epoch) >= vault.nextEpoch) return;
    throw new Problem('This oracle is behind the chain: there the epoch is final.', 'Ask another oracle of the network, or try again in a moment.', `epoch ${epoch}`, 'oracle_behind');
  }

  private async requireSameReport(receipt: Receipt, attestation: Uint8Array) {
    // The last 64 bytes are the device's signature; what an id is: `sdk/core/src/attestation.rs`.
    if (hex((await core()).hash(attestation.subarray(0, -64))) !== receipt.attestation_id) {
      throw new Problem('The report beside the receipt is not the one that it is for.', 'Copy both anew from the device’s folder: a line of a file in `data/receipts` holds both.', receipt.attestation_id, 'other_report');
    }
    const kind = attestation[33];
    this.requireThisDevice(attestation.subarray(34, kind === 0 ? 66 : 67));
  }

  private requireThisDevice(key: Uint8Array) {
    const name = toBase58(key);
    if (name === this.device) return;
    throw new Problem('This receipt is of another device.', `It is for a report of ${name}: check it on that device’s page.`, `${name} instead of ${this.device}`, 'other_device');
  }

  /** `undefined` while the epoch is not closed. */
  private bundleOf(epoch: number): Promise<BundleRead | undefined> {
    const read = this.bundles.get(epoch) ?? this.readBundle(epoch);
    this.bundles.set(epoch, read);
    return read;
  }

  private async readBundle(number: number): Promise<BundleRead | undefined> {
    const { next_to_close } = await get<Status>('/v1/status');
    return number < next_to_close ? readBundle(this.facts, await get<Epoch>(`/v1/epochs/${number}`)) : undefined;
  }

  /** Ids of the newest reports that the oracle has of this device. */
  private listed(): Promise<Set<string>> {
    this.newest ??= get<{ attestations: HistoryRow[] }>(`/v1/devices/${this.device}/attestations?newest_first=true`).then(
      ({ attestations }) => new Set(attestations.map(({ id }) => id)),
    );
    return this.newest;
  }

  private async outcome(receipt: Receipt, bundle: BundleRead): Promise<Outcome> {
    const judged = bundle.judged.get(receipt.attestation_id);
    if (!bundle.attested.has(receipt.attestation_id)) return { state: 'missing', evidence: await evidenceOf(receipt, bundle) };
    if (!judged) throw new Problem('The bundle holds the report, and no verdict on it.', 'Do not trust this oracle’s answers; tell whoever runs the network.', receipt.attestation_id, 'bad_bundle');
    if (judged.device !== hex(deviceName(this.device))) this.requireThisDevice(keyIn(judged.device));
    const intervalStartUnix = Number(judged.interval_start_unix);
    if (judged.accepted_wh !== undefined) return { state: 'counted', wh: judged.accepted_wh, intervalStartUnix };
    return { state: 'refused', reason: judged.refused ?? '', detail: judged.detail, intervalStartUnix };
  }
}

const WRONG: Record<Exclude<FoundOfReceipt, 'holds'>, Problem> = {
  not_under_root: new Problem(
    'This receipt was changed, or is not whole.',
    'What it says is not what the oracle signed. Copy it anew from the device’s folder.',
    'its fields do not lead to the root that was signed',
    'changed',
  ),
  wrong_signature: new Problem('The oracle has not signed this.', 'Nobody promises anything with it. Copy it anew from the device’s folder.', 'the signature is not that of the oracle that it names', 'forged'),
  malformed: new Problem('This is no receipt.', 'Copy it anew from the device’s folder.', 'its bytes cannot be read', 'no_receipt'),
};

/** Kind, then the padded key: as bundles name devices. */
function deviceName(device: string): Uint8Array {
  const key = base58(device);
  return Uint8Array.from([kindOf(key), ...padded(key)]);
}

function keyIn(device: string): Uint8Array {
  const bytes = fromHex(device);
  return bytes.subarray(1, bytes[0] === 0 ? 33 : 34);
}

/** As `trellis receipt check` writes it. */
async function evidenceOf(receipt: Receipt, { epoch, manifest }: BundleRead): Promise<string> {
  const signature = await get<unknown>(`/v1/bundles/${epoch.bundle_hash}/manifest.sig`).catch(() => undefined);
  return `${JSON.stringify({ receipt, manifest, manifest_signature: signature }, undefined, 2)}\n`;
}
