//! What went wrong, in words that a user knows, and what to do next.

use std::{collections::BTreeMap, error::Error, sync::OnceLock};

use serde::Deserialize;
use trellis_client::{ChainError, in_words, oracle::OracleError, program_error::ProgramError};

/// The programs' own descriptions, where the errors' words are.
const IDLS: [(&str, &str); 4] = [
    ("registry", include_str!("../../../idl/registry.json")),
    ("token", include_str!("../../../idl/token.json")),
    ("rewards", include_str!("../../../idl/rewards.json")),
    ("staking", include_str!("../../../idl/staking.json")),
];
/// What to do about them, by program and name; the dashboard reads the same file.
const NEXT_STEPS: &str = include_str!("../../../next-steps.json");

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

/// The part for the command line; absent for what can only be met on a page.
#[derive(Deserialize)]
struct NextStep {
    command: Option<String>,
}

/// What is known of a program's error.
struct Known {
    name: String,
    said: String,
    next: Option<String>,
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
    let Some(Known { name, said, next }) = known(refused.code()) else { return words };
    let words =
        words.replace(&format!("the program refused: {refused}"), &format!("{said} ({name}, {})", refused.code()));
    match next {
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

/// The error with this code.
fn known(code: u32) -> Option<&'static Known> {
    static ERRORS: OnceLock<BTreeMap<u32, Known>> = OnceLock::new();
    ERRORS.get_or_init(errors).get(&code)
}

fn errors() -> BTreeMap<u32, Known> {
    // Both are parts of this program; a test reads them.
    let mut steps: BTreeMap<String, BTreeMap<String, NextStep>> = serde_json::from_str(NEXT_STEPS).unwrap_or_default();
    let mut errors = BTreeMap::new();
    for (program, idl) in IDLS {
        let mut steps = steps.remove(program).unwrap_or_default();
        for IdlError { code, name, msg } in serde_json::from_str::<Idl>(idl).map(|idl| idl.errors).unwrap_or_default() {
            let next = steps.remove(&name).and_then(|step| step.command);
            errors.insert(code, Known { name, said: msg.unwrap_or_default(), next });
        }
    }
    errors
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use strum::VariantArray;
    use trellis_client::program_error::{RegistryError, RewardsError, StakingError, TokenError};

    use super::*;

    #[test]
    fn every_program_error_has_words() {
        let codes = RegistryError::VARIANTS.iter().map(|error| error.code());
        let codes = codes.chain(TokenError::VARIANTS.iter().map(|error| error.code()));
        let codes = codes.chain(RewardsError::VARIANTS.iter().map(|error| error.code()));
        for code in codes.chain(StakingError::VARIANTS.iter().map(|error| error.code())) {
            let known = known(code).unwrap_or_else(|| panic!("{code}"));
            assert!(known.said.split_whitespace().count() >= 3, "{code}: {}: {}", known.name, known.said);
        }
    }

    #[test]
    fn every_next_step_is_of_an_error_that_there_is_and_says_something() {
        type Steps = BTreeMap<String, BTreeMap<String, String>>;
        let mut steps: BTreeMap<String, Steps> = serde_json::from_str(NEXT_STEPS).unwrap();
        for (program, idl) in IDLS {
            let errors = serde_json::from_str::<Idl>(idl).unwrap().errors;
            for (name, step) in steps.remove(program).unwrap() {
                assert!(errors.iter().any(|error| error.name == name), "{program} has no error {name}");
                assert!(!step.is_empty(), "{name}");
                for (place, words) in step {
                    assert!(words.split_whitespace().count() >= 3, "{name}: {words}");
                    match place.as_str() {
                        "command" => assert!(!words.ends_with('.'), "{name}: {words}"),
                        // A page has no flags.
                        "page" => assert!(words.ends_with('.') && !words.contains("--"), "{name}: {words}"),
                        other => panic!("{name}: {other}"),
                    }
                }
            }
        }
        assert!(steps.is_empty(), "of programs that there are not: {:?}", steps.keys());
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
