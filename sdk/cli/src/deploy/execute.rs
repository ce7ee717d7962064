//! Carries a plan out, program by program, and checks the outcome on the chain.

use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_loader_v3_interface::{instruction as loader, state::UpgradeableLoaderState};
use solana_sdk_ids::compute_budget;
use solana_signer::Signer;
use trellis_client::Chain;

use super::{
    Action, DeployError, Plan, ProgramPlan,
    buffer::{self, BufferWriter, create_account},
    cost::{COMPUTE_UNITS, FeeRate},
    state::Deployed,
};
use crate::output::Say;

/// Pause between two looks at the chain's slot.
const SLOT_POLL: Duration = Duration::from_millis(50);

/// Sends a deployment's transactions.
pub struct Sender<'a> {
    pub chain: &'a Chain,
    pub payer: &'a Keypair,
    pub fees: FeeRate,
    pub say: Say,
}

impl Sender<'_> {
    /// Sends one transaction, which the payer and `others` sign, and waits until it is confirmed.
    pub async fn send(&self, instructions: Vec<Instruction>, others: &[&Keypair]) -> Result<()> {
        let signers: Vec<&Keypair> = std::iter::once(self.payer).chain(others.iter().copied()).collect();
        self.chain.send(&self.fees.priced(instructions), &signers).await?;
        Ok(())
    }
}

impl FeeRate {
    /// The instructions with the price for their compute units in front, if one is offered.
    pub fn priced(self, instructions: Vec<Instruction>) -> Vec<Instruction> {
        if self.compute_unit_price == 0 {
            return instructions;
        }
        let budget = |tag: u8, value: &[u8]| Instruction {
            program_id: compute_budget::ID,
            accounts: Vec::new(),
            data: [&[tag], value].concat(),
        };
        let limit = budget(2, &COMPUTE_UNITS.to_le_bytes());
        let price = budget(3, &self.compute_unit_price.to_le_bytes());
        [limit, price].into_iter().chain(instructions).collect()
    }
}

/// What became of a program.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    pub name: &'static str,
    pub id: String,
    /// `deployed`, `upgraded` or `unchanged`.
    pub action: &'static str,
    pub bytes: usize,
    pub sha256: String,
    /// `None` if nobody may upgrade it.
    pub upgrade_authority: Option<String>,
}

/// Does what the plan says. Every program is checked byte by byte before the next one is begun.
pub async fn execute(sender: &Sender<'_>, plan: &Plan, parallel: usize) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for program in &plan.programs {
        let name = program.program.name;
        outcomes.push(one(sender, program, parallel).await.with_context(|| format!("deploying {name}"))?);
    }
    Ok(outcomes)
}

async fn one(sender: &Sender<'_>, plan: &ProgramPlan, parallel: usize) -> Result<Outcome> {
    let (program, say) = (&plan.program, sender.say);
    let (name, id, bytes) = (program.name, program.id, program.elf.len());
    let writer = BufferWriter { sender, key: &plan.buffer_key, elf: &program.elf, name, parallel };
    let action = match plan.action {
        Action::Nothing => {
            if plan.buffer.is_some() {
                buffer::close(sender, &plan.buffer_key.pubkey()).await?;
                say.line(format!("{name:<9} a buffer of an earlier run is closed, its rent is back"));
            }
            say.line(format!("{name:<9} already deployed, bytes are the same"));
            "unchanged"
        }
        Action::Deploy { max_bytes } => {
            writer.fill(plan.buffer.as_ref()).await?;
            deploy(sender, plan, max_bytes).await?;
            "deployed"
        }
        Action::Upgrade { extend_bytes } => {
            writer.fill(plan.buffer.as_ref()).await?;
            upgrade(sender, plan, extend_bytes).await?;
            "upgraded"
        }
    };
    let mut deployed = read(sender.chain, &id).await?;
    if !deployed.is(&program.elf) {
        return Err(DeployError(format!(
            "{id} does not hold the bytes of {}: somebody else upgraded it now",
            program.path.display()
        ))
        .into());
    }
    if action != "unchanged" {
        let room = deployed.bytes.len();
        say.line(format!(
            "{name:<9} {action} at {id}: {bytes} bytes, room for {room}; the chain's bytes are the build's"
        ));
    }
    if let Some(next) = plan.hand_to {
        let payer = sender.payer.pubkey();
        sender.send(vec![loader::set_upgrade_authority(&id, &payer, Some(&next))], &[]).await?;
        deployed = read(sender.chain, &id).await?;
        say.line(format!("{name:<9} from now on only {next} may upgrade it"));
    }
    Ok(Outcome {
        name,
        id: id.to_string(),
        action,
        bytes,
        sha256: program.sha256.clone(),
        upgrade_authority: deployed.authority.map(|authority| authority.to_string()),
    })
}

async fn read(chain: &Chain, id: &Address) -> Result<Deployed> {
    let gone =
        || DeployError(format!("there is no program at {id} right after its deployment: ask another RPC server"));
    Ok(Deployed::read(chain, id).await?.ok_or_else(gone)?)
}

/// Makes a program of the full buffer.
async fn deploy(sender: &Sender<'_>, plan: &ProgramPlan, max_bytes: usize) -> Result<()> {
    let (payer, id, buffer) = (sender.payer.pubkey(), plan.program.id, plan.buffer_key.pubkey());
    let key = plan.key.as_ref().context("a new program's key is read when the plan is made")?;
    let bytes = UpgradeableLoaderState::size_of_program();
    let lamports = sender.chain.rent_lamports(bytes).await?;
    let mut instructions = create_account(sender.chain, &payer, &id, lamports, bytes).await?;
    let own = loader::deploy_with_max_program_len(&payer, &id, &buffer, &payer, lamports, max_bytes)?;
    // The first of them is the creation in another form.
    instructions.extend(own.into_iter().skip(1));
    sender.send(instructions, &[key]).await
}

/// Puts the full buffer's bytes in the place of the program's. The rest of the buffer's rent goes to the payer.
async fn upgrade(sender: &Sender<'_>, plan: &ProgramPlan, extend_bytes: usize) -> Result<()> {
    let (payer, id, buffer) = (sender.payer.pubkey(), plan.program.id, plan.buffer_key.pubkey());
    if extend_bytes > 0 {
        wait_for_next_slot(sender.chain, &id).await?;
        let additional = u32::try_from(extend_bytes)?;
        sender.send(vec![loader::extend_program(&id, Some(&payer), additional)], &[]).await?;
    }
    wait_for_next_slot(sender.chain, &id).await?;
    sender.send(vec![loader::upgrade(&id, &buffer, &payer, &payer)], &[]).await
}

/// The loader changes a program once a slot.
async fn wait_for_next_slot(chain: &Chain, id: &Address) -> Result<()> {
    let changed = read(chain, id).await?.slot;
    while chain.slot().await? <= changed {
        tokio::time::sleep(SLOT_POLL).await;
    }
    Ok(())
}
