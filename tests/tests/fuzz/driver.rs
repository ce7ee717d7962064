//! Runs of random steps.

use std::{
    collections::BTreeMap,
    env,
    time::{Duration, Instant, UNIX_EPOCH},
};

use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_tests::{catalogue, tamper::swap_at};

use super::{
    attempt::{Action, Attempt, Verdict},
    beginnings,
    check::check,
    claims, devices,
    dice::Dice,
    model::Sim,
    networks, operators, roots, slashes, stakes, suspensions, token, vaults, votes,
};

/// Steps of one run, from two fresh networks: three virtual days, and three more for each of some leaps.
const RUN_STEPS: usize = 2_500;
/// From this many instructions on, each must have been accepted and refused.
const THOROUGH_INSTRUCTIONS: u64 = 50_000;
/// Longest that a failing run is shortened for.
const MAX_SHORTENING: Duration = Duration::from_secs(120);
/// Seed of the short run, the same every time.
const SHORT_SEED: u64 = 1;

/// One step: everything about it follows from this number.
#[derive(Debug, Clone, Copy)]
struct Step(u64);

/// How often each instruction was accepted and refused.
#[derive(Default)]
struct Tally(BTreeMap<&'static str, [u64; 2]>);

impl Tally {
    fn count(&self) -> u64 {
        self.0.values().flatten().sum()
    }

    fn print(&self) {
        println!("| instruction | accepted | refused |\n|---|---:|---:|");
        for (name, [accepted, refused]) in &self.0 {
            println!("| {name} | {accepted} | {refused} |");
        }
    }
}

fn actions() -> Vec<&'static Action> {
    let rewards = [roots::ACTIONS, votes::ACTIONS, vaults::ACTIONS, claims::ACTIONS];
    let registry = [networks::ACTIONS, operators::ACTIONS, devices::ACTIONS, suspensions::ACTIONS];
    [token::ACTIONS, stakes::ACTIONS, slashes::ACTIONS, beginnings::ACTIONS]
        .into_iter()
        .chain(registry)
        .chain(rewards)
        .flatten()
        .collect()
}

fn pick(dice: &mut Dice) -> &'static Action {
    let all = actions();
    let mut left = dice.below(all.iter().map(|action| u64::from(action.weight)).sum());
    for action in all {
        if left < u64::from(action.weight) {
            return action;
        }
        left -= u64::from(action.weight);
    }
    unreachable!("the weights sum to more than what was drawn below their sum")
}

/// Time that passes before a step: mostly seconds, now and then an hour, seldom days.
fn pass_time(sim: &mut Sim, dice: &mut Dice) {
    match dice.below(1_200) {
        0 => sim.world.advance(3 * 86_400 + 3_600),
        1..=20 => sim.world.advance(3_600),
        21..=220 => sim.world.advance(dice.below(400) as i64),
        _ => sim.world.advance(dice.below(20) as i64),
    }
}

/// Takes a signature away, or puts an account of somebody else's in the place of one.
fn bend(sim: &Sim, dice: &mut Dice, attempt: &mut Attempt) {
    let accounts = &attempt.instruction.accounts;
    let payer = sim.world.payer();
    let Some(position) = dice.index(accounts) else { return };
    if accounts[position].pubkey == payer || attempt.any == Some(accounts[position].pubkey) {
        return;
    }
    if accounts[position].is_signer {
        attempt.instruction.accounts[position].is_signer = false;
        attempt.verdict = Verdict::Refuse("a signature is missing");
        return;
    }
    let other = sim.foreign_accounts(dice);
    if other != accounts[position].pubkey {
        attempt.instruction = swap_at(attempt.instruction.clone(), position, other);
        attempt.verdict = Verdict::Refuse("an account of somebody else");
    }
}

