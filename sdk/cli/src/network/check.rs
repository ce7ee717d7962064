//! What the file may not say, beyond single fields. The programs refuse most of it too, but after some steps are done, and
//! without the field's name.

use std::collections::BTreeSet;

use trellis_client::accounts::MAX_ORACLES;
use trellis_core::{BPS, h3::MAX_RESOLUTION, pda::DEVICE_REWARDS, staking::MAX_TIERS};

use super::{NetworkFile, file::VaultFile};
use crate::commands::Unusable;

/// # Errors
/// Names the field that cannot be.
pub fn all(file: &NetworkFile) -> Result<(), Unusable> {
    oracles(file)?;
    token(file)?;
    vaults(file)?;
    classes(file)?;
    let tiers = file.staking.as_ref().map_or(0, |staking| staking.tiers.len());
    unless(tiers <= MAX_TIERS, || format!("staking.tiers has more than {MAX_TIERS} amounts"))
}

/// The vault that receives the emission.
///
/// # Errors
/// There is none.
pub fn own_vault(file: &NetworkFile) -> Result<&VaultFile, Unusable> {
    let own = file.vaults.iter().find(|vault| vault.mint.is_none() && vault.pool == DEVICE_REWARDS);
    own.ok_or_else(|| {
        let words = "there must be a [[vault]] without mint and without pool: the one for the network's own mint, which \
                     receives the emission";
        Unusable(words.to_owned())
    })
}

fn oracles(file: &NetworkFile) -> Result<(), Unusable> {
    let members = &file.oracles.members;
    let missing = || "oracles is missing: who votes on roots, and from which threshold on?".to_owned();
    unless(!members.is_empty(), missing)?;
    unless(members.len() <= MAX_ORACLES, || format!("oracles.members has more than {MAX_ORACLES}"))?;
    let mut seen = BTreeSet::new();
    let twice = members.iter().find(|member| !seen.insert(member.address));
    if let Some(member) = twice {
        return Err(Unusable(format!("oracles.members names {} twice", member.address)));
    }
    let weight: u64 = members.iter().map(|member| u64::from(member.weight)).sum();
    let threshold = u64::from(file.oracles.threshold);
    let is_quorum = threshold * 3 >= weight * 2 && threshold <= weight;
    unless(is_quorum, || {
        format!("oracles.threshold is {threshold}: from two thirds of the weight {weight} to all of it")
    })
}

fn token(file: &NetworkFile) -> Result<(), Unusable> {
    let token = &file.token;
    let shares = u64::from(token.vault_share_bps) + u64::from(token.stakers_share_bps);
    let too_much = || format!("token.vault_share_bps and token.stakers_share_bps are {shares} together, above {BPS}");
    unless(shares <= BPS, too_much)?;
    unless(token.vault_share_bps > 0, || {
        "token.vault_share_bps is zero: nothing would come into the vault".to_owned()
    })?;
    let has_stakers = token.stakers_share_bps == 0 || file.staking.is_some();
    unless(has_stakers, || "token.stakers_share_bps is above zero, but there is no [staking]".to_owned())
}

fn vaults(file: &NetworkFile) -> Result<(), Unusable> {
    let mut seen = BTreeSet::new();
    for vault in &file.vaults {
        let needless = vault.mint.is_none() && vault.program.is_some();
        unless(!needless, || "a [[vault]] has program, but no mint: token.program says it for the own one".to_owned())?;
        let twice = || format!("two [[vault]]s have the same mint and pool {}", vault.pool);
        unless(seen.insert((vault.mint, vault.pool)), twice)?;
    }
    Ok(())
}

fn classes(file: &NetworkFile) -> Result<(), Unusable> {
    for (index, class) in file.classes.iter().enumerate() {
        let has_pool = class.bond == 0 || file.staking.is_some();
        unless(has_pool, || format!("class {index} has a bond, but there is no [staking]: nobody could meet it"))?;
        let is_resolution = class.h3_resolution.is_none_or(|resolution| resolution <= MAX_RESOLUTION);
        unless(is_resolution, || format!("class {index}: h3_resolution is above {MAX_RESOLUTION}"))?;
    }
    Ok(())
}

fn unless(holds: bool, words: impl FnOnce() -> String) -> Result<(), Unusable> {
    if holds { Ok(()) } else { Err(Unusable(words())) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use solana_address::Address;

    use super::*;

    const EXAMPLE: &str = include_str!("../../../../migrations/la-haute-borne/network.toml");

    /// The line, or the setting in its comment; empty if that is prose.
    fn uncommented(line: &str) -> &str {
        let Some(comment) = line.strip_prefix("# ") else { return line };
        let name = comment.split_once(" = ").map_or("", |(name, _)| name);
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_part = ["[", "]", "    {"].iter().any(|beginning| comment.starts_with(beginning));
        if is_name || is_part { comment } else { "" }
    }

    #[test]
    fn example_with_all_its_comments_taken_at_their_word_can_be() {
        let addresses = [1, 2, 3].map(|byte| Address::new_from_array([byte; 32]).to_string());
        let mut text: String = EXAMPLE.lines().map(|line| format!("{}\n", uncommented(line))).collect();
        for member in &addresses {
            text = text.replacen("{ address = \"ADDRESS\"", &format!("{{ address = \"{member}\""), 1);
        }
        let file = NetworkFile::parse(&text.replace("ADDRESS", &addresses[0])).unwrap();
        all(&file).unwrap();
        assert_eq!(own_vault(&file).unwrap().epoch_cap, 1_000_000_000_000);
        assert_eq!((file.vaults.len(), file.classes.len(), file.oracles.members.len()), (2, 1, 3));
        let staking = file.staking.unwrap();
        assert_eq!((staking.tiers.len(), file.classes[0].h3_resolution, file.oracles.may_suspend), (2, Some(9), true));
    }
}
