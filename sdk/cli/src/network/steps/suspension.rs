//! Oracles that may suspend devices.

use anyhow::Result;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::{
    accounts::{Network, decode},
    instructions::registry::{self, UpdateNetworkArgs},
};

use crate::network::{
    NetworkPlan,
    step::{Comparison, Found, Step},
};

/// Names the vault of the network's own mint as the one whose oracles may suspend devices.
pub struct SuspensionStep<'a> {
    pub plan: &'a NetworkPlan,
}

impl Step for SuspensionStep<'_> {
    fn name(&self) -> String {
        "oracles who may suspend devices".to_owned()
    }

    fn account(&self) -> Address {
        self.plan.address
    }

    fn compare(&self, account: Option<&Account>) -> Result<Found> {
        let Some(account) = account else { return Ok(Found::Missing) };
        let network = decode::<Network>(&self.plan.address, account)?;
        if network.suspension_vault == Address::default() {
            return Ok(Found::Missing);
        }
        let comparison = Comparison::default();
        Ok(comparison.field("oracles.may_suspend (their vault)", self.plan.vault(), network.suspension_vault).found())
    }

    fn instructions(&self) -> Vec<Instruction> {
        let args = UpdateNetworkArgs { suspension_vault: Some(self.plan.vault()), ..UpdateNetworkArgs::default() };
        vec![registry::update_network(self.plan.creator, self.plan.address, args)]
    }

    fn new_account_bytes(&self) -> Vec<usize> {
        Vec::new()
    }
}
