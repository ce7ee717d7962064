//! The IDLs in `sdk/idl` say what the programs do, and the catalogue leaves no instruction out.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;
use solana_instruction::AccountMeta;
use trellis_tests::{World, catalogue, event::events, expect_success};

use super::programs::{self, cases_of, discriminator, name_of};

#[test]
fn idl_files_in_the_sdk_are_one_for_each_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/idl");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let wanted = programs::all().into_iter().map(|program| format!("{}.json", program.name));
    assert_eq!(files.collect::<BTreeSet<_>>(), wanted.collect::<BTreeSet<_>>());
    for program in programs::all() {
        assert_eq!(program.idl["address"], program.id.to_string(), "{}", program.name);
        let parts = ["instructions", "accounts", "events", "errors", "types"];
        assert!(parts.iter().all(|part| !program.entries(part).is_empty()), "{} lacks a part", program.name);
    }
}

#[test]
fn catalogue_of_cases_has_every_instruction_of_the_idls_and_no_other() {
    for program in programs::all() {
        let names = program.entries("instructions").iter().map(|entry| entry["name"].as_str().unwrap().to_owned());
        let cases = cases_of(program.name).into_iter().map(|case| case.instruction.to_owned());
        assert_eq!(cases.collect::<BTreeSet<_>>(), names.collect::<BTreeSet<_>>(), "{}", program.name);
    }
    let known: BTreeSet<&str> = programs::all().iter().map(|program| program.name).collect();
    assert!(catalogue::all().iter().all(|case| known.contains(case.program)));
    let names: Vec<String> = catalogue::all().iter().map(name_of).collect();
    assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len(), "two cases share a name: {names:?}");
}

#[test]
fn errors_of_the_idls_have_the_codes_that_the_chain_reports() {
    for program in programs::all() {
        let errors = program.entries("errors").iter();
        let listed = errors.map(|entry| (entry["name"].as_str().unwrap(), entry["code"].as_u64().unwrap() as u32));
        let listed: BTreeSet<(&str, u32)> = listed.collect();
        assert_eq!(listed, program.errors.iter().copied().collect(), "{}", program.name);
        let words = |entry: &Value| entry["msg"].as_str().is_some_and(|words| words.len() > 10);
        assert!(program.entries("errors").iter().all(words), "{}: an error without words", program.name);
    }
}

#[test]
fn accounts_of_the_idls_have_the_discriminators_of_the_code() {
    let all = programs::all();
    for program in &all {
        let listed = program.entries("accounts").iter();
        let listed: BTreeSet<(String, Vec<u8>)> =
            listed.map(|entry| (entry["name"].as_str().unwrap().to_owned(), discriminator(entry))).collect();
        for (name, bytes) in &program.accounts {
            let entry = ((*name).to_owned(), bytes.to_vec());
            assert!(listed.contains(&entry), "{}: {name} is not in the IDL", program.name);
        }
        // What is left are accounts of the other programs, which it reads.
        for entry in listed {
            let known = all.iter().flat_map(|program| &program.accounts);
            let names: Vec<_> = known.map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
            assert!(names.contains(&entry), "{}: {entry:?} is unknown to the tests", program.name);
        }
    }
}

/// Data and accounts as the IDL says, and at least one event, of a type that is in the IDL; an answer from what changes
/// nothing.
#[test]
fn sound_calls_of_the_catalogue_are_as_the_idls_say() {
    for program in programs::all() {
        for case in cases_of(program.name) {
            let name = name_of(&case);
            let entry = program.instruction(case.instruction);
            let mut world = World::new();
            let call = (case.prepare)(&mut world);
            assert_eq!(call.instruction.program_id, program.id, "{name}");
            assert!(call.instruction.data.starts_with(&discriminator(entry)), "{name}: another discriminator");
            assert_accounts(&name, entry, &call.instruction.accounts, &program.id.to_string());
            let done = expect_success(call.run(&mut world, call.instruction.clone()));
            let known: Vec<Vec<u8>> = program.entries("events").iter().map(discriminator).collect();
            let emitted = events(&done);
            match call.instruction.accounts.iter().any(|meta| meta.is_writable) {
                true => assert!(!emitted.is_empty(), "{name} changes something and emits nothing"),
                false => assert!(!done.return_data.data.is_empty(), "{name} changes nothing and answers nothing"),
            }
            let is_known = |event: &Vec<u8>| known.iter().any(|bytes| event.starts_with(bytes));
            assert!(emitted.iter().all(is_known), "{name} emits what the IDL does not have");
        }
    }
}

fn assert_accounts(name: &str, entry: &Value, accounts: &[AccountMeta], program: &str) {
    let listed = entry["accounts"].as_array().unwrap();
    assert!(accounts.len() >= listed.len(), "{name}: {} accounts, {} wanted", accounts.len(), listed.len());
    for (wanted, meta) in listed.iter().zip(accounts) {
        let what = format!("{name}: {}", wanted["name"]);
        let flag = |flag: &str| wanted[flag].as_bool().unwrap_or(false);
        let left_out = meta.pubkey.to_string() == program && flag("optional");
        if !left_out {
            assert_eq!((meta.is_signer, meta.is_writable), (flag("signer"), flag("writable")), "{what}");
        }
        if let Some(address) = wanted["address"].as_str() {
            assert_eq!(meta.pubkey.to_string(), address, "{what}");
        }
    }
}
