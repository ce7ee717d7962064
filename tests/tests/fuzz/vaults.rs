//! Vaults' settings, pauses and end.

use solana_signer::Signer;
use trellis_client::{
    SPL_TOKEN_ID,
    instructions::rewards::{self, UpdateVaultArgs},
};
use trellis_rewards::constants::{
    MAX_BREAKER_SECONDS, MAX_CHALLENGE_SECONDS, MAX_PAUSE_SECONDS, MIN_BREAKER_SECONDS, MIN_CHALLENGE_SECONDS,
    PAUSE_REST_SECONDS,
};
use trellis_tests::fixtures::EPOCH_CAP;

use super::{
    attempt::{Action, Attempt},
    dice::Dice,
    model::{NETWORKS, Sim},
    vault::Bucket,
};

pub const ACTIONS: &[Action] = &[
    Action { name: "rewards.update_vault", weight: 3, attempt: update_vault },
    Action { name: "rewards.pause_vault", weight: 1, attempt: pause_vault },
    Action { name: "rewards.unpause_vault", weight: 2, attempt: unpause_vault },
    Action { name: "rewards.retire_vault", weight: 3, attempt: retire_vault },
    Action { name: "rewards.sweep_vault", weight: 3, attempt: sweep_vault },
];

/// Once in two, one of these.
fn maybe<T: Copy>(dice: &mut Dice, of: &[T]) -> Option<T> {
    dice.one_in(2).then(|| *dice.pick(of))
}

fn update_vault(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let signer = sim.somebody(dice, at, |network| &network.authority);
    let (network, now) = (&sim.networks[at], sim.world.now());
    let vault = &network.vault;
    let guardian = dice.one_in(4).then(|| dice.pick(&network.people).insecure_clone());
    let epoch_cap = maybe(dice, &[0, EPOCH_CAP / 8, EPOCH_CAP, EPOCH_CAP, 2 * EPOCH_CAP]);
    let challenge_seconds = maybe(dice, &[MIN_CHALLENGE_SECONDS - 1, 60, 300, 900, MAX_CHALLENGE_SECONDS + 1]);
    let capacity = maybe(dice, &[EPOCH_CAP / 8, 2 * EPOCH_CAP, 4 * EPOCH_CAP, 100 * EPOCH_CAP]);
    let window = maybe(dice, &[MIN_BREAKER_SECONDS - 1, 600, 7_200, 43_200, MAX_BREAKER_SECONDS + 1]);
    let args = UpdateVaultArgs {
        guardian: guardian.as_ref().map(|guardian| guardian.pubkey()),
        epoch_cap,
        challenge_seconds,
        breaker_capacity: capacity,
        breaker_window_seconds: window,
    };
    let epoch_cap = epoch_cap.unwrap_or(vault.epoch_cap);
    let challenge_seconds = challenge_seconds.unwrap_or(vault.challenge_seconds);
    let capacity = capacity.unwrap_or(vault.breaker.capacity);
    let window_seconds = window.unwrap_or(vault.breaker.window_seconds);
    let wrongs = [
        (signer.pubkey() != network.authority.pubkey(), "not the authority"),
        (epoch_cap == 0, "a cap of nothing"),
        (!(MIN_CHALLENGE_SECONDS..=MAX_CHALLENGE_SECONDS).contains(&challenge_seconds), "no such challenge window"),
        (!(MIN_BREAKER_SECONDS..=MAX_BREAKER_SECONDS).contains(&window_seconds), "no such breaker window"),
        (capacity < epoch_cap, "a breaker that no epoch fits through"),
    ];
    let level = vault.breaker.level_at(now).min(capacity);
    let update = rewards::update_vault(signer.pubkey(), network.address, vault.address, args);
    let attempt = Attempt::new(update, &[&signer], move |sim| {
        let vault = &mut sim.networks[at].vault;
        vault.guardian = guardian.unwrap_or(vault.guardian.insecure_clone());
        (vault.epoch_cap, vault.challenge_seconds) = (epoch_cap, challenge_seconds);
        vault.breaker = Bucket { capacity, window_seconds, level, updated_unix: now };
    });
    Some(attempt.refused_if(&wrongs))
}

