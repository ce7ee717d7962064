//! What is to be done for each program, and what it takes. Refuses before anything is spent.

use std::path::Path;

use anyhow::Result;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::Chain;

use super::{
    BuiltProgram, DeployError, RentRate,
    cost::{FeeRate, buffer_rent, max_bytes, program_rent, write_fees},
    keys::{buffer_key, program_key},
    state::{Buffer, Deployed},
};
use crate::output::sol;

/// A program's data grows by at least this much: clusters refuse less (SIMD-0431).
const SMALLEST_EXTENSION_BYTES: usize = 10_240;

/// What is wanted of a deployment.
pub struct Wanted<'a> {
    /// Pays for everything, and upgrades programs that are there already.
    pub payer: &'a Keypair,
    /// Folder of the programs' keys.
    pub keys: &'a Path,
    /// Who may upgrade the programs afterwards; the payer if left out.
    pub upgrade_authority: Option<Address>,
    pub fees: FeeRate,
}

/// What is to be done for a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The chain has these very bytes.
    Nothing,
    /// It is not there yet.
    Deploy { max_bytes: usize },
    /// Other bytes are there.
    Upgrade { extend_bytes: usize },
}

/// One program's part.
pub struct ProgramPlan {
    pub program: BuiltProgram,
    pub action: Action,
    /// The upgrade authority to set at the end.
    pub hand_to: Option<Address>,
    /// Only for a program that is not there yet.
    pub key: Option<Keypair>,
    pub buffer_key: Keypair,
    /// What an earlier run left.
    pub buffer: Option<Buffer>,
    /// Rent that stays on the chain.
    pub rent_lamports: u64,
    /// Rent that comes back.
    pub loan_lamports: u64,
    pub fee_lamports: u64,
}

/// What is to be done, and what it takes.
pub struct Plan {
    pub programs: Vec<ProgramPlan>,
    /// What the payer must have at the start.
    pub needed_lamports: u64,
    pub balance_lamports: u64,
}

impl Plan {
    /// Looks at the chain.
    ///
    /// # Errors
    /// A key is missing or of another program, or a program may not be upgraded by the payer.
    pub async fn make(chain: &Chain, wanted: &Wanted<'_>, programs: Vec<BuiltProgram>) -> Result<Self> {
        let payer = wanted.payer.pubkey();
        let rent = RentRate::of_empty_account(chain.rent_lamports(0).await?);
        let balance_lamports = chain.balance_lamports(&payer).await?;
        let mut plans = Vec::new();
        for program in programs {
            plans.push(ProgramPlan::make(chain, wanted, program, rent).await?);
        }
        let needed_lamports = needed(&plans, rent);
        Ok(Self { programs: plans, needed_lamports, balance_lamports })
    }

    /// Is nothing to be done?
    pub fn is_empty(&self) -> bool {
        self.programs.iter().all(ProgramPlan::is_empty)
    }

    /// # Errors
    /// The payer has too little.
    pub fn check_balance(&self, payer: &Address) -> Result<(), DeployError> {
        if self.is_empty() || self.balance_lamports >= self.needed_lamports {
            return Ok(());
        }
        let (needs, has) = (self.needed_lamports, self.balance_lamports);
        Err(DeployError(format!(
            "the deployment needs {} SOL at the start, and the payer has {} SOL: send at least {} SOL to {payer}",
            sol(needs),
            sol(has),
            sol(needs.saturating_sub(has))
        )))
    }
}

/// What the payer must have at the start: programs come one after the other, and what a program's buffer took comes
/// back before the next one's is paid for. The payer's own account must live on too.
fn needed(plans: &[ProgramPlan], rent: RentRate) -> u64 {
    let (mut spent, mut most) = (0u64, 0u64);
    for plan in plans {
        let left_over = plan.buffer.as_ref().map_or(0, |buffer| buffer.lamports);
        let peak = plan.rent_lamports + plan.loan_lamports + plan.fee_lamports;
        most = most.max(spent + peak.saturating_sub(left_over));
        spent = (spent + plan.rent_lamports + plan.fee_lamports).saturating_sub(left_over);
    }
    most + rent.lamports(0)
}

