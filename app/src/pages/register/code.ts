/** What a device's code says: `trellis:register?network=…&device=…&class=…`, or the address of this page with the same. */
import { Problem } from '../../api';

export interface DeviceCode {
  network: string;
  /** The device's key, base58. */
  device: string;
  /** Number of its class. */
  classIndex: number;
  /** The wallet that the device's key has signed for, until when, and the signature in base58; absent: not signed yet. */
  proof?: { wallet: string; validUntilUnix: number; signature: string };
}

const unreadable = (detail: string) =>
  new Problem('This is no device’s code.', 'Let the device show its code (`trellis agent show`), and scan it or copy its text.', detail, 'no_code');

const NAME = /^[1-9A-HJ-NP-Za-km-z]{32,90}$/;

export function parseCode(text: string): DeviceCode {
  const query = /^(?:trellis:register|https?:\/\/[^?#]+\/register)\?(.*)$/.exec(text.trim())?.[1];
  if (query === undefined) throw unreadable(text.slice(0, 200));
  const fields = new URLSearchParams(query);
  const [network, device, classIndex] = [fields.get('network') ?? '', fields.get('device') ?? '', fields.get('class') ?? '0'];
  if (!NAME.test(network)) throw unreadable(`network: \`${network}\``);
  if (!NAME.test(device)) throw unreadable(`device: \`${device}\``);
  if (!/^\d{1,5}$/.test(classIndex) || Number(classIndex) > 65_535) throw unreadable(`class: \`${classIndex}\``);
  const [wallet, until, signature] = [fields.get('operator'), fields.get('valid_until'), fields.get('proof')];
  if (wallet === null && until === null && signature === null) return { network, device, classIndex: Number(classIndex) };
  if (!wallet || !NAME.test(wallet)) throw unreadable(`operator: \`${wallet}\``);
  if (!until || !/^\d{1,12}$/.test(until)) throw unreadable(`valid_until: \`${until}\``);
  if (!signature || !NAME.test(signature)) throw unreadable(`proof: \`${signature}\``);
  return { network, device, classIndex: Number(classIndex), proof: { wallet, validUntilUnix: Number(until), signature } };
}

/** The code as the device writes it. */
export function toText({ network, device, classIndex, proof }: DeviceCode): string {
  const signed = proof ? `&operator=${proof.wallet}&valid_until=${proof.validUntilUnix}&proof=${proof.signature}` : '';
  return `trellis:register?network=${network}&device=${device}&class=${classIndex}${signed}`;
}
