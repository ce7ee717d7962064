//! What went wrong, in words that a user knows, and what to do next.

use std::{collections::BTreeMap, error::Error, sync::OnceLock};

use serde::Deserialize;
use trellis_client::{
    ChainError, in_words,
    oracle::OracleError,
    program_error::{ProgramError, RegistryError, RewardsError, StakingError},
};

/// The programs' own descriptions, where the errors' words are.
const IDLS: [&str; 4] = [
    include_str!("../../../idl/registry.json"),
    include_str!("../../../idl/token.json"),
    include_str!("../../../idl/rewards.json"),
    include_str!("../../../idl/staking.json"),
];

#[derive(Deserialize)]
struct Idl {
    errors: Vec<IdlError>,
}

#[derive(Deserialize)]
struct IdlError {
    code: u32,
    name: String,
    msg: Option<String>,
}

/// The error and its causes, with what a program meant and what to do about it.
pub fn explained(error: &(dyn Error + 'static)) -> String {
    let words = in_words(error);
    let Some(refused) = program_error(error) else {
        let next = match error.downcast_ref::<OracleError>() {
            Some(OracleError::NoAnswer { .. }) => ". Name another oracle with --oracle",
            _ if lacks_sol(&words) => ". The payer lacks SOL: send it some, or name another payer with --keypair",
            _ => "",
        };
        return words + next;
    };
    let (name, said) = said_by_program(refused.code());
    let words =
        words.replace(&format!("the program refused: {refused}"), &format!("{said} ({name}, {})", refused.code()));
    match next_step(refused) {
        Some(next) => format!("{words}. {next}"),
        None => words,
    }
}

fn program_error(error: &(dyn Error + 'static)) -> Option<ProgramError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<ChainError>().and_then(ChainError::program_error) {
            return Some(refused);
        }
        cause = error.source();
    }
    None
}

/// The runtime's and the system program's ways of saying it. A token program's "insufficient funds" is none of them.
fn lacks_sol(words: &str) -> bool {
    let words = words.to_lowercase();
    [
        "insufficient lamports",
        "no record of a prior credit",
        "insufficient funds for fee",
        "insufficient funds for rent",
    ]
    .iter()
    .any(|said| words.contains(said))
}

/// Name and words of the error with this code.
fn said_by_program(code: u32) -> (&'static str, &'static str) {
    static ERRORS: OnceLock<BTreeMap<u32, (String, String)>> = OnceLock::new();
    let errors = ERRORS.get_or_init(|| {
        let idls = IDLS.iter().filter_map(|idl| serde_json::from_str::<Idl>(idl).ok());
        let errors = idls.flat_map(|idl| idl.errors);
        errors.map(|error| (error.code, (error.name, error.msg.unwrap_or_default()))).collect()
    });
    errors.get(&code).map_or(("unknown", "the program refused"), |(name, said)| (name.as_str(), said.as_str()))
}

/// What a user can do about it; `None` where the words say enough.
fn next_step(error: ProgramError) -> Option<&'static str> {
    Some(match error {
        ProgramError::Registry(error) => match error {
            RegistryError::NotAuthority => "Sign with the authority's keypair: --keypair",
            RegistryError::NotOperatorWallet | RegistryError::WrongOperator => {
                "Sign with the wallet that owns the device: `trellis device list --all` shows whose it is"
            }
            RegistryError::MakerSignatureMissing | RegistryError::WrongMaker => {
                "The maker must sign too: --maker FILE; `trellis class list` shows who it is"
            }
            RegistryError::NetworkPaused => "Try again when the network's authority has ended the pause",
            RegistryError::MovedTooSoon => "Try again tomorrow",
            RegistryError::DeviceSuspended => {
                "`trellis device list` shows why; an appeal, or the network's authority, can end it"
            }
            RegistryError::InvalidGenesis => "Set `genesis` in the network's file to a time from now on",
            _ => return None,
        },
        ProgramError::Rewards(error) => match error {
            RewardsError::RootNotKept => "Run the command again: it fetches a new proof",
            RewardsError::NothingToClaim => "Nothing is lost: what comes next is claimed with the next epoch",
            RewardsError::InvalidProof => "Do not trust whoever gave the proof: ask another oracle with --oracle",
            RewardsError::Paused => "Nothing is lost: a pause lasts three days at most; claim after it",
            RewardsError::InvalidPayoutAccount | RewardsError::WrongPayoutMint => {
                "The payout wallet's token account is closed or frozen: run the command again, which opens it"
            }
            _ => return None,
        },
        ProgramError::Staking(error) => match error {
            StakingError::InsufficientStake => "`trellis stake show` shows how much there is",
            StakingError::TicketNotReleased => "`trellis stake show` shows from when on",
            StakingError::OperatorSlashedOut => "Stake with another operator: --operator",
            StakingError::NothingToClaim => "Rewards come with the next epoch's emission",
            _ => return None,
        },
        ProgramError::Token(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;
    use trellis_client::program_error::TokenError;

    use super::*;

    #[test]
    fn every_program_error_has_words() {
        let codes = RegistryError::VARIANTS.iter().map(|error| error.code());
        let codes = codes.chain(TokenError::VARIANTS.iter().map(|error| error.code()));
        let codes = codes.chain(RewardsError::VARIANTS.iter().map(|error| error.code()));
        for code in codes.chain(StakingError::VARIANTS.iter().map(|error| error.code())) {
            let (name, said) = said_by_program(code);
            assert!(name != "unknown" && said.split_whitespace().count() >= 3, "{code}: {name}: {said}");
        }
    }

    #[test]
    fn explained_says_what_the_program_meant_and_what_to_do() {
        let error = ChainError::Program { error: ProgramError::Rewards(RewardsError::Paused), logs: Vec::new() };
        let words = explained(&error);
        assert!(words.starts_with("The guardian has paused the vault"), "{words}");
        assert!(words.contains("Paused, 6503") && words.contains("Nothing is lost"), "{words}");
    }

    #[test]
    fn explained_tells_who_lacks_sol_from_who_lacks_tokens() {
        use solana_instruction::error::InstructionError;
        use solana_transaction_error::TransactionError;
        let failed = |error| explained(&ChainError::Transaction { error, logs: Vec::new() });
        for error in [
            TransactionError::AccountNotFound,
            TransactionError::InsufficientFundsForFee,
            TransactionError::InsufficientFundsForRent { account_index: 0 },
        ] {
            let words = failed(error);
            assert!(words.contains("The payer lacks SOL"), "{words}");
        }
        let tokens = failed(TransactionError::InstructionError(0, InstructionError::InsufficientFunds));
        assert!(!tokens.contains("lacks SOL"), "{tokens}");
    }
}
