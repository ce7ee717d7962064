//! Stake: delegated, on its way out, to another operator, or slashed. Values are the business of the staking tests' exact
//! model; here stand rights and moments, and `check_stakes` says what must hold of all values.

use solana_signer::Signer;
use trellis_client::{SPL_TOKEN_ID, accounts::Position, addresses, instructions::staking};

use super::{
    attempt::{Action, Attempt},
    dice::Dice,
    model::{NETWORKS, Sim},
};

pub const ACTIONS: &[Action] = &[
    Action { name: "staking.open_operator_stake", weight: 3, attempt: open_operator_stake },
    Action { name: "staking.open_position", weight: 4, attempt: open_position },
    Action { name: "staking.close_position", weight: 2, attempt: close_position },
    Action { name: "staking.delegate", weight: 12, attempt: delegate },
    Action { name: "staking.unstake", weight: 5, attempt: unstake },
    Action { name: "staking.redelegate", weight: 3, attempt: redelegate },
    Action { name: "staking.distribute_rewards", weight: 2, attempt: distribute_rewards },
    Action { name: "staking.claim_stake_rewards", weight: 6, attempt: claim_stake_rewards },
    Action { name: "staking.require_bond", weight: 2, attempt: require_bond },
    Action { name: "staking.require_tier", weight: 2, attempt: require_tier },
];

/// A network, one of its operators and one of its stakers: mostly those of an open position.
fn somewhere(sim: &Sim, dice: &mut Dice) -> Option<(usize, usize, usize)> {
    let at = dice.below(NETWORKS as u64) as usize;
    let network = &sim.networks[at];
    let open: Vec<(usize, usize)> = network.staking.positions.iter().copied().collect();
    if let Some(index) = dice.index(&open).filter(|_| !dice.one_in(10)) {
        return Some((at, open[index].0, open[index].1));
    }
    Some((at, dice.index(&network.operators)?, dice.index(&network.stakers)?))
}

fn open_operator_stake(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let network = &sim.networks[at];
    let operator = dice.index(&network.operators)?;
    let foreign = dice.one_in(8);
    let pool = sim.networks[if foreign { (at + 1) % NETWORKS } else { at }].pool;
    let open = staking::open_operator_stake(sim.world.payer(), pool, network.operators[operator].address);
    let wrongs = [(foreign, "another network's pool"), (network.staking.stakes.contains(&operator), "open already")];
    let attempt = Attempt::new(open, &[], move |sim| {
        sim.networks[at].staking.stakes.insert(operator);
    });
    Some(attempt.refused_if(&wrongs))
}

fn open_position(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let network = &sim.networks[at];
    let (operator, staker) = (dice.index(&network.operators)?, dice.index(&network.stakers)?);
    let wallet = network.stakers[staker].wallet.pubkey();
    let open = staking::open_position(sim.world.payer(), network.stake_of(operator), wallet);
    let wrongs = [
        (!network.staking.stakes.contains(&operator), "no stake of that operator"),
        (network.staking.positions.contains(&(operator, staker)), "open already"),
    ];
    let attempt = Attempt::new(open, &[], move |sim| {
        sim.networks[at].staking.positions.insert((operator, staker));
    });
    Some(attempt.refused_if(&wrongs))
}

fn close_position(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, operator, staker) = somewhere(sim, dice)?;
    let signer = sim.somebody(dice, at, |network| &network.stakers[staker].wallet);
    let network = &sim.networks[at];
    let close = staking::close_position(signer.pubkey(), network.pool, network.stake_of(operator));
    let wrongs = [
        (signer.pubkey() != network.stakers[staker].wallet.pubkey(), "not the wallet"),
        (!network.staking.positions.contains(&(operator, staker)), "no position"),
        (sim.worth(at, operator, staker) > 0, "not empty"),
    ];
    let attempt = Attempt::new(close, &[&signer], move |sim| {
        sim.networks[at].staking.positions.remove(&(operator, staker));
    });
    Some(attempt.refused_if_or_by_chance(&wrongs))
}

fn delegate(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, operator, staker) = somewhere(sim, dice)?;
    let signer = sim.somebody(dice, at, |network| &network.stakers[staker].wallet);
    let network = &sim.networks[at];
    let tokens = network.stakers[staker].tokens;
    let balance = sim.world.token_balance(tokens);
    let amount = match dice.below(12) {
        0 => 0,
        1 => balance + 1,
        2 => 1 + dice.below(100),
        _ => dice.below(balance / 2 + 2),
    };
    let stake = network.stake_of(operator);
    let delegate = staking::delegate(signer.pubkey(), network.pool, SPL_TOKEN_ID, stake, tokens, amount);
    let wrongs = [
        (signer.pubkey() != network.stakers[staker].wallet.pubkey(), "not the wallet"),
        (!network.staking.positions.contains(&(operator, staker)), "no position"),
        (amount == 0, "nothing"),
        (amount > balance, "more than there is"),
    ];
    Some(Attempt::new(delegate, &[&signer], |_| {}).refused_if(&wrongs))
}

