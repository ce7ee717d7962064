//! Stake that leaves, slashes that catch it before, and the pool's settings.

use solana_signer::Signer;
use trellis_client::{
    SPL_TOKEN_ID,
    accounts::{SlashProposal, StakePool, UnbondingTicket},
    addresses,
    instructions::staking::{self, PoolSettings, ProposeSlashArgs, UpdatePoolArgs},
};
use trellis_staking::constants::{MAX_SLASH_BPS_PER_EPOCH, MIN_EXECUTION_SECONDS, MIN_SLASH_DELAY_SECONDS, SLASH_OPEN};
use trellis_tests::fixtures::pool_settings;

use super::{
    attempt::{Action, Attempt},
    dice::Dice,
    model::{NETWORKS, Sim},
};

pub const ACTIONS: &[Action] = &[
    Action { name: "staking.withdraw", weight: 5, attempt: withdraw },
    Action { name: "staking.complete_redelegation", weight: 4, attempt: complete_redelegation },
    Action { name: "staking.cancel_redelegation", weight: 2, attempt: cancel_redelegation },
    Action { name: "staking.propose_slash", weight: 3, attempt: propose_slash },
    Action { name: "staking.veto_slash", weight: 2, attempt: veto_slash },
    Action { name: "staking.execute_slash", weight: 5, attempt: execute_slash },
    Action { name: "staking.close_slash", weight: 3, attempt: close_slash },
    Action { name: "staking.update_pool", weight: 2, attempt: update_pool },
];

/// Settings of the pools: short enough that stake leaves within a run.
pub fn quick_pool_settings() -> PoolSettings {
    PoolSettings { unstake_cooldown_seconds: 7_200, slash_delay_seconds: 1_800, ..pool_settings() }
}

/// A network and one of its tickets.
fn some_ticket(sim: &Sim, dice: &mut Dice) -> Option<(usize, usize, UnbondingTicket)> {
    let at = dice.below(NETWORKS as u64) as usize;
    let tickets = &sim.networks[at].staking.tickets;
    let index = dice.index(tickets)?;
    Some((at, index, sim.world.account(tickets[index])))
}

fn withdraw(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index, ticket) = some_ticket(sim, dice)?;
    let network = &sim.networks[at];
    let own = network.stakers.iter().position(|staker| staker.wallet.pubkey() == ticket.wallet)?;
    let paid_to = if dice.one_in(8) { dice.index(&network.stakers)? } else { own };
    let withdraw = staking::withdraw(network.pool, SPL_TOKEN_ID, &ticket, network.stakers[paid_to].tokens);
    let wrongs = [
        (ticket.is_redelegation(), "goes to another operator"),
        (sim.world.now() < ticket.release_unix, "inside the cooldown"),
        (paid_to != own, "another wallet's account"),
    ];
    let attempt = Attempt::new(withdraw, &[], move |sim| {
        sim.networks[at].staking.tickets.remove(index);
    });
    Some(attempt.refused_if(&wrongs))
}

fn complete_redelegation(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index, ticket) = some_ticket(sim, dice)?;
    let network = &sim.networks[at];
    let complete = staking::complete_redelegation(network.pool, &ticket);
    let position = addresses::stake_position(&ticket.destination, &ticket.wallet);
    let is_open = sim.world.raw(position).is_some_and(|account| !account.data.is_empty());
    let wrongs = [
        (!ticket.is_redelegation(), "goes to the wallet"),
        (sim.world.now() < ticket.release_unix, "inside the cooldown"),
        (!is_open, "no position to go to"),
    ];
    let attempt = Attempt::new(complete, &[], move |sim| {
        sim.networks[at].staking.tickets.remove(index);
    });
    // What a slash left of it may be too little for a share.
    Some(attempt.refused_if_or_by_chance(&wrongs))
}

fn cancel_redelegation(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index, ticket) = some_ticket(sim, dice)?;
    let own = sim.networks[at].stakers.iter().position(|staker| staker.wallet.pubkey() == ticket.wallet)?;
    let signer = sim.somebody(dice, at, |network| &network.stakers[own].wallet);
    let address = sim.networks[at].staking.tickets[index];
    let wrongs = [
        (signer.pubkey() != ticket.wallet, "not the wallet"),
        (!ticket.is_redelegation(), "goes to the wallet already"),
    ];
    let cancel = staking::cancel_redelegation(signer.pubkey(), address);
    Some(Attempt::new(cancel, &[&signer], |_| {}).refused_if(&wrongs))
}

