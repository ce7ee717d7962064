//! The programs, and whether the payer can pay for what is missing.

use std::path::Path;

use anyhow::Result;
use solana_address::Address;
use trellis_client::Chain;
use trellis_core::hash::sha256;

use super::{Check, State};
use crate::{
    deploy::{BuiltProgram, DeploymentCost, RentRate, built, cost::FeeRate, state::Deployed},
    localnet::TRELLIS_PROGRAMS,
    output::sol,
};

const DEPLOY: &str = "run `trellis deploy`";

/// Looks at the programs at the addresses that this `trellis` was built for, compares them with those in the folder
/// `build`, and looks at the payer's balance.
pub async fn examine(chain: &Chain, build: &Path, payer: Option<Address>) -> Result<Vec<Check>> {
    let built = built::read_all(build);
    let mut checks = Vec::new();
    if let Err(error) = &built {
        checks.push(Check::note("build", "none to compare with", error.to_string()));
    }
    let built = built.unwrap_or_default();
    let rent = RentRate::of_empty_account(chain.rent_lamports(0).await?);
    let mut lacking_lamports = 0;
    for (name, id, _) in TRELLIS_PROGRAMS {
        let own = built.iter().find(|program| program.name == name);
        let check = match own {
            Some(own) if own.id != id => Check::bad(
                format!("program {name}"),
                format!("{} was built for {}, this trellis for {id}", own.path.display(), own.id),
                "build programs and trellis from the same program-ids.toml",
            ),
            _ => program(chain, name, &id, own).await?,
        };
        if let Some(own) = own.filter(|_| check.state == State::Bad) {
            let cost = DeploymentCost::new(own.elf.len(), rent, FeeRate::default());
            lacking_lamports += cost.rent_lamports + cost.fee_lamports;
        }
        checks.push(check);
    }
    if let Some(payer) = payer {
        checks.push(balance(chain, payer, lacking_lamports).await?);
    }
    Ok(checks)
}

async fn program(chain: &Chain, name: &str, id: &Address, built: Option<&BuiltProgram>) -> Result<Check> {
    let what = format!("program {name}");
    let deployed = match Deployed::read(chain, id).await {
        Ok(Some(deployed)) => deployed,
        Ok(None) => return Ok(Check::bad(what, format!("{id} is not there"), DEPLOY)),
        Err(error) => return Ok(Check::bad(what, format!("{error:#}"), "choose other addresses: `cargo xtask ids`")),
    };
    if !deployed.executable {
        return Ok(Check::bad(what, format!("{id} cannot be called"), DEPLOY));
    }
    let authority = match deployed.authority {
        Some(authority) => format!("upgrade authority {authority}"),
        None => "nobody may upgrade it".to_owned(),
    };
    let hash = |bytes: &[u8]| hex::encode(sha256(&[bytes]));
    Ok(match built {
        Some(built) if deployed.is(&built.elf) => {
            Check::ok(what, format!("{id}, SHA-256 {}, the build's; {authority}", built.sha256))
        }
        Some(built) => {
            let there = hash(without_padding(&deployed.bytes));
            let found = format!("{id}, SHA-256 {there}, and the build's is {}; {authority}", built.sha256);
            Check::bad(what, found, format!("{DEPLOY} to upgrade it, or check out the version that is there"))
        }
        None => {
            let there = hash(without_padding(&deployed.bytes));
            Check::ok(what, format!("{id}, SHA-256 {there} (without zeros at the end); {authority}"))
        }
    })
}

/// A program's bytes as far as can be told: without the zeros at the end, which may be its own or the room behind it.
fn without_padding(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default()
}

async fn balance(chain: &Chain, payer: Address, lacking_lamports: u64) -> Result<Check> {
    let has = chain.balance_lamports(&payer).await?;
    let (what, found) = ("payer", format!("{payer} has {} SOL", sol(has)));
    if has < lacking_lamports {
        let next = format!("deploying what is missing takes about {} SOL: fund it", sol(lacking_lamports));
        return Ok(Check::bad(what, found, next));
    }
    match has {
        0 => Ok(Check::bad(what, found, "fund it: it can pay for nothing")),
        _ => Ok(Check::ok(what, found)),
    }
}

#[cfg(test)]
mod tests {
    use super::without_padding;

    #[test]
    fn without_padding_ends_at_the_last_byte_that_is_not_zero() {
        assert_eq!(without_padding(b"a\0b\0\0"), b"a\0b");
        assert_eq!(without_padding(b"\0\0"), b"");
    }
}
