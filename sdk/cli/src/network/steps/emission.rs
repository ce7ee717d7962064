//! The emission of the network's own mint.

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
        let paid = emission.destinations().map(|(account, share_bps)| (*account, share_bps));
        let comparison = Comparison::default()
            .field("treasury", self.plan.treasury(), emission.treasury)
            .field("accounts that are paid, with their shares", in_words(self.plan.destinations()), in_words(paid))
            .field("first_amount", token.first_amount, emission.first_amount)
            .field("decay_bps", token.decay_bps, emission.decay_bps)
            .field("decay_every_epochs", token.decay_every_epochs, emission.decay_every_epochs)
            .field("tail_amount", token.tail_amount, emission.tail_amount)
            .field("cap", token.cap, emission.cap)
            .field("recycle_bps", token.recycle_bps, emission.recycle_bps)
            .field("recycle_epoch_cap", token.recycle_epoch_cap, emission.recycle_epoch_cap);
        Ok(comparison.found())
    }

    fn instructions(&self) -> Vec<Instruction> {
        let token = &self.plan.file.token;
        let (accounts, shares_bps): (Vec<Address>, Vec<u16>) = self.plan.destinations().into_iter().unzip();
        let args = CreateEmissionArgs {
            first_amount: token.first_amount,
            tail_amount: token.tail_amount,
            cap: token.cap,
            recycle_epoch_cap: token.recycle_epoch_cap,
            decay_every_epochs: token.decay_every_epochs,
            decay_bps: token.decay_bps,
            recycle_bps: token.recycle_bps,
            shares_bps,
        };
        let (creator, treasury) = (self.plan.creator, self.plan.treasury());
        vec![token::create_emission(creator, creator, self.plan.address, treasury, &accounts, args)]
    }

    fn new_account_bytes(&self) -> Vec<usize> {
        vec![account_bytes::<Emission>()]
    }
}

fn in_words(paid: impl IntoIterator<Item = (Address, u16)>) -> String {
    let each = paid.into_iter().map(|(account, share_bps)| format!("{account} ({share_bps} bps)"));
    each.collect::<Vec<_>>().join(", ")
}
