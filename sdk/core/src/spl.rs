//! Accounts of SPL Token and Token-2022 as they lie on the chain: which mints Trellis trusts with money, and whose a token
//! account is.
//!
//! Source: `spl_token_interface::state`, `spl_token_2022_interface::extension`.

use crate::{AddressBytes, Amount};

/// A mint without extensions ends here.
const MINT_BYTES: usize = 82;
const MINT_INITIALIZED: usize = 45;
/// u32 LE: 0 if there is none.
const FREEZE_AUTHORITY: core::ops::Range<usize> = 46..50;
/// A token account without extensions: mint, owner, amount, …, state.
pub const ACCOUNT_BYTES: usize = 165;
const OWNER: usize = 32;
const AMOUNT: usize = 64;
const STATE: usize = 108;
/// Neither closed nor frozen.
const INITIALIZED: u8 = 1;
/// Behind 165 bytes, to which mints are padded, Token-2022 writes what an account with extensions is.
const TYPE: usize = ACCOUNT_BYTES;
const TYPE_MINT: u8 = 1;
const TYPE_ACCOUNT: u8 = 2;
/// The size of a multisig, which no account with extensions has.
const MULTISIG_BYTES: usize = 355;
/// Where the extensions begin. Each is a type u16 LE, a length u16 LE and that many bytes; type 0 ends the list.
const EXTENSIONS: usize = TYPE + 1;

/// Extensions of a mint that leave every balance and every transfer as they are.
///
/// All others are refused, those that come later too. A transfer fee, a transfer hook, a pausable or non-transferable
/// mint and accounts that start frozen stop payments or make them less than was promised; a permanent delegate could
/// take the tokens; a mint that can be closed could come back with any of these.
const HARMLESS_EXTENSIONS: [u16; 8] = [
    10, // interest-bearing: what wallets show
    18, // metadata pointer
    19, // metadata
    20, // group pointer
    21, // group
    22, // group member pointer
    23, // group member
    25, // scaled amount: what wallets show
];

