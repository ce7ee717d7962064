//! A device's code, as `trellis agent show` prints it, in letters and as a picture:
//! `trellis:register?network=…&device=…&class=…`, and with the device's signature `&operator=…&valid_until=…&proof=…`.

use solana_address::Address;
use solana_signature::Signature;
use trellis_core::DeviceKey;
use trellis_epoch::encoding::device_key;

/// What every code begins with.
pub const SCHEME: &str = "trellis:register?";

/// What a device says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCode {
    pub network: Address,
    pub device: DeviceKey,
    pub class: u16,
    pub proof: Option<Proof>,
}

/// The device's signature that it belongs to an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The operator's wallet.
    pub operator: Address,
    pub valid_until_unix: i64,
    pub signature: [u8; 64],
}

impl DeviceCode {
    /// # Errors
    /// Says which part is missing or cannot be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let query = text.strip_prefix(SCHEME).ok_or_else(|| format!("a device's code begins with {SCHEME}"))?;
        let find = |name: &str| {
            query
                .split('&')
                .find_map(|part| part.split_once('=').filter(|(found, _)| *found == name))
                .map(|(_, value)| value)
        };
        let wrong = |name: &str, wanted: &str| {
            let found = find(name).map_or_else(|| "missing".to_owned(), |value| format!("`{value}`"));
            format!("the code's {name} is {found}: {wanted} is wanted; copy the whole code")
        };
        let read = |name: &str, wanted: &str| find(name).ok_or_else(|| wrong(name, wanted));
        let address = |name: &str| read(name, "an address")?.parse::<Address>().map_err(|_| wrong(name, "an address"));
        let network = address("network")?;
        let device =
            device_key::decode(read("device", "a device's key")?).ok_or_else(|| wrong("device", "a device's key"))?;
        let class = read("class", "a number")?.parse().map_err(|_| wrong("class", "a number"))?;
        let proof = match find("proof") {
            None => None,
            Some(proof) => Some(Proof {
                operator: address("operator")?,
                valid_until_unix: read("valid_until", "unix seconds")?
                    .parse()
                    .map_err(|_| wrong("valid_until", "unix seconds"))?,
                signature: proof.parse::<Signature>().map_err(|_| wrong("proof", "a signature in base58"))?.into(),
            }),
        };
        Ok(Self { network, device, class, proof })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const KEY: &str = "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM";

    #[test]
    fn parse_reads_a_code_with_and_without_a_proof() {
        let text = format!("{SCHEME}network={KEY}&device={KEY}&class=3");
        let code = DeviceCode::parse(&text).unwrap();
        assert_eq!((code.class, code.proof), (3, None));
        let signature = Signature::from([7; 64]);
        let code = DeviceCode::parse(&format!("{text}&operator={KEY}&valid_until=9&proof={signature}")).unwrap();
        let proof = code.proof.unwrap();
        assert_eq!((proof.operator.to_string().as_str(), proof.valid_until_unix, proof.signature), (KEY, 9, [7; 64]));
    }

    #[test]
    fn parse_names_the_part_that_is_missing_or_wrong() {
        let whole = format!("{SCHEME}network={KEY}&device={KEY}&class=3&operator={KEY}&valid_until=9&proof=1");
        for (from, to, named) in [
            (SCHEME, "https:", "begins with"),
            ("network=", "n=", "network is missing"),
            ("device=4", "device=0", "device is `0u"),
            ("class=3", "class=x", "class is `x`"),
            ("operator=4", "operator=l", "operator is"),
            ("valid_until=9", "valid_until=soon", "valid_until is `soon`"),
            ("&proof=1", "&proof=1", "proof is `1`"),
        ] {
            let refused = DeviceCode::parse(&whole.replacen(from, to, 1)).unwrap_err();
            assert!(refused.contains(named), "{refused}");
        }
    }
}
