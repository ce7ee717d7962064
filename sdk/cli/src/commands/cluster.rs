//! Arguments that commands which talk to a cluster share.

use std::path::{Path, PathBuf};

use solana_keypair::Keypair;

use super::Unusable;
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

/// Reads the payer's keypair; Solana's own default file if none is named.
///
/// # Errors
/// It is not there, or holds no keypair.
pub fn read_payer(file: Option<&Path>) -> Result<Keypair, Unusable> {
    let default = std::env::home_dir().unwrap_or_default().join(".config/solana/id.json");
    let file: PathBuf = file.map_or(default, Path::to_path_buf);
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
