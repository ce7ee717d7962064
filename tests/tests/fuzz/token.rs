//! Emission.

use trellis_client::instructions::token;
use trellis_core::Epoch;
use trellis_tests::fixtures::EPOCH_AMOUNT;

use super::{
    dice::Dice,
    model::{Action, Attempt, NETWORKS, Sim},
};

pub const ACTIONS: &[Action] = &[Action { name: "token.emit_epoch", weight: 8, attempt: emit_epoch }];

fn emit_epoch(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let network = &sim.networks[at];
    let epoch = match dice.below(8) {
        0 => network.emitted_epochs + 1,
        1 => network.emitted_epochs.saturating_sub(1),
        _ => network.emitted_epochs,
    };
    let into = if dice.one_in(12) { sim.networks[(at + 1) % NETWORKS].vault_tokens } else { network.vault_tokens };
    let wrongs = [
        (epoch != network.emitted_epochs, "another epoch's turn"),
        (!network.calendar.has_elapsed(Epoch(epoch), sim.world.now()), "not elapsed"),
        (into != network.vault_tokens, "another network's account"),
        (network.emitted + EPOCH_AMOUNT > network.cap, "above the cap"),
    ];
    let attempt = Attempt::new(token::emit_epoch(network.address, into, epoch), &[], move |sim| {
        sim.networks[at].emitted_epochs += 1;
        sim.networks[at].emitted += EPOCH_AMOUNT;
    });
    Some(attempt.refused_if(&wrongs))
}
