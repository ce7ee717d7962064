/** Registers a device by what its key has signed: see `sdk/core/src/registration.rs`. */
import { address, createNoopSigner, type Instruction } from '@solana/kit';
import { Problem, type Network } from '../api';
import {
  fetchMaybeDevice,
  fetchMaybeDeviceClass,
  fetchMaybeOperator,
  getRegisterDeviceInstruction,
  getRegisterOperatorInstruction,
  type Device,
} from '../generated/registry';
import type { DeviceCode } from '../pages/register/code';
import { base58 } from '../verify/base58';
import type { Connected } from '../wallet/wallets';
import * as addresses from './addresses';
import { asked, chainOf } from './client';
import { deviceSeed, KIND, kindOf, padded } from './device-key';
import { send } from './send';
import { sendSponsored, type Sponsor } from './sponsor';

const DOMAIN = 'trellis:register-device:v1\0';
const PRECOMPILES = {
  [KIND.ed25519]: address('Ed25519SigVerify111111111111111111111111111'),
  [KIND.p256]: address('Secp256r1SigVerify1111111111111111111111111'),
};
const CONFIRMED = { commitment: 'confirmed' } as const;
/** In an offset's place: this very instruction. */
const HERE = 0xffff;

const little = (value: bigint, bytes: number) => Array.from({ length: bytes }, (_, place) => Number((value >> BigInt(8 * place)) & 255n));

/** What the precompile is asked to check. Its layout is in `sdk/core/src/precompile.rs`. */
function signatureCheck(key: Uint8Array, signature: Uint8Array, message: Uint8Array): Instruction {
  const [keyAt, signatureAt] = [16, 16 + key.length];
  const messageAt = signatureAt + signature.length;
  const fields = [signatureAt, HERE, keyAt, HERE, messageAt, message.length, HERE];
  const data = Uint8Array.from([1, 0, ...fields.flatMap((field) => little(BigInt(field), 2)), ...key, ...signature, ...message]);
  return { programAddress: PRECOMPILES[kindOf(key) as 0 | 1], accounts: [], data };
}

/** The maker who must sign registrations of this class; `undefined`: nobody must. */
export async function makerOf(facts: Network, classIndex: number): Promise<string | undefined> {
  const account = await asked(fetchMaybeDeviceClass(chainOf(facts), await addresses.deviceClass(facts, classIndex), CONFIRMED));
  if (!account.exists) throw new Problem('The network has no such class of devices.', 'Correct the class in the device’s settings.', `class ${classIndex}`, 'no_class');
  const { maker } = account.data;
  return /^1+$/.test(maker) ? undefined : maker;
}

/** Registers the device that showed `code`. `maker` is the wallet of the maker, if the class names one; `sponsor` pays, if there is one. */
export async function registerDevice(facts: Network, connected: Connected, code: DeviceCode, maker?: Connected, sponsor?: Sponsor): Promise<string> {
  const { proof } = code;
  if (!proof) throw new Problem('The device has not signed yet.', 'Run the command above on the device, with your wallet’s address.');
  if (proof.wallet !== connected.account.address) {
    throw new Problem('The device has signed for another wallet.', 'Connect that wallet, or let the device make a code for this one.', `${proof.wallet} instead of ${connected.account.address}`, 'wrong_wallet');
  }
  const chain = chainOf(facts);
  const [key, signature] = [base58(code.device), base58(proof.signature)];
  const wallet = address(connected.account.address);
  const [operator, deviceClass, device] = await Promise.all([
    addresses.operator(facts, wallet),
    addresses.deviceClass(facts, code.classIndex),
    addresses.device(facts, await deviceSeed(key)),
  ]);
  const [there, operatorAccount] = await asked(Promise.all([fetchMaybeDevice(chain, device, CONFIRMED), fetchMaybeOperator(chain, operator, CONFIRMED)]));
  if (there.exists) throw registeredBefore(there.data, operator);
  const message = Uint8Array.from([
    ...new TextEncoder().encode(DOMAIN),
    ...[facts.programs.registry, facts.network, operator, deviceClass].flatMap((name) => [...base58(name)]),
    kindOf(key),
    ...key,
    ...little(BigInt(proof.validUntilUnix), 8),
  ]);
  const signer = createNoopSigner(wallet);
  const payer = sponsor ? createNoopSigner(address(sponsor.payer)) : signer;
  // A maker that registers a device of its own signs once.
  const others = maker && maker.account.address !== wallet ? [maker] : [];
  const network = address(facts.network);
  const first = operatorAccount.exists ? [] : [getRegisterOperatorInstruction({ payer, wallet: signer, network, operator, payoutWallet: wallet })];
  const register = getRegisterDeviceInstruction({
    payer,
    wallet: signer,
    maker: maker && createNoopSigner(address(maker.account.address)),
    network,
    class: deviceClass,
    operator,
    device,
    key: padded(key),
    validUntilUnix: BigInt(proof.validUntilUnix),
  });
  // The check stands right before the instruction that it is for.
  const instructions = [...first, signatureCheck(key, signature, message), register];
  return sponsor ? sendSponsored(facts, sponsor, instructions, [connected, ...others]) : send(facts, connected, instructions, others);
}

function registeredBefore(device: Device, operator: string): Problem {
  if (device.operator === operator) {
    return new Problem('This device is registered to you already.', 'Nothing is left to do: its page shows its reports.', `operator ${device.operatorIndex}`, 'registered');
  }
  return new Problem(
    'This device is registered to somebody else.',
    `It belongs to operator ${device.operatorIndex}, who alone can hand it over: \`trellis device transfer\`.`,
    `operator ${device.operatorIndex}`,
    'registered',
  );
}
