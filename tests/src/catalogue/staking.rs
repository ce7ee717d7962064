//! Sound calls of the staking program.

use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    SPL_TOKEN_ID,
    accounts::{SlashProposal, StakePool, UnbondingTicket},
    addresses,
    instructions::staking::{self, ProposeSlashArgs, UpdatePoolArgs},
};

use super::{Call, Case};
use crate::{
    World, expect_success,
    fixtures::{COOLDOWN_SECONDS, SLASH_DELAY_SECONDS, StakingStage, pool_settings},
};

const AMOUNT: u64 = 10_000_000;

pub fn cases() -> Vec<Case> {
    let case = |name, prepare: fn(&mut World) -> Call| Case::new("staking", name, "", prepare);
    let special = |name, what: &str, prepare: fn(&mut World) -> Call| Case::new("staking", name, what, prepare);
    vec![
        case("create_pool", create_pool),
        case("update_pool", update_pool),
        case("open_operator_stake", open_operator_stake),
        case("open_position", open_position),
        case("delegate", delegate),
        special("delegate", "after a slash, with rewards", delegate_slashed),
        case("unstake", unstake),
        special("unstake", "to another operator", redelegate),
        case("cancel_redelegation", cancel_redelegation),
        case("withdraw", withdraw),
        case("complete_redelegation", complete_redelegation),
        case("claim_stake_rewards", claim_stake_rewards),
        case("distribute_rewards", distribute_rewards),
        case("propose_slash", propose_slash),
        case("veto_slash", veto_slash),
        case("execute_slash", execute_slash),
        case("close_slash", close_slash),
        case("close_position", close_position),
        case("require_bond", require_bond),
        case("require_tier", require_tier),
    ]
}

/// Two stages in each of which wallet 2 has staked with both operators, and the operators with themselves.
fn two_stages(world: &mut World) -> (StakingStage, StakingStage) {
    let stages = (world.staking_stage(), world.staking_stage());
    for stage in [&stages.0, &stages.1] {
        for (operator, wallet) in [(0, 0), (1, 1), (0, 2), (1, 2), (0, 3)] {
            world.stake(stage, operator, wallet, AMOUNT);
        }
    }
    stages
}

/// The call, with the twins that every instruction on a pool has: what it names of the first stage, as of the second.
fn call(stages: &(StakingStage, StakingStage), instruction: Instruction, signers: &[&Keypair]) -> Call {
    let (own, other) = stages;
    let pairs = [
        (own.network.address, other.network.address),
        (own.network.authority_address(), other.network.authority_address()),
        (own.network.guardian_address(), other.network.guardian_address()),
        (own.pool.address, other.pool.address),
        (own.pool.stake_tokens, other.pool.stake_tokens),
        (own.pool.reward_tokens, other.pool.reward_tokens),
        (own.pool.treasury, other.pool.treasury),
        (own.stakes[0], other.stakes[0]),
        (own.stakes[1], other.stakes[1]),
        (own.operators[0].address, other.operators[0].address),
        (own.position(0, 2), other.position(0, 2)),
        (own.position(0, 2), own.position(0, 3)),
        (own.position(1, 2), other.position(1, 2)),
        (own.wallet(2), own.wallet(3)),
        (own.tokens[2], own.tokens[3]),
        (own.tokens[2], other.tokens[2]),
    ];
    let names = |address| instruction.accounts.iter().any(|meta| meta.pubkey == address);
    let named: Vec<_> = pairs.into_iter().filter(|&(account, _)| names(account)).collect();
    named.into_iter().fold(Call::new(instruction, signers), |call, (account, twin)| call.twin(account, twin))
}

fn create_pool(world: &mut World) -> Call {
    let (network, other) = (world.create_network(), world.create_network());
    let (payer, authority) = (world.payer(), network.authority_address());
    let mint = world.create_foreign_mint(authority);
    let treasury = world.create_token_account(authority, mint);
    let other_mint = world.create_foreign_mint(authority);
    let settings = pool_settings();
    let create = staking::create_pool(payer, authority, network.address, mint, SPL_TOKEN_ID, treasury, settings);
    Call::new(create, &[&network.authority])
        .twin(network.address, other.address)
        .twin(authority, other.authority_address())
        .twin(mint, other_mint)
        .any(payer, "pays the rent")
        .any(treasury, "the authority chooses where slashed tokens go: any token account of the mint")
}

