//! What Solana's own command line is set to: `~/.config/solana/cli/config.yml`, which `solana config set` writes.

use std::path::{Path, PathBuf};

/// The part of Solana's settings that is of use here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SolanaConfig {
    pub json_rpc_url: Option<String>,
    pub keypair_path: Option<PathBuf>,
}

impl SolanaConfig {
    /// Empty if there is no such file: Solana's own tools need not be installed.
    pub fn read() -> Self {
        let file = home().join(".config/solana/cli/config.yml");
        Self::parse(&std::fs::read_to_string(file).unwrap_or_default())
    }

    /// The file is YAML of which Solana writes lines `name: value` alone.
    fn parse(text: &str) -> Self {
        let value = |wanted: &str| {
            let found = text.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                (name == wanted).then(|| value.trim().trim_matches(['"', '\'']).to_owned())
            });
            found.filter(|value| !value.is_empty() && value != "~" && value != "null")
        };
        Self { json_rpc_url: value("json_rpc_url"), keypair_path: value("keypair_path").map(|path| expand(&path)) }
    }
}

/// Where Solana's tools keep the keypair that they use if no other is named.
pub fn default_keypair() -> PathBuf {
    home().join(".config/solana/id.json")
}

fn home() -> PathBuf {
    std::env::home_dir().unwrap_or_default()
}

fn expand(path: &str) -> PathBuf {
    match path.strip_prefix("~/") {
        Some(below) => home().join(below),
        None => Path::new(path).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_reads_what_solana_config_set_writes() {
        let text = "---\njson_rpc_url: https://api.devnet.solana.com\nwebsocket_url: ''\n\
                    keypair_path: /home/me/id.json\naddress_labels:\n  '1111': System\ncommitment: confirmed\n";
        let config = SolanaConfig::parse(text);
        assert_eq!(config.json_rpc_url.as_deref(), Some("https://api.devnet.solana.com"));
        assert_eq!(config.keypair_path.as_deref(), Some(Path::new("/home/me/id.json")));
    }

    #[test]
    fn parse_of_empty_values_and_other_files_finds_nothing() {
        for text in ["", "json_rpc_url: ''\nkeypair_path: ~\n", "{not: yaml", "  json_rpc_url: nested"] {
            assert_eq!(SolanaConfig::parse(text), SolanaConfig::default(), "{text}");
        }
    }
}
