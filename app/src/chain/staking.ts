/** The network's stake pool: who has staked how much with whom, and what a wallet can do about it. */
import { address, createNoopSigner, type Address, type Instruction } from '@solana/kit';
import { get, Problem, type Network, type Operator } from '../api';
import {
  fetchAllMaybeOperatorStake,
  fetchAllMaybePosition,
  fetchAllMaybeUnbondingTicket,
  fetchMaybeStakePool,
  getClaimStakeRewardsInstruction,
  getDelegateInstruction,
  getOpenOperatorStakeInstruction,
  getOpenPositionInstruction,
  getUnstakeInstruction,
  getWithdrawInstruction,
  type OperatorStake,
  type Position,
  type StakePool,
} from '../generated/staking';
import type { Connected } from '../wallet/wallets';
import * as addresses from './addresses';
import { asked, chainOf } from './client';
import { send } from './send';

/** Fractional bits of a share and of a factor: see `sdk/core/src/staking/bucket.rs`. */
const SHARE_AND_FACTOR_BITS = 160n;
const TICKETS = 32;
const CONFIRMED = { commitment: 'confirmed' } as const;

export interface Ticket {
  address: Address;
  releaseUnix: number;
  /** It moves to another operator's stake. */
  moves: boolean;
}
export interface Held {
  address: Address;
  data: Position;
  worth: bigint;
  tickets: Ticket[];
}
export interface Stake {
  operator: Operator;
  address: Address;
  /** All that is staked with the operator; `undefined` while nobody has. */
  data?: OperatorStake;
  held?: Held;
}
export interface Staking {
  pool: { address: Address; data: StakePool };
  stakes: Stake[];
  operators: number;
}

/** `undefined` if the network has no pool. Operators from number `from` on, at most 100. */
export async function readStaking(facts: Network, wallet: string | undefined, from: number): Promise<Staking | undefined> {
  const chain = chainOf(facts);
  const pool = await asked(fetchMaybeStakePool(chain, await addresses.stakePool(facts), CONFIRMED));
  if (!pool.exists) return undefined;
  const { total, operators } = await get<{ total: number; operators: Operator[] }>(`/v1/operators?from=${from}`);
  const places = await Promise.all(
    operators.map(async ({ wallet }) => addresses.operatorStake(facts, pool.address, await addresses.operator(facts, wallet))),
  );
  const found = places.length === 0 ? [] : await asked(fetchAllMaybeOperatorStake(chain, places, CONFIRMED));
  const stakes: Stake[] = operators.map((operator, index) => {
    const account = found[index];
    return { operator, address: places[index]!, data: account?.exists ? account.data : undefined };
  });
  if (wallet) await addHeld(facts, wallet, stakes);
  return { pool: { address: pool.address, data: pool.data }, stakes, operators: total };
}

async function addHeld(facts: Network, wallet: string, stakes: Stake[]) {
  const chain = chainOf(facts);
  const open = stakes.filter(({ data }) => data);
  const places = await Promise.all(open.map((stake) => addresses.stakePosition(facts, stake.address, wallet)));
  if (places.length === 0) return;
  const positions = await asked(fetchAllMaybePosition(chain, places, CONFIRMED));
  await Promise.all(
    positions.map(async (position, index) => {
      const stake = open[index];
      if (!position.exists || !stake?.data) return;
      stake.held = {
        address: position.address,
        data: position.data,
        worth: worth(position.data.shares, stake.data),
        tickets: await ticketsOf(facts, position.address, position.data),
      };
    }),
  );
}

/** Rounded down, and never more than what is held. */
function worth(shares: bigint, stake: OperatorStake): bigint {
  const value = (shares * stake.activeFactor) >> SHARE_AND_FACTOR_BITS;
  return value < stake.activeTokens ? value : stake.activeTokens;
}

async function ticketsOf(facts: Network, position: Address, data: Position): Promise<Ticket[]> {
  if (data.openTickets === 0) return [];
  const first = Math.max(0, data.ticketCount - TICKETS);
  const numbers = Array.from({ length: data.ticketCount - first }, (_, index) => first + index);
  const places = await Promise.all(numbers.map((number) => addresses.unbondingTicket(facts, position, number)));
  const found = await asked(fetchAllMaybeUnbondingTicket(chainOf(facts), places, CONFIRMED));
  return found.flatMap((ticket) =>
    ticket.exists
      ? [{ address: ticket.address, releaseUnix: Number(ticket.data.releaseUnix), moves: !/^1+$/.test(ticket.data.destination) }]
      : [],
  );
}

