//! Every way in which one account of a call can be wrong.

use std::collections::BTreeMap;

use solana_account::{Account, ReadableAccount};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{SPL_TOKEN_ID, TOKEN_2022_ID};
use trellis_tests::{World, catalogue::Call, tamper::swap_at};

use super::programs;

/// A call with one account that is not as it should be.
pub struct Mutation {
    pub position: usize,
    pub what: &'static str,
    pub instruction: Instruction,
    /// Signs in the account's place.
    pub signer: Option<Keypair>,
    /// Is the account one whose place anybody may take?
    pub excused: bool,
}

/// What takes an account's place.
struct Substitute {
    what: &'static str,
    address: Address,
    signer: Option<Keypair>,
}

impl Substitute {
    fn new(what: &'static str, address: Address) -> Self {
        Self { what, address, signer: None }
    }

    fn signing(what: &'static str, signer: Keypair) -> Self {
        Self { what, address: signer.pubkey(), signer: Some(signer) }
    }
}

/// Every mutation of `call`; the substitutes are put on the chain. What the case forgot to say goes into `faults`.
pub fn of(world: &mut World, call: &Call, faults: &mut Vec<String>) -> Vec<Mutation> {
    let mut mutations = Vec::new();
    for (position, meta) in call.instruction.accounts.iter().enumerate() {
        let mut add = |what, instruction, signer, excused| {
            mutations.push(Mutation { position, what, instruction, signer, excused });
        };
        if meta.is_signer {
            add("does not sign", with_flags(&call.instruction, meta.pubkey, false, true), None, false);
        }
        if meta.is_writable {
            add("is read-only", with_flags(&call.instruction, meta.pubkey, true, false), None, false);
        }
        let excused = call.any.iter().any(|(address, _)| *address == meta.pubkey);
        let substitutes = match meta.is_signer {
            true => other_signers(world, call, meta.pubkey),
            false => other_accounts(world, call, meta.pubkey, excused, faults),
        };
        for Substitute { what, address, signer } in substitutes {
            add(what, swap_at(call.instruction.clone(), position, address), signer, excused);
        }
    }
    mutations
}

/// The instruction in which `address` lost its right to sign or to be written, wherever it stands.
fn with_flags(instruction: &Instruction, address: Address, signs: bool, writable: bool) -> Instruction {
    let mut bent = instruction.clone();
    for meta in bent.accounts.iter_mut().filter(|meta| meta.pubkey == address) {
        meta.is_signer &= signs;
        meta.is_writable &= writable;
    }
    bent
}

fn twins(call: &Call, address: Address) -> impl Iterator<Item = Address> {
    call.twins.iter().filter(move |(account, _)| *account == address).map(|(_, twin)| *twin)
}

/// Others who sign: a wallet with SOL, one without, and the twins whose keys the case has.
fn other_signers(world: &mut World, call: &Call, address: Address) -> Vec<Substitute> {
    let mut others = vec![
        Substitute::signing("another wallet", world.keypair()),
        Substitute::signing("a key without an account", world.unfunded_keypair()),
    ];
    let twin_keys = twins(call, address).filter_map(|twin| call.signers.iter().find(|signer| signer.pubkey() == twin));
    others.extend(twin_keys.map(|key| Substitute::signing("its twin", key.insecure_clone())));
    others
}

/// Other accounts for one that does not sign.
fn other_accounts(
    world: &mut World,
    call: &Call,
    address: Address,
    excused: bool,
    faults: &mut Vec<String>,
) -> Vec<Substitute> {
    let mut others = vec![
        Substitute::new("a wallet", world.keypair().pubkey()),
        Substitute::new("an address with nothing", world.some_address()),
    ];
    let present = world.raw(address).filter(|account| account.lamports > 0);
    others.extend(twins(call, address).map(|twin| Substitute::new("its twin", twin)));
    match present {
        Some(account) if account.executable => {
            let system = solana_sdk_ids::system_program::ID;
            let other = if address == system { SPL_TOKEN_ID } else { system };
            others.push(Substitute::new("another program", other));
        }
        Some(account) if !account.data.is_empty() => {
            let copy = world.copy_elsewhere(address);
            world.edit_raw(copy, |account| account.owner = Address::new_from_array([0x0f; 32]));
            others.push(Substitute::new("the same bytes, another program's", copy));
            others.extend(other_types(world, &account).map(|address| Substitute::new("another type", address)));
            check_twins(world, call, address, &account, excused, faults);
        }
        _ => {
            let owner = call.instruction.program_id;
            let account = Account { owner, ..Account::default() };
            others.extend(other_types(world, &account).take(1).map(|one| Substitute::new("a program's account", one)));
        }
    }
    others
}

/// Copies of one account of every other type that the same program owns.
fn other_types(world: &mut World, account: &Account) -> impl Iterator<Item = Address> + use<> {
    let mut one_of_each = BTreeMap::new();
    for (address, other) in &world.svm.accounts_db().inner {
        if *other.owner() == account.owner && kind(other) != kind(account) {
            let first = one_of_each.entry(kind(other)).or_insert(*address);
            *first = (*first).min(*address);
        }
    }
    let copies: Vec<Address> = one_of_each.into_values().map(|address| world.copy_elsewhere(address)).collect();
    copies.into_iter()
}

/// What tells the types of a program's accounts apart: the discriminator; the size, in the token programs.
fn kind(account: &impl ReadableAccount) -> Vec<u8> {
    match is_token_program(account.owner()) {
        true => account.data().len().to_le_bytes().to_vec(),
        false => account.data().iter().take(8).copied().collect(),
    }
}

pub fn is_token_program(owner: &Address) -> bool {
    [SPL_TOKEN_ID, TOKEN_2022_ID].contains(owner)
}

/// Does `owner` hold what Trellis answers for?
pub fn holds_value(owner: &Address) -> bool {
    is_token_program(owner) || programs::IDS.contains(owner)
}

fn check_twins(
    world: &World,
    call: &Call,
    address: Address,
    account: &Account,
    excused: bool,
    faults: &mut Vec<String>,
) {
    if twins(call, address).next().is_none() && holds_value(&account.owner) && !excused {
        faults.push(format!("no twin for {address}"));
    }
    let same = |other: &Account| other.owner == account.owner && kind(other) == kind(account);
    for twin in twins(call, address) {
        if twin == address || !world.raw(twin).is_some_and(|other| same(&other)) {
            faults.push(format!("{twin} is no twin of {address}: it is not another of the same type"));
        }
    }
}
