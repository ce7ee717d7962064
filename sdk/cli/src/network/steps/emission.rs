//! The emission of the network's own mint, into its vault.

use anyhow::Result;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::{
    accounts::{Emission, account_bytes, decode},
    addresses,
    instructions::token::{self, CreateEmissionArgs},
};

use crate::network::{
    NetworkPlan,
    step::{Comparison, Found, Step},
};

pub struct EmissionStep<'a> {
    pub plan: &'a NetworkPlan,
}

impl EmissionStep<'_> {
    fn reward_account(&self) -> Address {
        addresses::vault_tokens(&self.plan.vault())
    }
}

impl Step for EmissionStep<'_> {
    fn name(&self) -> String {
        "emission".to_owned()
    }

    fn account(&self) -> Address {
        addresses::emission(&self.plan.address)
    }

    fn compare(&self, account: Option<&Account>) -> Result<Found> {
        let Some(account) = account else { return Ok(Found::Missing) };
        let (token, emission) = (&self.plan.file.token, decode::<Emission>(&self.account(), account)?);
        let comparison = Comparison::default()
            .field("account that is paid", self.reward_account(), emission.reward_account)
            .field("first_amount", token.first_amount, emission.first_amount)
            .field("decay_bps", token.decay_bps, emission.decay_bps)
            .field("decay_every_epochs", token.decay_every_epochs, emission.decay_every_epochs)
            .field("tail_amount", token.tail_amount, emission.tail_amount)
            .field("cap", token.cap, emission.cap);
        Ok(comparison.found())
    }

    fn instructions(&self) -> Vec<Instruction> {
        let token = &self.plan.file.token;
        let args = CreateEmissionArgs {
            first_amount: token.first_amount,
            tail_amount: token.tail_amount,
            cap: token.cap,
            decay_every_epochs: token.decay_every_epochs,
            decay_bps: token.decay_bps,
        };
        let creator = self.plan.creator;
        vec![token::create_emission(creator, creator, self.plan.address, self.reward_account(), args)]
    }

    fn new_account_bytes(&self) -> Vec<usize> {
        vec![account_bytes::<Emission>()]
    }
}
