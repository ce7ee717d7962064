//! Emission and burns.

use solana_signer::Signer;
use trellis_client::{accounts::Emission, addresses, instructions::token};
use trellis_core::Epoch;
use trellis_tests::tamper::swap;

use super::{
    attempt::{Action, Attempt},
    dice::Dice,
    model::{NETWORKS, Sim},
};

/// Most epochs of one instruction, and longest memo of a burn.
const MAX_EPOCHS: u64 = 64;
const MAX_MEMO_BYTES: usize = 128;

pub const ACTIONS: &[Action] = &[
    Action { name: "token.emit_epochs", weight: 8, attempt: emit_epochs },
    Action { name: "token.burn", weight: 4, attempt: burn },
];

fn emit_epochs(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let network = &sim.networks[at];
    let next = network.supply.next_epoch;
    let first = match dice.below(10) {
        0 => next + 1,
        1 => next.saturating_sub(1),
        _ => next,
    };
    let due = network.calendar.epoch_at(sim.world.now())?.get().saturating_sub(next);
    let count = match dice.below(10) {
        0 => dice.below(MAX_EPOCHS + 2),
        1 => due + 1,
        2 => due,
        _ => 1 + dice.below(due.clamp(1, 3)),
    };
    let count = count.min(u64::from(u8::MAX));
    let emission: Emission = sim.world.account(addresses::emission(&network.address));
    let mut emit = token::emit_epochs(&emission, first, count as u8);
    let diverted = dice.one_in(12);
    if diverted {
        emit = swap(emit, network.vault.tokens, sim.networks[(at + 1) % NETWORKS].vault.tokens);
    }
    let wrongs = [
        (first != next, "another epoch's turn"),
        (!(1..=MAX_EPOCHS).contains(&count), "none, or too many at once"),
        (!network.calendar.has_elapsed(Epoch((first + count).saturating_sub(1)), sim.world.now()), "not elapsed"),
        (diverted, "another network's account"),
    ];
    let attempt = Attempt::new(emit, &[], move |sim| {
        let network = &mut sim.networks[at];
        for _ in 0..count {
            let (to_vault, to_stakers) = network.supply.emit();
            network.vault.funded += to_vault;
            network.staking.rewarded += to_stakers;
        }
    });
    let attempt = attempt.refused_if(&wrongs);
    // Behind the cap nothing is minted: nobody looks at who would have to sign for it.
    let mut after = network.supply.clone();
    for _ in 0..count {
        after.emit();
    }
    Some(match after.total() == network.supply.total() {
        true => attempt.any_for(addresses::mint_authority(&network.address)),
        false => attempt,
    })
}

fn burn(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let staker = dice.index(&sim.networks[at].stakers)?;
    let signer = sim.somebody(dice, at, |network| &network.stakers[staker].wallet);
    let network = &sim.networks[at];
    let (owner, tokens) = (network.stakers[staker].wallet.pubkey(), network.stakers[staker].tokens);
    let balance = sim.world.token_balance(tokens);
    let amount = match dice.below(10) {
        0 => 0,
        1 => balance + 1,
        2 => u64::MAX,
        _ => dice.below(balance / 4 + 2),
    };
    let memo = "m".repeat(if dice.one_in(10) { MAX_MEMO_BYTES + 1 } else { dice.below(40) as usize });
    let emission: Emission = sim.world.account(addresses::emission(&network.address));
    let burn = token::burn(signer.pubkey(), &emission, tokens, amount, &memo);
    let wrongs = [
        (amount == 0, "nothing"),
        (amount > balance, "more than there is"),
        (signer.pubkey() != owner, "not the owner"),
        (memo.len() > MAX_MEMO_BYTES, "too long a memo"),
    ];
    let attempt = Attempt::new(burn, &[&signer], move |sim| sim.networks[at].supply.burned += amount);
    Some(attempt.refused_if(&wrongs))
}
