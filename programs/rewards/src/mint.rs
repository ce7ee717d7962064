//! Which mints a vault may be for.

use anchor_lang::prelude::*;

use crate::error::RewardsError;

/// A mint without extensions ends here. Source: `spl_token_interface::state::Mint`.
const BASE_BYTES: usize = 82;
const IS_INITIALIZED: usize = 45;
/// A Token-2022 mint with extensions is padded to the size of a token account; behind that stands what it is. Source:
/// `spl_token_2022_interface::extension::AccountType`.
const TYPE: usize = 165;
const TYPE_MINT: u8 = 1;
/// Where the extensions begin. Each is a type u16 LE, a length u16 LE and that many bytes; type 0 ends the list.
const EXTENSIONS: usize = 166;
const HEADER: usize = 4;

/// Extensions that leave every balance and every transfer as they are. Source:
/// `spl_token_2022_interface::extension::ExtensionType`.
///
/// All others are refused, those that come later too. A transfer fee, a transfer hook, a pausable or non-transferable
/// mint and accounts that start frozen stop payments or make them less than was promised; a permanent delegate could
/// take the vault's tokens; a mint that can be closed could come back with any of these.
const HARMLESS: [u16; 8] = [
    10, // interest-bearing: what wallets show
    18, // metadata pointer
    19, // metadata
    20, // group pointer
    21, // group
    22, // group member pointer
    23, // group member
    25, // scaled amount: what wallets show
];

/// Errors unless `mint` is an initialized mint of `token_program`, SPL Token or Token-2022, without extensions under which
/// a vault's sums might not add up.
pub fn require_supported(mint: &AccountView, token_program: &Address) -> Result<()> {
    require!(mint.owned_by(token_program), RewardsError::InvalidMint);
    let data = mint.try_borrow()?;
    let plain = data.len() == BASE_BYTES;
    let extended = data.get(TYPE) == Some(&TYPE_MINT) && *token_program == Token2022::id();
    require!(plain || extended, RewardsError::InvalidMint);
    require!(data[IS_INITIALIZED] == 1, RewardsError::InvalidMint);
    let mut rest = data.get(EXTENSIONS..).unwrap_or_default();
    // Fewer bytes than a header can hold no extension.
    while let Some((header, behind)) = rest.split_at_checked(HEADER) {
        let kind = u16::from_le_bytes([header[0], header[1]]);
        if kind == 0 {
            break;
        }
        require!(HARMLESS.contains(&kind), RewardsError::UnsupportedMint);
        let length = usize::from(u16::from_le_bytes([header[2], header[3]]));
        rest = behind.get(length..).ok_or(RewardsError::UnsupportedMint)?;
    }
    Ok(())
}
