//! `COSTS.md` and `target/costs.json`: what every instruction costs, measured.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;
use solana_account::ReadableAccount;
use solana_address::Address;
use trellis_cli::deploy::DeploymentCost;
use trellis_tests::{
    World,
    catalogue::Case,
    expect_success,
    world::{deploy_folder, target_folder},
};

use super::{
    cost_page, deployment,
    programs::{self, cases_of},
};

/// What one case costs, the whole transaction.
pub struct Cost {
    pub program: &'static str,
    pub instruction: &'static str,
    pub case: String,
    pub compute_units: u64,
    /// Accounts that the instruction names.
    pub accounts: usize,
    /// Signatures and message, as they go over the wire.
    pub transaction_bytes: usize,
    /// Lamports in the accounts that it creates.
    pub rent_lamports: u64,
    /// Lamports in the accounts that it closes.
    pub returned_lamports: u64,
}

/// Everything that the page says.
pub struct Measured {
    pub toolchain: String,
    /// Lamports.
    pub rent_per_byte: u64,
    pub costs: Vec<Cost>,
    /// Of each program, by name.
    pub deployments: Vec<(&'static str, DeploymentCost)>,
}

fn measure(case: &Case) -> Cost {
    let mut world = World::new();
    let call = (case.prepare)(&mut world);
    let before = rents(&world);
    let payer = world.payer_keypair();
    let transaction = call.transaction(&mut world, call.instruction.clone(), &payer, &[]);
    let transaction_bytes = 1 + 64 * transaction.signatures.len() + transaction.message.serialize().len();
    let outcome = world.svm.send_transaction(transaction);
    let done = expect_success(outcome.map_err(trellis_tests::Failure::from));
    let after = rents(&world);
    let only_in = |these: &BTreeMap<Address, u64>, those: &BTreeMap<Address, u64>| -> u64 {
        these.iter().filter(|(address, _)| !those.contains_key(*address)).map(|(_, lamports)| lamports).sum()
    };
    Cost {
        program: case.program,
        instruction: case.instruction,
        case: case.case.clone(),
        compute_units: done.compute_units_consumed,
        accounts: call.instruction.accounts.len(),
        transaction_bytes,
        rent_lamports: only_in(&after, &before),
        returned_lamports: only_in(&before, &after),
    }
}

/// Lamports of every account that holds data. The lookup table of the test is there before the call.
fn rents(world: &World) -> BTreeMap<Address, u64> {
    let lookup_tables = solana_sdk_ids::address_lookup_table::ID;
    let accounts = world.svm.accounts_db().inner.iter();
    accounts
        .filter(|(_, account)| !account.data().is_empty() && *account.owner() != lookup_tables)
        .map(|(address, account)| (*address, account.lamports()))
        .collect()
}

fn measure_all() -> Measured {
    let path = deploy_folder().join("toolchain.txt");
    let toolchain = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}: run `cargo xtask build-sbf`", path.display()));
    let programs = programs::all();
    let costs = programs.iter().flat_map(|program| cases_of(program.name)).map(|case| measure(&case)).collect();
    let deployments = programs.iter().map(|program| (program.name, deployment::measure(program.name))).collect();
    let rent = |bytes| World::new().svm.minimum_balance_for_rent_exemption(bytes);
    Measured { toolchain: toolchain.trim().to_owned(), rent_per_byte: rent(1) - rent(0), costs, deployments }
}

fn page_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../COSTS.md")
}

/// The list for other tools, beside the build output.
fn write_list(costs: &[Cost]) {
    let list: Vec<_> = costs
        .iter()
        .map(|cost| {
            json!({
                "program": cost.program, "instruction": cost.instruction, "case": cost.case,
                "cu": cost.compute_units, "accounts": cost.accounts, "tx_bytes": cost.transaction_bytes,
                "rent_lamports": cost.rent_lamports, "rent_returned_lamports": cost.returned_lamports,
            })
        })
        .collect();
    fs::write(target_folder().join("costs.json"), serde_json::to_string_pretty(&list).unwrap() + "\n").unwrap();
}

#[test]
fn costs_page_is_as_measured() {
    let measured = measure_all();
    write_list(&measured.costs);
    let page = fs::read_to_string(page_path()).unwrap_or_default();
    let drift = cost_page::drift(&page, &cost_page::render(&measured));
    assert!(drift.is_empty(), "COSTS.md is not as measured; run `make costs` and commit it:\n{}", drift.join("\n"));
}

#[test]
#[ignore = "writes COSTS.md: make costs"]
fn write_costs_page() {
    let measured = measure_all();
    write_list(&measured.costs);
    fs::write(page_path(), cost_page::render(&measured)).unwrap();
}