/// Does one step, and says what is wrong afterwards.
fn act(sim: &mut Sim, step: Step, tally: &mut Tally) -> Result<(), String> {
    let mut dice = Dice::new(step.0);
    pass_time(sim, &mut dice);
    let action = pick(&mut dice);
    let Some(mut attempt) = (action.attempt)(sim, &mut dice) else { return Ok(()) };
    // What is wrong already could be put right.
    if dice.one_in(8) && !matches!(attempt.verdict, Verdict::Refuse(_)) {
        bend(sim, &mut dice, &mut attempt);
    }
    let asks = |signer: &Keypair| {
        attempt.instruction.accounts.iter().any(|meta| meta.is_signer && meta.pubkey == signer.pubkey())
    };
    let signers: Vec<&Keypair> = attempt.signers.iter().filter(|signer| asks(signer)).collect();
    let payer = sim.world.payer_keypair();
    let mut all = vec![&payer];
    all.extend(signers);
    let mut instructions = attempt.before.clone();
    instructions.push(attempt.instruction.clone());
    let outcome = sim.world.send(&instructions, &all);
    let counted = tally.0.entry(action.name).or_default();
    let name = action.name;
    match (outcome, attempt.verdict) {
        (Ok(_), Verdict::Refuse(why)) => return Err(format!("{name} went through: {why}")),
        (Err(failure), Verdict::Accept) => return Err(format!("{name} was refused: {failure}")),
        (Ok(_), _) => {
            counted[0] += 1;
            (attempt.then)(sim);
        }
        (Err(_), _) => counted[1] += 1,
    }
    check(sim).map_err(|what| format!("after {name}: {what}"))
}

/// Where a run failed, and why.
struct Fault {
    at: usize,
    what: String,
}

fn run(steps: &[Step], tally: &mut Tally) -> Result<(), Fault> {
    let mut sim = Sim::new();
    for (at, step) in steps.iter().enumerate() {
        act(&mut sim, *step, tally).map_err(|what| Fault { at, what })?;
    }
    Ok(())
}

/// Leaves out of a failing run what it fails without, in ever smaller pieces.
fn shorten(mut steps: Vec<Step>, fault: Fault) -> (Vec<Step>, Fault) {
    let started = Instant::now();
    steps.truncate(fault.at + 1);
    let (mut last, mut piece) = (fault, steps.len() / 2);
    while piece > 0 {
        let mut start = 0;
        while start < steps.len() && started.elapsed() < MAX_SHORTENING {
            let mut shorter = steps.clone();
            shorter.drain(start..(start + piece).min(steps.len()));
            match run(&shorter, &mut Tally::default()) {
                Ok(()) => start += piece,
                Err(fault) => {
                    shorter.truncate(fault.at + 1);
                    (steps, last) = (shorter, fault);
                }
            }
        }
        piece /= 2;
    }
    (steps, last)
}

/// Runs until `instructions` were sent; a failing run is shortened and printed.
fn fuzz(seed: u64, instructions: u64) {
    let (started, mut tally, mut dice) = (Instant::now(), Tally::default(), Dice::new(seed));
    while tally.count() < instructions {
        let steps: Vec<Step> = (0..RUN_STEPS).map(|_| Step(dice.number())).collect();
        if let Err(fault) = run(&steps, &mut tally) {
            println!("seed {seed}, step {}: {}; leaving out what it fails without", fault.at, fault.what);
            let (steps, fault) = shorten(steps, fault);
            panic!("{}\nafter these {} steps: {steps:?}", fault.what, steps.len());
        }
    }
    tally.print();
    for action in actions().into_iter().filter(|_| instructions >= THOROUGH_INSTRUCTIONS) {
        let [accepted, refused] = tally.0.get(action.name).copied().unwrap_or_default();
        assert!(refused > 0, "{} was never refused", action.name);
        let made_at_once = beginnings::ACTIONS.iter().any(|beginning| beginning.name == action.name);
        assert!(accepted > 0 || made_at_once, "{} was never accepted", action.name);
    }
    println!("seed {seed}: {} instructions in {} s: passed", tally.count(), started.elapsed().as_secs());
}

#[test]
fn every_instruction_is_among_the_actions() {
    // Behind an instruction's name may stand what of it: "program.instruction (what)".
    let names: Vec<&str> = actions().iter().filter_map(|action| action.name.split(' ').next()).collect();
    for case in catalogue::all() {
        let name = format!("{}.{}", case.program, case.instruction);
        assert!(names.contains(&name.as_str()), "nobody ever sends {name}");
    }
}

#[test]
fn promises_after_10_000_random_instructions_hold() {
    fuzz(SHORT_SEED, 10_000);
}

/// `make fuzz`: `TRELLIS_FUZZ_SEED` and `TRELLIS_FUZZ_INSTRUCTIONS` choose which and how many.
#[test]
#[ignore = "minutes: make fuzz"]
fn long_run_of_random_instructions_holds_the_promises() {
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse().ok());
    let clock = || UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs());
    let seed = number("TRELLIS_FUZZ_SEED").unwrap_or_else(clock);
    println!("seed {seed}");
    fuzz(seed, number("TRELLIS_FUZZ_INSTRUCTIONS").unwrap_or(100_000));
}
