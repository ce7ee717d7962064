//! The proposal that somebody else take the network over, who then accepts.

use anyhow::Result;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::{
    accounts::{Network, decode},
    instructions::registry,
};

use crate::network::{
    NetworkPlan,
    step::{Found, Step},
};

pub struct HandoverStep<'a> {
    pub plan: &'a NetworkPlan,
    pub next: Address,
}

impl Step for HandoverStep<'_> {
    fn name(&self) -> String {
        format!("proposal of the authority {}", self.next)
    }

    fn account(&self) -> Address {
        self.plan.address
    }

    fn compare(&self, account: Option<&Account>) -> Result<Found> {
        let Some(account) = account else { return Ok(Found::Missing) };
        let network = decode::<Network>(&self.plan.address, account)?;
        let proposed = [network.authority, network.pending_authority].contains(&self.next);
        Ok(if proposed { Found::Done } else { Found::Missing })
    }

    fn instructions(&self) -> Vec<Instruction> {
        vec![registry::propose_authority(self.plan.creator, self.plan.address, self.next)]
    }

    fn new_account_bytes(&self) -> Vec<usize> {
        Vec::new()
    }
}
