// A new device: a key, and the code that it shows for the wallet that is to own it.
import { getAddressEncoder, getProgramDerivedAddress, getUtf8Encoder } from '@solana/kit';
import { base58, newKeypair, signer } from './demo.mjs';

const key = (address) => getAddressEncoder().encode(address);
const little = (value, bytes) => Uint8Array.from({ length: bytes }, (_, place) => Number((BigInt(value) >> BigInt(8 * place)) & 255n));

export async function deviceCode(demo, { wallet, classIndex, validSeconds = 3600 }) {
  const [network, status] = await Promise.all(['network', 'status'].map(async (path) => (await fetch(`${demo.url}/v1/${path}`)).json()));
  const program = network.programs.registry;
  const derive = async (...seeds) => (await getProgramDerivedAddress({ programAddress: program, seeds }))[0];
  const operator = await derive('operator', key(network.network), key(wallet));
  const deviceClass = await derive('class', key(network.network), little(classIndex, 2));
  const until = status.now_unix + validSeconds;
  const keypair = newKeypair();
  const publicKey = keypair.slice(32);
  const message = [
    ...getUtf8Encoder().encode('trellis:register-device:v1\0'),
    ...[program, network.network, operator, deviceClass].flatMap((address) => [...key(address)]),
    0,
    ...publicKey,
    ...little(until, 8),
  ];
  const signature = signer(keypair).sign(message);
  const device = base58(publicKey);
  const query = new URLSearchParams({ network: network.network, device, class: classIndex, operator: wallet, valid_until: until, proof: base58(signature) });
  return { device, query: query.toString() };
}