fn update_pool(world: &mut World) -> Call {
    let stages = two_stages(world);
    let stage = &stages.0;
    let args = UpdatePoolArgs { guardian: stage.network.guardian_address(), settings: pool_settings() };
    let (authority, treasury) = (&stage.network.authority, stage.pool.treasury);
    let update = staking::update_pool(authority.pubkey(), stage.network.address, treasury, args);
    call(&stages, update, &[authority])
        .any(treasury, "the authority chooses where slashed tokens go: any token account of the mint")
}

fn open_operator_stake(world: &mut World) -> Call {
    let stages = two_stages(world);
    let (operator, other) = (world.register_operator(&stages.0.network), world.register_operator(&stages.1.network));
    let payer = world.payer();
    let open = staking::open_operator_stake(payer, stages.0.pool.address, operator.address);
    call(&stages, open, &[]).twin(operator.address, other.address).any(payer, "pays the rent")
}

fn open_position(world: &mut World) -> Call {
    let stages = two_stages(world);
    let (wallet, other, payer) = (world.keypair().pubkey(), world.keypair().pubkey(), world.payer());
    let open = staking::open_position(payer, stages.0.stakes[0], wallet);
    call(&stages, open, &[]).twin(wallet, other).any(payer, "pays the rent")
}

fn delegation(stage: &StakingStage) -> Instruction {
    let (pool, stake) = (stage.pool.address, stage.stakes[0]);
    staking::delegate(stage.wallet(2), pool, SPL_TOKEN_ID, stake, stage.tokens[2], AMOUNT)
}

fn delegate(world: &mut World) -> Call {
    let stages = two_stages(world);
    call(&stages, delegation(&stages.0), &[&stages.0.wallets[2]])
}

fn delegate_slashed(world: &mut World) -> Call {
    let stages = two_stages(world);
    world.slash(&stages.0, 0, 3_333);
    world.reward_stakers(&stages.0, AMOUNT);
    call(&stages, delegation(&stages.0), &[&stages.0.wallets[2]])
}

fn unstake(world: &mut World) -> Call {
    let stages = two_stages(world);
    let (stage, payer) = (&stages.0, world.payer());
    let leave = staking::unstake(payer, stage.wallet(2), stage.pool.address, stage.stakes[0], 0, AMOUNT / 3);
    call(&stages, leave, &[&stage.wallets[2]]).any(payer, "pays the rent")
}

fn redelegate(world: &mut World) -> Call {
    let stages = two_stages(world);
    let (stage, payer) = (&stages.0, world.payer());
    let (pool, [from, to]) = (stage.pool.address, stage.stakes);
    let leave = staking::redelegate(payer, stage.wallet(2), pool, from, to, 0, AMOUNT / 3);
    call(&stages, leave, &[&stage.wallets[2]]).any(payer, "pays the rent")
}

/// A ticket of wallet 2 that is released, and its twins: of wallet 3, and of the other stage.
fn tickets(world: &mut World, to: Option<usize>) -> ((StakingStage, StakingStage), [UnbondingTicket; 3]) {
    let stages = two_stages(world);
    let tickets = [(&stages.0, 2), (&stages.0, 3), (&stages.1, 2)]
        .map(|(stage, wallet)| world.unstake(stage, 0, wallet, to, AMOUNT / 3));
    world.advance(i64::from(COOLDOWN_SECONDS));
    (stages, tickets)
}

fn with_tickets(call: Call, tickets: &[UnbondingTicket; 3]) -> Call {
    let [own, others @ ..] = tickets.map(|ticket| addresses::unbonding_ticket(&ticket.position, ticket.number));
    others.into_iter().fold(call, |call, twin| call.twin(own, twin))
}

fn cancel_redelegation(world: &mut World) -> Call {
    let (stages, tickets) = tickets(world, Some(1));
    let ticket = addresses::unbonding_ticket(&tickets[0].position, 0);
    let cancel = staking::cancel_redelegation(stages.0.wallet(2), ticket);
    with_tickets(call(&stages, cancel, &[&stages.0.wallets[2]]), &tickets)
}

fn withdraw(world: &mut World) -> Call {
    let (stages, tickets) = tickets(world, None);
    let stage = &stages.0;
    let withdraw = staking::withdraw(stage.pool.address, SPL_TOKEN_ID, &tickets[0], stage.tokens[2]);
    with_tickets(call(&stages, withdraw, &[]), &tickets)
}

fn complete_redelegation(world: &mut World) -> Call {
    let (stages, tickets) = tickets(world, Some(1));
    let complete = staking::complete_redelegation(stages.0.pool.address, &tickets[0]);
    with_tickets(call(&stages, complete, &[]), &tickets)
}