const walletOf = (connected: Connected) => address(connected.account.address);

/** Stakes `amount` with an operator. The first time, it opens the accounts that hold it. */
export async function delegate(facts: Network, connected: Connected, staking: Staking, stake: Stake, amount: bigint) {
  const { pool } = staking;
  const wallet = walletOf(connected);
  const signer = createNoopSigner(wallet);
  const [position, sourceTokens] = await Promise.all([
    addresses.stakePosition(facts, stake.address, wallet),
    addresses.tokenAccount(wallet, pool.data.mint, pool.data.tokenProgram),
  ]);
  const source = await asked(chainOf(facts).getAccountInfo(sourceTokens, { encoding: 'base64', ...CONFIRMED }).send());
  if (!source.value) throw new Problem('The wallet holds no tokens of this network.', 'Claim what your devices have earned, or get some tokens first.', `no account ${sourceTokens}`, 'no_tokens');
  const instructions: Instruction[] = [];
  if (!stake.data) {
    const operator = await addresses.operator(facts, stake.operator.wallet);
    instructions.push(getOpenOperatorStakeInstruction({ payer: signer, pool: pool.address, operator, operatorStake: stake.address }));
  }
  if (!stake.held) instructions.push(getOpenPositionInstruction({ payer: signer, wallet, operatorStake: stake.address, position }));
  instructions.push(
    getDelegateInstruction({
      wallet: signer,
      pool: pool.address,
      operatorStake: stake.address,
      position,
      sourceTokens,
      stakeTokens: pool.data.stakeTokens,
      rewardTokens: pool.data.rewardTokens,
      tokenProgram: pool.data.tokenProgram,
      amount,
    }),
  );
  return send(facts, connected, instructions);
}

function held(stake: Stake): Held {
  if (!stake.held) throw new Problem('This wallet has nothing staked with this operator.', 'Connect the wallet that staked.');
  return stake.held;
}

/** Begins to take `amount` out; it is free after the pool's cooldown. */
export async function unstake(facts: Network, connected: Connected, staking: Staking, stake: Stake, amount: bigint) {
  const signer = createNoopSigner(walletOf(connected));
  const position = held(stake);
  const ticket = await addresses.unbondingTicket(facts, position.address, position.data.ticketCount);
  const leave = getUnstakeInstruction({
    payer: signer,
    wallet: signer,
    pool: staking.pool.address,
    operatorStake: stake.address,
    position: position.address,
    rewardTokens: staking.pool.data.rewardTokens,
    ticket,
    amount,
  });
  return send(facts, connected, [leave]);
}

/** Takes out what a ticket holds, once its cooldown is over. */
export async function withdraw(facts: Network, connected: Connected, staking: Staking, stake: Stake, ticket: Ticket) {
  const { mint, tokenProgram, stakeTokens } = staking.pool.data;
  const wallet = walletOf(connected);
  const pay = getWithdrawInstruction({
    pool: staking.pool.address,
    operatorStake: stake.address,
    position: held(stake).address,
    ticket: ticket.address,
    wallet,
    stakeTokens,
    payoutTokens: await addresses.tokenAccount(wallet, mint, tokenProgram),
    tokenProgram,
  });
  return send(facts, connected, [await addresses.createTokenAccount(wallet, wallet, mint, tokenProgram), pay]);
}

/** Pays out what the stake has earned. */
export async function claimRewards(facts: Network, connected: Connected, staking: Staking, stake: Stake) {
  const { mint, tokenProgram, rewardTokens } = staking.pool.data;
  const wallet = walletOf(connected);
  const pay = getClaimStakeRewardsInstruction({
    pool: staking.pool.address,
    operatorStake: stake.address,
    position: held(stake).address,
    rewardTokens,
    payoutTokens: await addresses.tokenAccount(wallet, mint, tokenProgram),
    tokenProgram,
  });
  return send(facts, connected, [await addresses.createTokenAccount(wallet, wallet, mint, tokenProgram), pay]);
}