/// What Trellis wants to know of a mint that it trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mint {
    pub can_freeze: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MintFault {
    NotAMint,
    /// It has an extension under which sums might not add up.
    Extension,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountFault {
    /// No token account, or one that is frozen.
    NotAnAccount,
    OtherMint,
}

/// Reads the mint in `data`, which belongs to SPL Token or to Token-2022.
pub fn mint(data: &[u8], is_token_2022: bool) -> Result<Mint, MintFault> {
    let is_mint = data.len() == MINT_BYTES || (is_token_2022 && data.get(TYPE) == Some(&TYPE_MINT));
    if !is_mint || data[MINT_INITIALIZED] != 1 {
        return Err(MintFault::NotAMint);
    }
    let mut rest = data.get(EXTENSIONS..).unwrap_or_default();
    // Fewer bytes than a header can hold no extension.
    while let [kind_low, kind_high, length_low, length_high, behind @ ..] = rest {
        let kind = u16::from_le_bytes([*kind_low, *kind_high]);
        if kind == 0 {
            break;
        }
        if !HARMLESS_EXTENSIONS.contains(&kind) {
            return Err(MintFault::Extension);
        }
        let length = usize::from(u16::from_le_bytes([*length_low, *length_high]));
        rest = behind.get(length..).ok_or(MintFault::NotAMint)?;
    }
    Ok(Mint { can_freeze: data[FREEZE_AUTHORITY] != [0; 4] })
}

/// The owner of the token account in `data`, which must be for `mint`, initialized and not frozen. Whether it belongs to
/// Token-2022 is asked only if it has extensions.
#[inline(always)]
pub fn account_owner(
    data: &[u8],
    is_token_2022: impl FnOnce() -> bool,
    mint: &AddressBytes,
) -> Result<AddressBytes, AccountFault> {
    let is_account = data.len() == ACCOUNT_BYTES
        || (data.len() > ACCOUNT_BYTES
            && data.len() != MULTISIG_BYTES
            && is_token_2022()
            && data[TYPE] == TYPE_ACCOUNT);
    if !is_account || data[STATE] != INITIALIZED {
        return Err(AccountFault::NotAnAccount);
    }
    if data[..OWNER] != mint[..] {
        return Err(AccountFault::OtherMint);
    }
    let mut owner = [0; 32];
    owner.copy_from_slice(&data[OWNER..AMOUNT]);
    Ok(owner)
}

/// Tokens in the token account in `data`, which must be known to be one.
pub fn balance(data: &[u8]) -> Option<Amount> {
    let amount = data.get(AMOUNT..)?.first_chunk()?;
    Some(Amount(u64::from_le_bytes(*amount)))
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};

    use proptest::prelude::*;

    use super::*;

    fn extended_mint(kinds: &[u16]) -> Vec<u8> {
        let mut data = vec![0; ACCOUNT_BYTES];
        data[MINT_INITIALIZED] = 1;
        data.push(TYPE_MINT);
        for kind in kinds {
            data.extend([kind.to_le_bytes(), [3, 0]].concat());
            data.extend([9; 3]);
        }
        data
    }

    fn account(bytes: usize) -> Vec<u8> {
        let mut data = vec![0; bytes];
        data[..OWNER].fill(1);
        data[OWNER..AMOUNT].fill(2);
        (data[AMOUNT], data[STATE]) = (7, INITIALIZED);
        data
    }

    #[test]
    fn mint_of_every_kind_of_extension_is_trusted_only_with_the_harmless() {
        for kind in 1..=u16::MAX {
            let trusted = HARMLESS_EXTENSIONS.contains(&kind);
            let outcome = mint(&extended_mint(&[19, kind]), true);
            assert_eq!(outcome, if trusted { Ok(Mint { can_freeze: false }) } else { Err(MintFault::Extension) });
        }
        assert_eq!(mint(&extended_mint(&[18, 0, 1]), true), Ok(Mint { can_freeze: false }), "0 ends the list");
    }

    #[test]
    fn mint_of_another_program_size_or_type_is_none() {
        assert_eq!(mint(&extended_mint(&[]), false), Err(MintFault::NotAMint));
        assert_eq!(mint(&extended_mint(&[18])[..172], true), Err(MintFault::NotAMint));
        assert_eq!(mint(&extended_mint(&[])[..81], true), Err(MintFault::NotAMint));
        let mut plain = vec![0; MINT_BYTES];
        assert_eq!(mint(&plain, false), Err(MintFault::NotAMint), "not initialized");
        (plain[MINT_INITIALIZED], plain[FREEZE_AUTHORITY.start]) = (1, 1);
        assert_eq!(mint(&plain, false), Ok(Mint { can_freeze: true }));
    }

    #[test]
    fn account_owner_is_that_of_an_open_account_of_the_mint() {
        let plain = account(ACCOUNT_BYTES);
        assert_eq!(account_owner(&plain, || false, &[1; 32]), Ok([2; 32]));
        assert_eq!(account_owner(&plain, || false, &[3; 32]), Err(AccountFault::OtherMint));
        assert_eq!(balance(&plain), Some(Amount(7)));
        let mut frozen = plain.clone();
        frozen[STATE] = 2;
        assert_eq!(account_owner(&frozen, || false, &[1; 32]), Err(AccountFault::NotAnAccount));
        for (bytes, is_account) in [(166, true), (354, true), (MULTISIG_BYTES, false), (356, true)] {
            let mut extended = account(bytes);
            extended[TYPE] = TYPE_ACCOUNT;
            assert_eq!(account_owner(&extended, || true, &[1; 32]).is_ok(), is_account, "{bytes}");
            assert!(account_owner(&extended, || false, &[1; 32]).is_err(), "SPL Token has no extensions");
            extended[TYPE] = TYPE_MINT;
            assert!(account_owner(&extended, || true, &[1; 32]).is_err());
        }
    }

    proptest! {
        #[test]
        fn readers_of_any_bytes_do_not_panic(data in proptest::collection::vec(any::<u8>(), 0..400), is_2022: bool) {
            let _ = (mint(&data, is_2022), account_owner(&data, || is_2022, &[1; 32]), balance(&data));
        }
    }
}
