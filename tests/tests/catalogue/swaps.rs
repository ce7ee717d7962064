//! Every account of every instruction, swapped for one that it must not be: all refused, and nothing is changed.

use std::collections::BTreeMap;

use litesvm::types::FailedTransactionMetadata;
use solana_account::{AccountSharedData, ReadableAccount};
use solana_address::Address;
use solana_instruction::error::InstructionError;
use solana_keypair::Keypair;
use solana_transaction_error::TransactionError;
use trellis_tests::{
    World,
    catalogue::{Call, Case},
};

use super::{
    mutations::{self, Mutation, holds_value},
    programs::{self, Program, cases_of, name_of},
};

/// How one case came through.
struct Report {
    accounts: usize,
    refused: usize,
    /// Whose place anybody may take: the account's name and why.
    anybody: Vec<String>,
    faults: Vec<String>,
}

#[test]
fn accounts_of_every_instruction_when_swapped_are_refused_and_change_nothing() {
    let mut faults = Vec::new();
    let mut total = 0;
    println!("| instruction | accounts | swaps refused | anybody may be |\n|---|---|---|---|");
    for program in programs::all() {
        for case in cases_of(program.name) {
            let report = check(&program, &case);
            let (name, anybody) = (name_of(&case), report.anybody.join(", "));
            println!("| {name} | {} | {} | {anybody} |", report.accounts, report.refused);
            faults.extend(report.faults.into_iter().map(|fault| format!("{name}: {fault}")));
            total += report.refused;
        }
    }
    println!("{total} swaps refused");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn check(program: &Program, case: &Case) -> Report {
    let mut world = World::new();
    let call = (case.prepare)(&mut world);
    // Another than the one who pays rent, so that also the latter's rights can be taken away.
    let fee_payer = world.keypair();
    let mut faults = Vec::new();
    let mutations = mutations::of(&mut world, &call, &mut faults);
    let prepared = world.fork();
    let before = holdings(&world);
    let mut refused = 0;
    for mutation in mutations {
        let what = format!("{} {}", account_name(program, case, mutation.position), mutation.what);
        match attempt(&mut world, &call, &mutation, &fee_payer) {
            Ok(()) => {
                if !mutation.excused {
                    faults.push(format!("{what}: went through"));
                }
                world = prepared.fork();
            }
            Err(failure) => {
                refused += 1;
                faults.extend(misfit(&failure, call.before.len()).map(|why| format!("{what}: {why}")));
                if holdings(&world) != before {
                    faults.push(format!("{what}: refused, but something changed"));
                }
            }
        }
    }
    if let Err(failure) = call.run(&mut world, call.instruction.clone()) {
        faults.push(format!("the sound call does not go through afterwards: {failure}"));
    }
    Report { accounts: call.instruction.accounts.len(), refused, anybody: anybody(program, case, &call), faults }
}

fn attempt(
    world: &mut World,
    call: &Call,
    mutation: &Mutation,
    fee_payer: &Keypair,
) -> Result<(), Box<FailedTransactionMetadata>> {
    let others: Vec<&Keypair> = mutation.signer.iter().collect();
    let transaction = call.transaction(world, mutation.instruction.clone(), fee_payer, &others);
    world.svm.send_transaction(transaction).map(drop).map_err(Box::new)
}

/// Why a failure is not a refusal by the instruction that was bent.
fn misfit(failure: &FailedTransactionMetadata, position: usize) -> Option<String> {
    match &failure.err {
        // A crash, or a loop: whoever wrote the program did not think of this.
        TransactionError::InstructionError(
            _,
            error @ (InstructionError::ProgramFailedToComplete | InstructionError::ComputationalBudgetExceeded),
        ) => Some(format!("{error:?}, which is no refusal:\n    {}", failure.meta.logs.join("\n    "))),
        TransactionError::InstructionError(at, _) if usize::from(*at) == position => None,
        error => Some(format!("{error:?}, which is not the instruction's refusal")),
    }
}

/// Every account of the programs and every token balance.
fn holdings(world: &World) -> BTreeMap<Address, AccountSharedData> {
    let accounts = world.svm.accounts_db().inner.iter();
    accounts.filter(|(_, account)| holds_value(account.owner())).map(|(at, account)| (*at, account.clone())).collect()
}

/// The account's name in the IDL.
fn account_name(program: &Program, case: &Case, position: usize) -> String {
    let listed = program.instruction(case.instruction)["accounts"].as_array().unwrap();
    match listed.get(position) {
        Some(account) => account["name"].as_str().unwrap().to_owned(),
        None => format!("remaining[{}]", position - listed.len()),
    }
}

fn anybody(program: &Program, case: &Case, call: &Call) -> Vec<String> {
    let mut listed = Vec::new();
    for (address, why) in &call.any {
        let position = call.instruction.accounts.iter().position(|meta| meta.pubkey == *address);
        let name = position.map_or_else(|| address.to_string(), |position| account_name(program, case, position));
        listed.push(format!("{name} ({why})"));
    }
    listed
}
