//! Seeds of the program-derived addresses, without the bump. The programs and every client take them from here.

/// registry: a network. Seeds: this, creator's address, network's name in 32 bytes.
pub const NETWORK: &[u8] = b"network";
/// registry: a device class. Seeds: this, network, class index u16 LE.
pub const CLASS: &[u8] = b"class";
/// registry: an operator. Seeds: this, network, wallet.
pub const OPERATOR: &[u8] = b"operator";
/// registry: a device. Seeds: this, network, [seed of its key](crate::DeviceKey::seed).
pub const DEVICE: &[u8] = b"device";
/// registry: a case for suspending a device. Seeds: this, network, device index u32 LE, evidence hash, reason code u16 LE.
/// The index, not the address: a device under accusation cannot slip away by changing its key.
pub const SUSPENSION_CASE: &[u8] = b"suspension";
/// token: a network's mint. Seeds: this, network.
pub const MINT: &[u8] = b"mint";
/// token: the mint's authority, which holds no data. Seeds: this, network.
pub const MINT_AUTHORITY: &[u8] = b"mint-authority";
/// token: a network's emission. Seeds: this, network.
pub const EMISSION: &[u8] = b"emission";
/// rewards: a vault. Seeds: this, network, mint, pool u16 LE.
pub const VAULT: &[u8] = b"vault";
/// rewards: the token account of a vault. Seeds: this, vault.
pub const VAULT_TOKENS: &[u8] = b"vault-tokens";
/// rewards: a proposed root. Seeds: this, vault, epoch u64 LE, proposer.
pub const PROPOSAL: &[u8] = b"proposal";
/// rewards: a page of claim counters. Seeds: this, vault, page number u32 LE.
pub const CLAIM_PAGE: &[u8] = b"claims";

/// The pool of a network's device rewards. What other pools of a network are for is up to it.
pub const DEVICE_REWARDS: u16 = 0;

/// Operators on one claim page.
pub const OPERATORS_PER_PAGE: u32 = 1_024;

/// The last claim page: it holds the operator with the greatest index.
pub const LAST_CLAIM_PAGE: u32 = u32::MAX / OPERATORS_PER_PAGE;

/// The claim page of an operator, and the counter's place on it.
pub const fn claim_slot(operator_index: u32) -> (u32, usize) {
    (operator_index / OPERATORS_PER_PAGE, (operator_index % OPERATORS_PER_PAGE) as usize)
}
