//! The settings that `trellis agent init` writes.

use trellis_epoch::encoding::base58;

/// `agent.toml` for a new device; `source` is its `[source]` group, as TOML.
pub fn template(
    network: &[u8; 32],
    oracles: &[String],
    oracle_keys: &[[u8; 32]],
    interval_seconds: u32,
    class: u16,
    source: &str,
) -> String {
    let quoted = |texts: Vec<String>| texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(", ");
    let network = base58::encode(network);
    let keys = quoted(oracle_keys.iter().map(|key| base58::encode(key)).collect());
    let oracles = quoted(oracles.to_vec());
    format!(
        "# A device of a Trellis network. Paths are relative to this file's folder. deploy/agent.toml shows every setting.\n\
         network = \"{network}\"\n\
         # Whichever oracle answers is used; the receipts of these alone are believed.\n\
         oracles = [{oracles}]\n\
         oracle_keys = [{keys}]\n\
         # Length of the network's intervals.\n\
         interval_seconds = {interval_seconds}\n\
         # Number of the device's class, for its registration.\n\
         class = {class}\n\
         \n\
         # Where readings come from.\n\
         {source}"
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::{Address, AgentConfig};

    #[test]
    fn template_is_read_back() {
        let source = "[source]\nkind = \"csv\"\npath = \"a \\\"b\\\".csv\"\n";
        let oracles = ["http://a:1".to_owned(), "https://b".to_owned()];
        let config = AgentConfig::parse(&template(&[7; 32], &oracles, &[[8; 32], [9; 32]], 60, 3, source)).unwrap();
        assert_eq!((config.network, config.interval_seconds, config.class), ([7; 32], 60, 3));
        assert_eq!((config.oracles, config.oracle_keys), (oracles.to_vec(), vec![Address([8; 32]), Address([9; 32])]));
    }
}