impl ProgramPlan {
    async fn make(chain: &Chain, wanted: &Wanted<'_>, program: BuiltProgram, rent: RentRate) -> Result<Self> {
        let payer = wanted.payer.pubkey();
        let deployed = Deployed::read(chain, &program.id).await?;
        let buffer_key = buffer_key(wanted.payer, &program.id);
        let buffer = Buffer::read(chain, &buffer_key.pubkey()).await?;
        if let Some(Buffer { authority, .. }) = &buffer
            && *authority != Some(payer)
        {
            let address = buffer_key.pubkey();
            return Err(
                DeployError(format!("the buffer {address} no longer belongs to the payer: close it first")).into()
            );
        }
        let action = match &deployed {
            None => Action::Deploy { max_bytes: max_bytes(program.elf.len()) },
            Some(deployed) if deployed.is(&program.elf) => Action::Nothing,
            Some(deployed) => {
                let lacking = program.elf.len().saturating_sub(deployed.bytes.len());
                let extend_bytes = if lacking == 0 { 0 } else { lacking.max(SMALLEST_EXTENSION_BYTES) };
                Action::Upgrade { extend_bytes }
            }
        };
        let authority = deployed.as_ref().map_or(Some(payer), |deployed| deployed.authority);
        let hand_to = wanted.upgrade_authority.filter(|next| Some(*next) != authority);
        if (matches!(action, Action::Upgrade { .. }) || hand_to.is_some()) && authority != Some(payer) {
            return Err(not_ours(&program, authority, payer).into());
        }
        let key = match action {
            Action::Deploy { .. } => Some(program_key(wanted.keys, &program)?),
            _ => None,
        };
        let plan = Self {
            program,
            action,
            hand_to,
            key,
            buffer_key,
            buffer,
            rent_lamports: 0,
            loan_lamports: 0,
            fee_lamports: 0,
        };
        Ok(plan.with_costs(rent, wanted.fees))
    }

    fn with_costs(mut self, rent: RentRate, fees: FeeRate) -> Self {
        let bytes = self.program.elf.len();
        let write = write_fees(bytes, fees);
        (self.rent_lamports, self.loan_lamports, self.fee_lamports) = match self.action {
            Action::Nothing => (0, 0, if self.buffer.is_some() { fees.lamports(1) } else { 0 }),
            // The buffer's rent becomes part of the program's.
            Action::Deploy { max_bytes } => (program_rent(max_bytes, rent), 0, write + fees.lamports(2)),
            Action::Upgrade { extend_bytes: 0 } => (0, buffer_rent(bytes, rent), write + fees.lamports(1)),
            Action::Upgrade { extend_bytes } => {
                let extension = rent.lamports(extend_bytes) - rent.lamports(0);
                (extension, buffer_rent(bytes, rent), write + 2 * fees.lamports(1))
            }
        };
        if self.hand_to.is_some() {
            self.fee_lamports += fees.lamports(1);
        }
        self
    }

    /// Is nothing to be done, and no buffer left to be closed?
    pub fn is_empty(&self) -> bool {
        self.action == Action::Nothing && self.hand_to.is_none() && self.buffer.is_none()
    }
}

fn not_ours(program: &BuiltProgram, authority: Option<Address>, payer: Address) -> DeployError {
    let (name, id) = (program.name, program.id);
    DeployError(match authority {
        None => {
            format!("the {name} program {id} is there with other bytes and can never be changed: nobody may upgrade it")
        }
        Some(authority) => format!(
            "the {name} program {id} is there already, and only {authority} may upgrade it or hand it on: give the \
             keypair of that address, not of {payer}; a multisig upgrades by a proposal of its own (migrations/README.md)"
        ),
    })
}
