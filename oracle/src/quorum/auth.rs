//! Who may ask: members of the vault's oracle set, each request signed by its key.

use solana_address::Address;
use trellis_epoch::encoding::base58;

use super::statement::{MAX_PATH_BYTES, Statement};

/// Names of the request's headers: address of the oracle that asks, its time, its signature in hex.
pub const ORACLE_HEADER: &str = "x-trellis-oracle";
pub const TIME_HEADER: &str = "x-trellis-time";
pub const SIGNATURE_HEADER: &str = "x-trellis-signature";
/// How far the two oracles' clocks may be apart; longer after, a request is a replay.
pub const WINDOW_SECONDS: u64 = 120;

/// A request as it came.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    pub oracle: Option<&'a str>,
    pub time: Option<&'a str>,
    pub signature: Option<&'a str>,
    pub path: &'a str,
}

/// Why nobody is answered.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AuthError {
    #[error("the header `{header}` is missing, or no {wanted}")]
    Header { header: &'static str, wanted: &'static str },
    #[error("the path has {bytes} bytes; at most {MAX_PATH_BYTES} are taken")]
    LongPath { bytes: usize },
    #[error("{oracle} is not in the vault's oracle set")]
    NotMember { oracle: Address },
    #[error("the request is of {time_unix}, and it is {now_unix} here; {WINDOW_SECONDS} s apart is the most")]
    OutsideWindow { time_unix: i64, now_unix: i64 },
    #[error("the signature is not that of {oracle} over this request to {to} for vault {vault}")]
    BadSignature { oracle: Address, to: Address, vault: Address },
}

/// The oracle that is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub vault: Address,
    pub oracle: Address,
    pub members: &'a [Address],
    pub now_unix: i64,
}

/// The member that asks.
pub fn check(request: &Credentials<'_>, asked: &Asked<'_>) -> Result<Address, AuthError> {
    let missing = |header, wanted| AuthError::Header { header, wanted };
    let oracle = request.oracle.and_then(base58::decode);
    let oracle = oracle.ok_or_else(|| missing(ORACLE_HEADER, "base58 address"))?;
    let time_unix: Option<i64> = request.time.and_then(|text| text.parse().ok());
    let time_unix = time_unix.ok_or_else(|| missing(TIME_HEADER, "time in unix seconds"))?;
    let signature = request.signature.and_then(|text| hex::decode(text).ok()?.try_into().ok());
    let signature = signature.ok_or_else(|| missing(SIGNATURE_HEADER, "signature in hex"))?;
    if request.path.len() > MAX_PATH_BYTES {
        return Err(AuthError::LongPath { bytes: request.path.len() });
    }
    let (address, now_unix) = (Address::from(oracle), asked.now_unix);
    if !asked.members.contains(&address) {
        return Err(AuthError::NotMember { oracle: address });
    }
    if time_unix.abs_diff(now_unix) > WINDOW_SECONDS {
        return Err(AuthError::OutsideWindow { time_unix, now_unix });
    }
    let (vault, to) = (asked.vault, asked.oracle);
    let statement =
        Statement::Request { vault: vault.to_bytes(), to: to.to_bytes(), time_unix, path: request.path.to_owned() };
    match statement.is_signed_by(&oracle, &signature) {
        true => Ok(address),
        false => Err(AuthError::BadSignature { oracle: address, to, vault }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use solana_keypair::Keypair;
    use solana_signer::Signer;

    use super::*;

    const VAULT: Address = Address::new_from_array([5; 32]);
    const ME: Address = Address::new_from_array([6; 32]);
    const PATH: &str = "/v1/peers/epochs/0/offers";

    fn key(number: u8) -> Keypair {
        Keypair::new_from_array([number; 32])
    }

    /// What `check` says, at 1,000, of a request of key 1 at `time_unix`, signed for `to` and `path` and sent with `sent`.
    fn checked(sent: &str, path: &str, to: Address, time_unix: i64, sender: &Keypair) -> Result<Address, AuthError> {
        let (vault, members) = (VAULT, [key(1).pubkey(), ME]);
        let statement =
            Statement::Request { vault: vault.to_bytes(), to: to.to_bytes(), time_unix, path: path.to_owned() };
        let signature = hex::encode(key(1).sign_message(&statement.signing_bytes()));
        let (oracle, time) = (sender.pubkey().to_string(), time_unix.to_string());
        let request = Credentials { oracle: Some(&oracle), time: Some(&time), signature: Some(&signature), path: sent };
        check(&request, &Asked { vault, oracle: ME, members: &members, now_unix: 1_000 })
    }

    #[test]
    fn member_s_own_request_within_the_window_is_answered() {
        for time_unix in [880, 1_000, 1_120] {
            assert_eq!(checked(PATH, PATH, ME, time_unix, &key(1)), Ok(key(1).pubkey()));
        }
    }

    #[test]
    fn replays_strangers_and_changed_requests_are_refused() {
        let me = checked(PATH, PATH, ME, 1_000, &key(1)).unwrap();
        for time_unix in [879, 1_121, i64::MIN, i64::MAX] {
            let refused = checked(PATH, PATH, ME, time_unix, &key(1));
            assert_eq!(refused, Err(AuthError::OutsideWindow { time_unix, now_unix: 1_000 }));
        }
        let bad = AuthError::BadSignature { oracle: me, to: ME, vault: VAULT };
        assert_eq!(checked("/v1/peers/epochs/1/offers", PATH, ME, 1_000, &key(1)).as_ref(), Err(&bad));
        // Sent on to another oracle than it was meant for.
        assert_eq!(checked(PATH, PATH, me, 1_000, &key(1)).as_ref(), Err(&bad));
        let stranger = key(2).pubkey();
        assert_eq!(checked(PATH, PATH, ME, 1_000, &key(2)), Err(AuthError::NotMember { oracle: stranger }));
        let long = "x".repeat(MAX_PATH_BYTES + 1);
        assert_eq!(checked(&long, &long, ME, 1_000, &key(1)), Err(AuthError::LongPath { bytes: MAX_PATH_BYTES + 1 }));
    }

    #[test]
    fn header_that_is_missing_or_wrong_is_named() {
        let asked = Asked { vault: VAULT, oracle: ME, members: &[], now_unix: 0 };
        let (oracle, time) = (Some("11111111111111111111111111111112"), Some("5"));
        for (request, header) in [
            (Credentials { oracle: None, time, signature: None, path: PATH }, ORACLE_HEADER),
            (Credentials { oracle: Some("x"), time, signature: None, path: PATH }, ORACLE_HEADER),
            (Credentials { oracle, time: None, signature: None, path: PATH }, TIME_HEADER),
            (Credentials { oracle, time: Some("now"), signature: None, path: PATH }, TIME_HEADER),
            (Credentials { oracle, time, signature: None, path: PATH }, SIGNATURE_HEADER),
            (Credentials { oracle, time, signature: Some("00"), path: PATH }, SIGNATURE_HEADER),
        ] {
            let refused = check(&request, &asked).unwrap_err();
            assert!(refused.to_string().contains(header), "{refused}");
        }
    }
}
