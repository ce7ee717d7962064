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
/// staking: a network's stake pool, owner of its token accounts. Seeds: this, network.
pub const STAKE_POOL: &[u8] = b"stake-pool";
/// staking: the token account of all stake, active and unbonding. Seeds: this, stake pool.
pub const STAKE_TOKENS: &[u8] = b"stake-tokens";
/// staking: the token account that rewards of stakers come into. Seeds: this, stake pool.
pub const STAKE_REWARDS: &[u8] = b"stake-rewards";
/// staking: the stake with one operator. Seeds: this, stake pool, operator.
pub const OPERATOR_STAKE: &[u8] = b"operator-stake";
/// staking: a wallet's stake with one operator. Seeds: this, operator stake, wallet.
pub const STAKE_POSITION: &[u8] = b"stake";
/// staking: stake on its way out of a position. Seeds: this, position, number u32 LE.
pub const UNBONDING_TICKET: &[u8] = b"unbond";
/// staking: a proposed slash. Seeds: this, operator stake, number u32 LE.
pub const SLASH_PROPOSAL: &[u8] = b"slash";

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
