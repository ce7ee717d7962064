//! The network's own account.

use anyhow::Result;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::{
    accounts::{Network, account_bytes, decode},
    instructions::registry::{self, CreateNetworkArgs},
};

use crate::network::{
    NetworkPlan,
    step::{Comparison, Found, Step},
};

pub struct RegistryStep<'a> {
    pub plan: &'a NetworkPlan,
}

impl Step for RegistryStep<'_> {
    fn name(&self) -> String {
        "network".to_owned()
    }

    fn account(&self) -> Address {
        self.plan.address
    }

    fn compare(&self, account: Option<&Account>) -> Result<Found> {
        let Some(account) = account else { return Ok(Found::Missing) };
        let (plan, network) = (self.plan, decode::<Network>(&self.plan.address, account)?);
        // That oracles may suspend devices is a step of its own; if they may not, nothing is to be done.
        let may_suspend = plan.file.oracles.may_suspend;
        let on_chain = may_suspend || network.suspension_vault != Address::default();
        // Its name and creator are part of its address.
        let comparison = Comparison::default()
            .field("guardian", plan.guardian, network.guardian)
            .field("policy (its hash)", hex::encode(plan.policy_hash), hex::encode(network.policy_hash))
            .field("genesis (Unix seconds)", plan.calendar.genesis_unix, network.genesis_unix)
            .field("epoch_seconds", plan.calendar.epoch_seconds, network.epoch_seconds)
            .field("oracles.may_suspend", may_suspend, on_chain);
        Ok(comparison.found())
    }

    fn instructions(&self) -> Vec<Instruction> {
        let args = CreateNetworkArgs {
            name: self.plan.name,
            guardian: self.plan.guardian,
            policy_hash: self.plan.policy_hash,
            genesis_unix: self.plan.calendar.genesis_unix,
            epoch_seconds: self.plan.calendar.epoch_seconds,
        };
        vec![registry::create_network(self.plan.creator, self.plan.creator, args)]
    }

    fn new_account_bytes(&self) -> Vec<usize> {
        vec![account_bytes::<Network>()]
    }
}
