//! `[relay]`: claims that the oracle sends and pays for.

use std::path::PathBuf;

use serde::Deserialize;

use super::{SettingsError, invalid};
use crate::limits::Rate;

/// Without `keypair` nothing is relayed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RelaySettings {
    /// The relay's own keypair, which pays: a JSON array of 64 bytes, readable by its owner alone. Not the oracle's.
    pub keypair: Option<PathBuf>,
    /// Most that is paid in a day (UTC), fees and rents together.
    pub daily_budget_lamports: u64,
    /// Less than this, in the mint's smallest unit, is not paid out: it would not be worth the fee.
    pub minimum_amount: u64,
    /// Pays for the token account of a payout wallet that has none, once for each wallet.
    pub create_accounts: bool,
    /// How often an operator is paid in a day.
    pub operator_claims_per_day: u32,
    /// Requests a minute of a client address, in the long run. 0: no limit.
    pub client_per_minute: u32,
    /// Requests of a client address at once.
    pub client_burst: u32,
    /// Wallets, one a line, whose registrations are paid for. Read anew for every request.
    pub owners: Option<PathBuf>,
    /// Invitation codes, one a line, each of which puts one wallet beside `owners`; readable by its owner alone. Read anew
    /// for every request.
    pub invitations: Option<PathBuf>,
    /// Devices of an owner whose registration is paid for.
    pub devices_per_owner: u32,
    /// What a claim that its sender made pays to the relay, in the mint's smallest unit. 0: such claims are not taken.
    pub token_fee: u64,
    /// Alarm if the relay's key has less.
    pub alarm_lamports: u64,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            keypair: None,
            daily_budget_lamports: 50_000_000,
            minimum_amount: 1,
            create_accounts: false,
            operator_claims_per_day: 24,
            client_per_minute: 10,
            client_burst: 30,
            owners: None,
            invitations: None,
            devices_per_owner: 5,
            token_fee: 0,
            alarm_lamports: 50_000_000,
        }
    }
}

/// A million SOL: programs in other languages read no greater whole numbers than 2^53.
const MOST_LAMPORTS: u64 = 1_000_000_000_000_000;

impl RelaySettings {
    pub fn client(&self) -> Rate {
        Rate { per_minute: self.client_per_minute, burst: self.client_burst }
    }

    /// Does it pay for anybody's registrations?
    pub fn sponsors(&self) -> bool {
        self.owners.is_some() || self.invitations.is_some()
    }

    pub fn validate(&self) -> Result<(), SettingsError> {
        if self.daily_budget_lamports > MOST_LAMPORTS {
            let wanted = "at most 1,000,000,000,000,000, a million SOL";
            return Err(invalid("relay.daily_budget_lamports", self.daily_budget_lamports, wanted));
        }
        if self.minimum_amount == 0 {
            return Err(invalid("relay.minimum_amount", 0, "at least 1: nothing is not paid out"));
        }
        if self.operator_claims_per_day == 0 {
            return Err(invalid("relay.operator_claims_per_day", 0, "at least 1, or nobody could ever be paid"));
        }
        if self.devices_per_owner == 0 {
            return Err(invalid(
                "relay.devices_per_owner",
                0,
                "at least 1; leave out `owners` and `invitations` to pay for none",
            ));
        }
        if self.client_per_minute > 0 && self.client_burst == 0 {
            return Err(invalid("relay.client_burst", 0, "at least 1, or nothing could ever be asked"));
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn relay_fills_in_defaults_and_names_every_mistake() {
        let read = |text: &str| {
            let file = config::File::from_str(text, config::FileFormat::Toml);
            config::Config::builder().add_source(file).build().unwrap().try_deserialize::<RelaySettings>()
        };
        assert_eq!(read("").unwrap(), RelaySettings::default());
        RelaySettings::default().validate().unwrap();
        assert_eq!(read("client_per_minute = 0\nclient_burst = 0").unwrap().client(), Rate::UNLIMITED);
        for (text, words) in [
            ("daily_budget_lamports = 1000000000000001", "`relay.daily_budget_lamports` is `1000000000000001`"),
            ("minimum_amount = 0", "`relay.minimum_amount` is `0`"),
            ("operator_claims_per_day = 0", "`relay.operator_claims_per_day` is `0`"),
            ("devices_per_owner = 0", "`relay.devices_per_owner` is `0`"),
            ("client_burst = 0", "`relay.client_burst` is `0`"),
        ] {
            let error = read(text).unwrap().validate().unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        assert!(read("budget = 1").unwrap_err().to_string().contains("budget"));
    }
}