fn unstake(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    leave(sim, dice, false)
}

fn redelegate(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    leave(sim, dice, true)
}

fn leave(sim: &mut Sim, dice: &mut Dice, to_another: bool) -> Option<Attempt> {
    let (at, operator, staker) = somewhere(sim, dice)?;
    let signer = sim.somebody(dice, at, |network| &network.stakers[staker].wallet);
    let network = &sim.networks[at];
    let worth = sim.worth(at, operator, staker);
    let amount = match dice.below(10) {
        0 => 0,
        1 => worth + 1,
        2 => worth,
        3 => 1 + dice.below(100),
        _ => dice.below(worth + 1),
    };
    let (pool, source) = (network.pool, network.stake_of(operator));
    let position = network.position_of(operator, staker);
    let number = sim.world.find_account::<Position>(position).map_or(0, |position| position.ticket_count);
    let (payer, wallet) = (sim.world.payer(), signer.pubkey());
    let destination = dice.index(&network.operators)?;
    let leave = match to_another {
        true => staking::redelegate(payer, wallet, pool, source, network.stake_of(destination), number, amount),
        false => staking::unstake(payer, wallet, pool, source, number, amount),
    };
    let wrongs = [
        (wallet != network.stakers[staker].wallet.pubkey(), "not the wallet"),
        (!network.staking.positions.contains(&(operator, staker)), "no position"),
        (to_another && !network.staking.stakes.contains(&destination), "no stake to go to"),
        (amount == 0, "nothing"),
        (amount > worth, "more than it is worth"),
    ];
    let ticket = addresses::unbonding_ticket(&position, number);
    let attempt = Attempt::new(leave, &[&signer], move |sim| sim.networks[at].staking.tickets.push(ticket));
    Some(match to_another {
        // From an operator to itself: the same account twice.
        true => attempt.refused_if_or_by_chance(&wrongs),
        false => attempt.refused_if(&wrongs),
    })
}

fn distribute_rewards(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let distribute = staking::distribute_rewards(dice.pick(&sim.networks).pool);
    Some(Attempt::new(distribute, &[], |_| {}).refused_if(&[]))
}

fn claim_stake_rewards(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, operator, staker) = somewhere(sim, dice)?;
    let network = &sim.networks[at];
    let paid_to = if dice.one_in(8) { dice.index(&network.stakers)? } else { staker };
    let wallet = network.stakers[staker].wallet.pubkey();
    let (stake, tokens) = (network.stake_of(operator), network.stakers[paid_to].tokens);
    let claim = staking::claim_stake_rewards(network.pool, SPL_TOKEN_ID, stake, wallet, tokens);
    let wrongs = [
        (!network.staking.positions.contains(&(operator, staker)), "no position"),
        (paid_to != staker, "another wallet's account"),
    ];
    let position = network.position_of(operator, staker);
    let before = sim.world.find_account::<Position>(position).map_or(0, |position| position.claimed_total);
    let attempt = Attempt::new(claim, &[], move |sim| {
        let claimed = sim.world.account::<Position>(position).claimed_total;
        sim.networks[at].staking.paid += claimed - before;
    });
    Some(attempt.refused_if_or_by_chance(&wrongs))
}

fn require_bond(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, operator, _) = somewhere(sim, dice)?;
    let network = &sim.networks[at];
    let bonds: u64 =
        network.devices.iter().filter(|device| device.operator == operator).map(|device| device.bond).sum();
    let own = network.stakers.iter().position(|one| one.wallet.pubkey() == network.operators[operator].wallet.pubkey());
    let worth = own.map_or(0, |staker| sim.worth(at, operator, staker));
    let opened = network.staking.stakes.contains(&operator);
    let stake = opened.then(|| network.stake_of(operator));
    let account = network.operators[operator].address;
    let require = staking::require_bond(account, stake);
    let wrongs = [(worth < bonds, "bonded less than the devices ask for")];
    // Without a stake, the question can be asked of any operator.
    Some(Attempt::new(require, &[], |_| {}).refused_if(&wrongs).any_for(account))
}

fn require_tier(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let (at, operator, staker) = somewhere(sim, dice)?;
    let network = &sim.networks[at];
    let tier = dice.below(5) as u8;
    let wallet = network.stakers[staker].wallet.pubkey();
    let require = staking::require_tier(network.pool, network.stake_of(operator), wallet, tier);
    let tiers = trellis_tests::fixtures::pool_settings().tiers;
    let threshold = usize::from(tier).checked_sub(1).map(|place| tiers[place]).filter(|threshold| *threshold > 0);
    let wrongs = [
        (!network.staking.positions.contains(&(operator, staker)), "no position"),
        (threshold.is_none_or(|threshold| sim.worth(at, operator, staker) < threshold), "not of that tier"),
    ];
    Some(Attempt::new(require, &[], |_| {}).refused_if(&wrongs))
}
