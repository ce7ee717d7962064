//! Arguments that commands which talk to a cluster share.

use std::path::{Path, PathBuf};

use solana_keypair::Keypair;
use solana_signer::Signer;

use super::{
    Unusable,
    profile::Profile,
    solana_config::{SolanaConfig, default_keypair},
    wallet::{is_hardware, read_signer},
};
use crate::deploy::keys::read_keypair;

/// Names of the public clusters and their RPC servers. These servers are slow and limited: a deployment goes faster
/// through one's own or a provider's.
const NAMED: [(&str, &str); 4] = [
    ("mainnet-beta", "https://api.mainnet-beta.solana.com"),
    ("devnet", "https://api.devnet.solana.com"),
    ("testnet", "https://api.testnet.solana.com"),
    ("localhost", "http://127.0.0.1:8899"),
];

/// The URL that `text` is or names.
///
/// # Errors
/// It is neither.
pub fn parse_url(text: &str) -> Result<String, String> {
    if let Some((_, url)) = NAMED.iter().find(|(name, _)| *name == text) {
        return Ok((*url).to_owned());
    }
    match text.starts_with("http://") || text.starts_with("https://") {
        true => Ok(text.to_owned()),
        false => {
            let names = NAMED.map(|(name, _)| name).join(", ");
            Err(format!("neither an http:// or https:// URL nor one of {names}"))
        }
    }
}

/// Who signs and pays. If nobody is named: who the folder's `trellis.toml` names, else who Solana's own command is set to,
/// else Solana's default file.
///
/// # Errors
/// The file is not there, or holds no keypair; the hardware wallet is not there.
pub fn read_payer(named: Option<&Path>) -> Result<Box<dyn Signer>, Unusable> {
    read_signer(&payer(named)?)
}

/// The same where a hardware wallet is of no use.
///
/// # Errors
/// The file is not there, or holds no keypair.
pub fn read_payer_file(named: Option<&Path>) -> Result<Keypair, Unusable> {
    read_keypair(&payer(named)?)
}

fn payer(named: Option<&Path>) -> Result<PathBuf, Unusable> {
    let payer = match named {
        Some(named) => named.to_owned(),
        None => match Profile::here()?.keypair.or_else(|| SolanaConfig::read().keypair_path) {
            Some(payer) => payer,
            None => default_keypair(),
        },
    };
    match is_hardware(&payer) || payer.exists() {
        true => Ok(payer),
        false => Err(Unusable(format!(
            "the keypair {} does not exist: name one with --keypair (`solana-keygen new` makes one)",
            payer.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_url_takes_urls_and_names_of_clusters() {
        assert_eq!(parse_url("devnet").as_deref(), Ok("https://api.devnet.solana.com"));
        assert_eq!(parse_url("http://127.0.0.1:1").as_deref(), Ok("http://127.0.0.1:1"));
        assert!(parse_url("mainnet").is_err_and(|error| error.contains("mainnet-beta")));
    }
}
