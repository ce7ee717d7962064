/** Program-derived addresses. The seeds are those of `sdk/core/src/pda.rs`. */
import { address, getAddressEncoder, getProgramDerivedAddress, getUtf8Encoder, type Address } from '@solana/kit';
import type { Network } from '../api';

const ASSOCIATED_TOKEN = address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL');

const text = (seed: string) => getUtf8Encoder().encode(seed);
const key = (of: string) => getAddressEncoder().encode(address(of));

function littleEndian(value: bigint | number, bytes: number): Uint8Array {
  let rest = BigInt(value);
  return Uint8Array.from({ length: bytes }, () => {
    const byte = Number(rest & 255n);
    rest >>= 8n;
    return byte;
  });
}

type Seed = Parameters<typeof getProgramDerivedAddress>[0]['seeds'][number];

async function derive(program: string, ...seeds: Seed[]): Promise<Address> {
  const [derived] = await getProgramDerivedAddress({ programAddress: address(program), seeds });
  return derived;
}

export const OPERATORS_PER_PAGE = 1024;

export const emission = (facts: Network) => derive(facts.programs.token, text('emission'), key(facts.network));
export const claimPage = (facts: Network, operatorIndex: number) =>
  derive(facts.programs.rewards, text('claims'), key(facts.vault), littleEndian(Math.floor(operatorIndex / OPERATORS_PER_PAGE), 4));
export const proposal = (facts: Network, epoch: number, proposer: string) =>
  derive(facts.programs.rewards, text('proposal'), key(facts.vault), littleEndian(epoch, 8), key(proposer));
export const operator = (facts: Network, wallet: string) => derive(facts.programs.registry, text('operator'), key(facts.network), key(wallet));
export const deviceClass = (facts: Network, index: number) => derive(facts.programs.registry, text('class'), key(facts.network), littleEndian(index, 2));
export const device = (facts: Network, seed: Uint8Array) => derive(facts.programs.registry, text('device'), key(facts.network), seed);
export const stakePool = (facts: Network) => derive(facts.programs.staking, text('stake-pool'), key(facts.network));
export const operatorStake = (facts: Network, pool: string, operator: string) =>
  derive(facts.programs.staking, text('operator-stake'), key(pool), key(operator));
export const stakePosition = (facts: Network, operatorStake: string, wallet: string) =>
  derive(facts.programs.staking, text('stake'), key(operatorStake), key(wallet));
export const unbondingTicket = (facts: Network, position: string, number: number) =>
  derive(facts.programs.staking, text('unbond'), key(position), littleEndian(number, 4));

/** Where a wallet holds tokens of a mint. */
export const tokenAccount = (wallet: string, mint: string, tokenProgram: string) => derive(ASSOCIATED_TOKEN, key(wallet), key(tokenProgram), key(mint));

/** Creates that account if it is not there. */
export async function createTokenAccount(payer: Address, wallet: string, mint: string, tokenProgram: string) {
  return {
    programAddress: ASSOCIATED_TOKEN,
    accounts: [
      { address: payer, role: 3 as const },
      { address: await tokenAccount(wallet, mint, tokenProgram), role: 1 as const },
      { address: address(wallet), role: 0 as const },
      { address: address(mint), role: 0 as const },
      { address: address('11111111111111111111111111111111'), role: 0 as const },
      { address: address(tokenProgram), role: 0 as const },
    ],
    // "Create, unless it is there already."
    data: Uint8Array.of(1),
  };
}