fn claim_stake_rewards(world: &mut World) -> Call {
    let stages = two_stages(world);
    let stage = &stages.0;
    world.reward_stakers(stage, AMOUNT);
    let (pool, stake) = (stage.pool.address, stage.stakes[0]);
    let claim = staking::claim_stake_rewards(pool, SPL_TOKEN_ID, stake, stage.wallet(2), stage.tokens[2]);
    call(&stages, claim, &[])
}

fn distribute_rewards(world: &mut World) -> Call {
    let stages = two_stages(world);
    world.reward_stakers(&stages.0, AMOUNT);
    call(&stages, staking::distribute_rewards(stages.0.pool.address), &[])
}

fn propose_slash(world: &mut World) -> Call {
    let stages = two_stages(world);
    let (stage, payer) = (&stages.0, world.payer());
    let authority = &stage.network.authority;
    let args = ProposeSlashArgs { bps: 100, evidence_hash: [1; 32] };
    let propose = staking::propose_slash(payer, authority.pubkey(), stage.network.address, stage.stakes[0], 0, args);
    call(&stages, propose, &[authority]).any(payer, "pays the rent, and gets it back")
}

/// A slash in each stage, and a twin with the other operator of the first.
fn slashes(world: &mut World) -> ((StakingStage, StakingStage), [SlashProposal; 3]) {
    let stages = two_stages(world);
    let proposals = [(&stages.0, 0), (&stages.0, 1), (&stages.1, 0)]
        .map(|(stage, operator)| world.propose_slash(stage, operator, 1_000));
    (stages, proposals)
}

fn proposal_addresses(proposals: &[SlashProposal; 3]) -> [solana_address::Address; 3] {
    proposals.map(|proposal| addresses::slash_proposal(&proposal.operator_stake, proposal.number))
}

fn veto_slash(world: &mut World) -> Call {
    let (stages, proposals) = slashes(world);
    let [own, _, other] = proposal_addresses(&proposals);
    let guardian = &stages.0.network.guardian;
    let veto = staking::veto_slash(guardian.pubkey(), stages.0.pool.address, own);
    call(&stages, veto, &[guardian]).twin(own, other)
}

fn execute_slash(world: &mut World) -> Call {
    let (stages, proposals) = slashes(world);
    world.advance(i64::from(SLASH_DELAY_SECONDS));
    let [own, beside, other] = proposal_addresses(&proposals);
    let pool = world.account::<StakePool>(stages.0.pool.address);
    call(&stages, staking::execute_slash(&pool, &proposals[0]), &[]).twin(own, beside).twin(own, other)
}

fn close_slash(world: &mut World) -> Call {
    let (stages, proposals) = slashes(world);
    let guardian = &stages.0.network.guardian;
    // Those beside it are not over.
    let [own, beside, other] = proposal_addresses(&proposals);
    let veto = staking::veto_slash(guardian.pubkey(), stages.0.pool.address, own);
    expect_success(world.run(veto, &[guardian]));
    let thief = world.keypair().pubkey();
    call(&stages, staking::close_slash(&proposals[0]), &[])
        .twin(own, beside)
        .twin(own, other)
        .twin(world.payer(), thief)
}

fn close_position(world: &mut World) -> Call {
    let stages = two_stages(world);
    let stage = &stages.0;
    let ticket = world.unstake(stage, 0, 2, None, AMOUNT);
    world.advance(i64::from(COOLDOWN_SECONDS));
    let withdraw = staking::withdraw(stage.pool.address, SPL_TOKEN_ID, &ticket, stage.tokens[2]);
    expect_success(world.run(withdraw, &[]));
    let close = staking::close_position(stage.wallet(2), stage.pool.address, stage.stakes[0]);
    call(&stages, close, &[&stage.wallets[2]])
}

fn require_bond(world: &mut World) -> Call {
    let stages = two_stages(world);
    let stage = &stages.0;
    call(&stages, staking::require_bond(stage.operators[0].address, Some(stage.stakes[0])), &[])
}

fn require_tier(world: &mut World) -> Call {
    let stages = two_stages(world);
    let stage = &stages.0;
    let require = staking::require_tier(stage.pool.address, stage.stakes[0], stage.wallet(2), 3);
    let mut call = call(&stages, require, &[]);
    // Whose position it is, its caller decides: the position's wallet is in the answer.
    call.twins.retain(|&(_, twin)| twin != stage.position(0, 3));
    call
}