fn pause_vault(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let guardian = sim.somebody(dice, at, |network| &network.vault.guardian);
    let (vault, now) = (&sim.networks[at].vault, sim.world.now());
    let seconds = *dice.pick(&[0, 300, 1_800, 7_200, MAX_PAUSE_SECONDS + 1]);
    let wrongs = [
        (guardian.pubkey() != vault.guardian.pubkey(), "not the guardian"),
        (!(1..=MAX_PAUSE_SECONDS).contains(&seconds), "no such pause"),
        (now < vault.next_pause_unix, "too soon after the last"),
    ];
    let pause = rewards::pause_vault(guardian.pubkey(), vault.address, seconds);
    let attempt = Attempt::new(pause, &[&guardian], move |sim| {
        let vault = &mut sim.networks[at].vault;
        vault.paused_until_unix = now + i64::from(seconds);
        vault.next_pause_unix = vault.paused_until_unix + i64::from(PAUSE_REST_SECONDS);
    });
    Some(attempt.refused_if(&wrongs))
}

fn unpause_vault(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    // Mostly one that is paused: pauses are rare.
    let paused = (0..NETWORKS).find(|&at| sim.networks[at].vault.is_paused(sim.world.now()));
    let at = paused.unwrap_or(dice.below(NETWORKS as u64) as usize);
    let by_authority = dice.one_in(2);
    let signer = sim.somebody(dice, at, |network| match by_authority {
        true => &network.authority,
        false => &network.vault.guardian,
    });
    let (network, now) = (&sim.networks[at], sim.world.now());
    let may = [network.authority.pubkey(), network.vault.guardian.pubkey()];
    let wrongs =
        [(!may.contains(&signer.pubkey()), "neither guardian nor authority"), (paused.is_none(), "not paused")];
    let unpause = rewards::unpause_vault(signer.pubkey(), network.address, network.vault.address);
    let attempt = Attempt::new(unpause, &[&signer], move |sim| {
        let vault = &mut sim.networks[at].vault;
        (vault.paused_until_unix, vault.next_pause_unix) = (0, now + i64::from(PAUSE_REST_SECONDS));
    });
    Some(attempt.refused_if(&wrongs))
}

/// Mostly too early a last epoch, but in the first hours: a retired vault ends what a run can do with it.
fn retire_vault(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    let at = dice.below(NETWORKS as u64) as usize;
    let signer = sim.somebody(dice, at, |network| &network.authority);
    let network = &sim.networks[at];
    let vault = &network.vault;
    let running = vault.calendar.epoch_at(sim.world.now())?.get();
    let last_epoch = match dice.below(if running < 6 { 3 } else { 20 }) {
        0 => running.max(vault.next_epoch()) + 1 + dice.below(3),
        1 => u64::MAX,
        _ => dice.below(running + 1),
    };
    let wrongs = [
        (signer.pubkey() != network.authority.pubkey(), "not the authority"),
        (vault.last_epoch.is_some(), "retired already"),
        (last_epoch <= running || last_epoch < vault.next_epoch(), "unannounced"),
        (last_epoch == u64::MAX, "no last epoch"),
    ];
    let retire = rewards::retire_vault(signer.pubkey(), network.address, vault.address, last_epoch);
    let attempt = Attempt::new(retire, &[&signer], move |sim| sim.networks[at].vault.last_epoch = Some(last_epoch));
    Some(attempt.refused_if(&wrongs))
}

fn sweep_vault(sim: &mut Sim, dice: &mut Dice) -> Option<Attempt> {
    // Mostly one that is over: few are.
    let over = (0..NETWORKS).find(|&at| sim.networks[at].vault.is_over());
    let at = over.filter(|_| !dice.one_in(3)).unwrap_or(dice.below(NETWORKS as u64) as usize);
    let signer = sim.somebody(dice, at, |network| &network.authority);
    let foreign = dice.one_in(10);
    let receiving = sim.networks[if foreign { (at + 1) % NETWORKS } else { at }].treasury;
    let network = &sim.networks[at];
    let vault = &network.vault;
    let spare = vault.funded - vault.promised;
    let wrongs = [
        (signer.pubkey() != network.authority.pubkey(), "not the authority"),
        (vault.is_paused(sim.world.now()), "paused"),
        (!vault.is_over(), "still needed"),
        (foreign, "another mint's account"),
        (spare == 0, "nothing to sweep"),
    ];
    let sweep = rewards::sweep_vault(signer.pubkey(), network.address, vault.address, receiving, SPL_TOKEN_ID);
    let attempt = Attempt::new(sweep, &[&signer], move |sim| sim.networks[at].vault.funded -= spare);
    Some(attempt.refused_if(&wrongs).any_for(receiving))
}