fn propose_slash(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let signer = sim.somebody(dice, at, |network| &network.authority);
    let network = &sim.networks[at];
    let operator = dice.index(&network.operators)?;
    let stake = network.stake_of(operator);
    let pool: StakePool = sim.world.account(network.pool);
    let count = sim.world.find_account::<trellis_client::accounts::OperatorStake>(stake);
    let number = count.map_or(0, |stake| stake.slash_count);
    let bps = *dice.pick(&[0, 1, 100, 1_000, 2_500, 4_000, 5_000, MAX_SLASH_BPS_PER_EPOCH + 1]);
    let evidence_hash = [u8::from(!dice.one_in(10)); 32];
    let args = ProposeSlashArgs { bps, evidence_hash };
    let propose = staking::propose_slash(sim.world.payer(), signer.pubkey(), network.address, stake, number, args);
    let wrongs = [
        (signer.pubkey() != network.authority.pubkey(), "not the authority"),
        (!network.staking.stakes.contains(&operator), "no stake of that operator"),
        (bps == 0 || bps > pool.max_slash_bps_per_epoch, "nothing, or above the cap"),
        (evidence_hash == [0; 32], "no evidence"),
    ];
    let proposal = addresses::slash_proposal(&stake, number);
    let attempt = Attempt::new(propose, &[&signer], move |sim| sim.networks[at].staking.slashes.push(proposal));
    Some(attempt.refused_if(&wrongs))
}

/// A network and one of its slashes.
fn some_slash(sim: &Sim, dice: &mut Dice) -> Option<(usize, usize, SlashProposal)> {
    let at = dice.below(NETWORKS as u64) as usize;
    let slashes = &sim.networks[at].staking.slashes;
    let index = dice.index(slashes)?;
    Some((at, index, sim.world.account(slashes[index])))
}

fn veto_slash(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index, proposal) = some_slash(sim, dice)?;
    let guardian = sim.somebody(dice, at, |network| &network.staking.guardian);
    let network = &sim.networks[at];
    let wrongs = [
        (guardian.pubkey() != network.staking.guardian.pubkey(), "not the guardian"),
        (proposal.status != SLASH_OPEN, "over"),
    ];
    let veto = staking::veto_slash(guardian.pubkey(), network.pool, network.staking.slashes[index]);
    Some(Attempt::new(veto, &[&guardian], |_| {}).refused_if(&wrongs))
}

fn execute_slash(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, _, proposal) = some_slash(sim, dice)?;
    let (network, now) = (&sim.networks[at], sim.world.now());
    let pool: StakePool = sim.world.account(network.pool);
    let operator =
        (0..network.operators.len()).find(|operator| network.stake_of(*operator) == proposal.operator_stake)?;
    let epoch = network.calendar.epoch_at(now)?.get();
    let before = network.staking.slashed_bps.get(&(operator, epoch)).copied().unwrap_or_default();
    let after = before + u64::from(proposal.bps);
    let wrongs = [
        (proposal.status != SLASH_OPEN, "over"),
        (now < proposal.effective_unix, "inside the delay"),
        (now >= proposal.expires_unix, "too late"),
        (after > u64::from(pool.max_slash_bps_per_epoch), "above the epoch's cap"),
    ];
    let execute = staking::execute_slash(&pool, &proposal);
    let attempt = Attempt::new(execute, &[], move |sim| {
        sim.networks[at].staking.slashed_bps.insert((operator, epoch), after);
    });
    Some(attempt.refused_if(&wrongs))
}

fn close_slash(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, index, proposal) = some_slash(sim, dice)?;
    let alive = proposal.status == SLASH_OPEN && sim.world.now() < proposal.expires_unix;
    let close = staking::close_slash(&proposal);
    let attempt = Attempt::new(close, &[], move |sim| {
        sim.networks[at].staking.slashes.remove(index);
    });
    Some(attempt.refused_if(&[(alive, "can still be executed")]))
}

fn update_pool(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let signer = sim.somebody(dice, at, |network| &network.authority);
    let network = &sim.networks[at];
    let guardian = dice.pick(&network.people).insecure_clone();
    let delay = *dice.pick(&[MIN_SLASH_DELAY_SECONDS - 1, 600, 1_800, 3_000]);
    let cooldown = *dice.pick(&[delay + MIN_EXECUTION_SECONDS - 1, 7_200, 14_400]);
    let cap = *dice.pick(&[0, 2_500, 5_000, MAX_SLASH_BPS_PER_EPOCH + 1]);
    let settings = PoolSettings {
        unstake_cooldown_seconds: cooldown,
        slash_delay_seconds: delay,
        max_slash_bps_per_epoch: cap,
        ..quick_pool_settings()
    };
    let args = UpdatePoolArgs { guardian: guardian.pubkey(), settings };
    let update = staking::update_pool(signer.pubkey(), network.address, network.treasury, args);
    let wrongs = [
        (signer.pubkey() != network.authority.pubkey(), "not the authority"),
        (delay < MIN_SLASH_DELAY_SECONDS, "too short a delay"),
        (cooldown < delay + MIN_EXECUTION_SECONDS, "too short a cooldown"),
        (!(1..=MAX_SLASH_BPS_PER_EPOCH).contains(&cap), "no such cap"),
    ];
    let treasury = network.treasury;
    let attempt = Attempt::new(update, &[&signer], move |sim| sim.networks[at].staking.guardian = guardian);
    Some(attempt.refused_if(&wrongs).any_for(treasury))
}
