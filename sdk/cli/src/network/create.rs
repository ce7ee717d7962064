//! Looks at the chain, refuses what differs from the file, does what is missing.

use anyhow::{Context, Result};
use serde::Serialize;
use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{
    Chain,
    accounts::{Network, decode},
};

use super::{
    NetworkPlan,
    step::{Found, Step},
};
use crate::{
    commands::CheckFailed,
    deploy::cost::{FeeRate, RentRate},
    output::sol,
};

/// Accounts that a node gives in one answer.
const ACCOUNTS_IN_AN_ANSWER: usize = 100;

/// A step, and whether it had been done before.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    pub name: String,
    pub account: String,
    pub was_there: bool,
}

/// What is to be done on a chain for a network.
pub struct Creation<'a> {
    chain: &'a Chain,
    plan: &'a NetworkPlan,
    steps: Vec<(Box<dyn Step + 'a>, bool)>,
    /// What the payer must have.
    pub needed_lamports: u64,
}

impl<'a> Creation<'a> {
    /// Compares the chain with the plan.
    ///
    /// # Errors
    /// Something is there and differs from the file: nothing is done then, and the fields are named. Or something is
    /// missing that only another authority may add.
    pub async fn look(chain: &'a Chain, plan: &'a NetworkPlan) -> Result<Self> {
        let steps = plan.steps();
        let addresses: Vec<Address> = steps.iter().map(|step| step.account()).collect();
        let mut accounts = Vec::new();
        for part in addresses.chunks(ACCOUNTS_IN_AN_ANSWER) {
            accounts.extend(chain.accounts(part).await?);
        }
        let (mut looked_at, mut differences) = (Vec::new(), Vec::new());
        for (step, account) in steps.into_iter().zip(&accounts) {
            let found = step.compare(account.as_ref()).with_context(|| step.name())?;
            if let Found::Differs(fields) = &found {
                let name = step.name();
                differences.extend(fields.iter().map(|field| format!("{name}: {field}")));
            }
            looked_at.push((step, found != Found::Missing));
        }
        if !differences.is_empty() {
            let words = "the network is there, and is not what the file says; nothing was done";
            return Err(CheckFailed(format!("{words}:\n  {}", differences.join("\n  "))).into());
        }
        // The first step's account is the network's.
        if let (Some(address), Some(Some(network))) = (addresses.first(), accounts.first()) {
            refuse_other_authority(&decode::<Network>(address, network)?, plan.creator, &looked_at)?;
        }
        let rent = RentRate::of_empty_account(chain.rent_lamports(0).await?);
        let missing = looked_at.iter().filter(|(_, was_there)| !was_there);
        let costs = missing.map(|(step, _)| {
            let rents = step.new_account_bytes().into_iter().map(|bytes| rent.lamports(bytes));
            rents.sum::<u64>() + FeeRate::default().lamports(step.transactions().len() as u64)
        });
        let needed: u64 = costs.sum();
        // The payer's own account must live on.
        let needed_lamports = if needed == 0 { 0 } else { needed + rent.lamports(0) };
        Ok(Self { chain, plan, steps: looked_at, needed_lamports })
    }

    /// Each step, and whether it has been done already.
    pub fn reports(&self) -> Vec<StepReport> {
        self.steps.iter().map(|(step, was_there)| report(step.as_ref(), *was_there)).collect()
    }

    /// # Errors
    /// The creator has too little to pay for what is missing.
    pub async fn check_balance(&self) -> Result<()> {
        let (needs, creator) = (self.needed_lamports, self.plan.creator);
        let has = self.chain.balance_lamports(&creator).await?;
        if has >= needs {
            return Ok(());
        }
        let lacking = sol(needs - has);
        let (needs, has) = (sol(needs), sol(has));
        Err(anyhow::anyhow!(
            "the network needs {needs} SOL, and the payer has {has} SOL: send at least {lacking} SOL to {creator}"
        ))
    }

    /// Does what is missing, in order; `done` hears of every step. What was done before an error stays, and another
    /// run goes on from there.
    pub async fn carry_out(&self, creator: &dyn Signer, mut done: impl FnMut(&StepReport)) -> Result<()> {
        debug_assert_eq!(creator.pubkey(), self.plan.creator);
        for (step, was_there) in &self.steps {
            if !was_there {
                for instructions in step.transactions() {
                    let sent = self.chain.send(&instructions, &[creator]).await;
                    sent.with_context(|| format!("creating {}", step.name()))?;
                }
            }
            done(&report(step.as_ref(), *was_there));
        }
        Ok(())
    }
}

fn report(step: &dyn Step, was_there: bool) -> StepReport {
    StepReport { name: step.name(), account: step.account().to_string(), was_there }
}

/// Only the network's authority adds what is missing.
fn refuse_other_authority(network: &Network, creator: Address, steps: &[(Box<dyn Step + '_>, bool)]) -> Result<()> {
    let missing: Vec<String> = steps.iter().filter(|(_, was_there)| !was_there).map(|(step, _)| step.name()).collect();
    if missing.is_empty() || network.authority == creator {
        return Ok(());
    }
    let (authority, missing) = (network.authority, missing.join(", "));
    Err(CheckFailed(format!("{missing} is missing, and only the network's authority {authority} may add it")).into())
}
