//! The programs, with what their code says of itself.

use anchor_lang::Discriminator;
use serde_json::Value;
use solana_address::Address;
use strum::VariantArray;
use trellis_client::{
    REGISTRY_ID, REWARDS_ID, STAKING_ID, TOKEN_ID,
    accounts::{
        ClaimPage, Device, DeviceClass, Emission, Network, Operator, OperatorStake, Position, RootProposal,
        SlashProposal, StakePool, SuspensionCase, UnbondingTicket, Vault,
    },
};
use trellis_registry::error::RegistryError;
use trellis_rewards::error::RewardsError;
use trellis_staking::error::StakingError;
use trellis_tests::catalogue::{self, Case};
use trellis_token::error::TokenError;

/// The programs' addresses.
pub const IDS: [Address; 4] = [REGISTRY_ID, TOKEN_ID, STAKING_ID, REWARDS_ID];

/// A program as the tests know it.
pub struct Program {
    /// As in [`Case::program`].
    pub name: &'static str,
    pub id: Address,
    /// `sdk/idl/<name>.json`.
    pub idl: Value,
    /// Name and code of every error.
    pub errors: Vec<(&'static str, u32)>,
    /// Name and discriminator of every account type.
    pub accounts: Vec<(&'static str, &'static [u8])>,
}

/// Every error of an enumeration.
macro_rules! errors {
    ($enumeration:ty) => {
        <$enumeration>::VARIANTS.iter().map(|&error| (<&'static str>::from(error), error.code())).collect()
    };
}

/// Every one of these account types.
macro_rules! accounts {
    ($($account:ident),*) => { vec![$((stringify!($account), $account::DISCRIMINATOR)),*] };
}

const IDLS: [&str; 4] = [
    include_str!("../../../sdk/idl/registry.json"),
    include_str!("../../../sdk/idl/token.json"),
    include_str!("../../../sdk/idl/staking.json"),
    include_str!("../../../sdk/idl/rewards.json"),
];

/// The IDLs in the order of [`IDS`], for the addresses that this was built for: a founder has programs of its own.
fn idls() -> [Value; 4] {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let written = IDLS.map(|text| parse(text)["address"].as_str().unwrap().to_owned());
    IDLS.map(|text| {
        let pairs = written.iter().zip(IDS);
        parse(&pairs.fold(text.to_owned(), |text, (written, own)| text.replace(written, &own.to_string())))
    })
}

/// Reads the IDLs.
pub fn all() -> Vec<Program> {
    let [registry, token, staking, rewards] = idls();
    vec![
        Program {
            name: "registry",
            id: REGISTRY_ID,
            idl: registry,
            errors: errors!(RegistryError),
            accounts: accounts!(Network, DeviceClass, Operator, Device, SuspensionCase),
        },
        Program { name: "token", id: TOKEN_ID, idl: token, errors: errors!(TokenError), accounts: accounts!(Emission) },
        Program {
            name: "staking",
            id: STAKING_ID,
            idl: staking,
            errors: errors!(StakingError),
            accounts: accounts!(StakePool, OperatorStake, Position, UnbondingTicket, SlashProposal),
        },
        Program {
            name: "rewards",
            id: REWARDS_ID,
            idl: rewards,
            errors: errors!(RewardsError),
            accounts: accounts!(Vault, RootProposal, ClaimPage),
        },
    ]
}

/// The program's cases in the catalogue.
pub fn cases_of(program: &str) -> Vec<Case> {
    catalogue::all().into_iter().filter(|case| case.program == program).collect()
}

impl Program {
    /// The entries of a list in the IDL.
    pub fn entries(&self, list: &str) -> &[Value] {
        self.idl[list].as_array().map_or(&[], Vec::as_slice)
    }

    /// The IDL of one of its instructions.
    pub fn instruction(&self, name: &str) -> &Value {
        let found = self.entries("instructions").iter().find(|instruction| instruction["name"] == name);
        found.unwrap_or_else(|| panic!("{} has no instruction {name}", self.name))
    }
}

/// How a case is called in messages.
pub fn name_of(case: &Case) -> String {
    let name = format!("{}.{}", case.program, case.instruction);
    if case.case.is_empty() { name } else { format!("{name} ({})", case.case) }
}

/// Bytes of an IDL's discriminator.
pub fn discriminator(entry: &Value) -> Vec<u8> {
    entry["discriminator"].as_array().unwrap().iter().map(|byte| byte.as_u64().unwrap() as u8).collect()
}
