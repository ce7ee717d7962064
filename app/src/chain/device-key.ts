/** Devices' keys: 32 bytes are ed25519, 33 are P-256. See `sdk/core/src/device_key.rs`. */
import { Problem } from '../api';

export const KIND = { ed25519: 0, p256: 1 } as const;

const P256_SEED_DOMAIN = 'trellis:p256-seed:v1\0';

export function kindOf(key: Uint8Array): number {
  if (key.length === 32) return KIND.ed25519;
  if (key.length === 33 && (key[0] === 2 || key[0] === 3)) return KIND.p256;
  throw new Problem('This is no device’s key.', 'Scan the device’s code again, or copy its key anew.', `${key.length} bytes`);
}

/** The key's part of its device's address. */
export async function deviceSeed(key: Uint8Array): Promise<Uint8Array> {
  if (kindOf(key) === KIND.ed25519) return key;
  const parts = Uint8Array.from([...new TextEncoder().encode(P256_SEED_DOMAIN), ...key]);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', parts));
}

/** Filled up with zero bytes: how accounts and instructions hold it. */
export function padded(key: Uint8Array): Uint8Array {
  const out = new Uint8Array(33);
  out.set(key);
  return out;
}
