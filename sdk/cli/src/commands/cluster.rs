//! Arguments that commands which talk to a cluster share.

use std::path::Path;

use solana_keypair::Keypair;

use super::{
    Unusable,
    profile::Profile,
    solana_config::{SolanaConfig, default_keypair},
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

/// Reads the payer's keypair. If none is named: the one of the folder's `trellis.toml`, else the one that Solana's own
/// command is set to, else Solana's default file.
///
/// # Errors
/// It is not there, or holds no keypair.
pub fn read_payer(file: Option<&Path>) -> Result<Keypair, Unusable> {
    let file = match file {
        Some(file) => file.to_owned(),
        None => match Profile::here()?.keypair.or_else(|| SolanaConfig::read().keypair_path) {
            Some(file) => file,
            None => default_keypair(),
        },
    };
    if !file.exists() {
        return Err(Unusable(format!(
            "the keypair {} does not exist: name one with --keypair (`solana-keygen new` makes one)",
            file.display()
        )));
    }
    read_keypair(&file)
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
