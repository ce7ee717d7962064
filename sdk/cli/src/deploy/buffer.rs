//! The buffer: a program's bytes on the chain, written in chunks, before they become the program.

use std::time::{Duration, Instant};

use anyhow::Result;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_loader_v3_interface::{instruction as loader, state::UpgradeableLoaderState};
use solana_sdk_ids::bpf_loader_upgradeable;
use solana_signer::Signer;
use solana_system_interface::instruction as system;
use trellis_client::{Chain, in_words};

use super::{DeployError, cost::CHUNK_BYTES, execute::Sender, state::Buffer};

/// How often the buffer is read while chunks are under way.
const POLL: Duration = Duration::from_millis(250);
/// After this long, chunks that are still missing are sent again.
const RESEND_AFTER: Duration = Duration::from_secs(4);
/// After this long, they are signed anew: a transaction lives about a minute.
const SIGN_AGAIN_AFTER: Duration = Duration::from_secs(45);
/// Rounds of signing in which nothing arrives, after which the run ends.
const FRUITLESS_ROUNDS: u32 = 3;

/// Writes one program into its buffer.
pub struct BufferWriter<'a> {
    pub sender: &'a Sender<'a>,
    pub key: &'a Keypair,
    pub elf: &'a [u8],
    pub name: &'static str,
    /// Chunks under way at a time.
    pub parallel: usize,
}

impl BufferWriter<'_> {
    /// Makes the buffer hold the program, byte for byte. `left` is what an earlier run left of it.
    pub async fn fill(&self, left: Option<&Buffer>) -> Result<()> {
        match left {
            Some(buffer) if buffer.bytes.len() == self.elf.len() => {}
            // Left by a run for another build.
            Some(_) => {
                close(self.sender, &self.key.pubkey()).await?;
                self.create().await?;
            }
            None => self.create().await?,
        }
        let mut missing = self.missing().await?;
        let all = self.elf.len().div_ceil(CHUNK_BYTES);
        let there = all - missing.len();
        self.sender.say.line(format!(
            "{:<9} buffer {}: {there} of {all} chunks are there, writing {}",
            self.name,
            self.key.pubkey(),
            missing.len()
        ));
        let mut fruitless = 0;
        while !missing.is_empty() {
            let (left, refusal) = self.write(&missing).await?;
            fruitless = if left.len() < missing.len() { 0 } else { fruitless + 1 };
            if fruitless == FRUITLESS_ROUNDS {
                let why = refusal.map_or_else(|| "the cluster drops them".to_owned(), |error| in_words(&error));
                return Err(DeployError(format!(
                    "{} chunks of the {} program do not arrive ({why}): run the same command again, which goes on \
                     from here; on a busy cluster offer a --compute-unit-price",
                    left.len(),
                    self.name
                ))
                .into());
            }
            missing = left;
        }
        Ok(())
    }

    async fn create(&self) -> Result<()> {
        let (payer, buffer, chain) = (self.sender.payer.pubkey(), self.key.pubkey(), self.sender.chain);
        let bytes = UpgradeableLoaderState::size_of_buffer(self.elf.len());
        let lamports = chain.rent_lamports(bytes).await?;
        let mut instructions = create_account(chain, &payer, &buffer, lamports, bytes).await?;
        let own = loader::create_buffer(&payer, &buffer, &payer, lamports, self.elf.len());
        // The first of them is the creation in another form.
        instructions.extend(own?.into_iter().skip(1));
        self.sender.send(instructions, &[self.key]).await
    }

    /// Places of the chunks that the buffer does not hold yet.
    async fn missing(&self) -> Result<Vec<usize>> {
        let Some(buffer) = Buffer::read(self.sender.chain, &self.key.pubkey()).await? else {
            return Err(DeployError(format!("the buffer {} is gone: run the command again", self.key.pubkey())).into());
        };
        let places = (0..self.elf.len()).step_by(CHUNK_BYTES);
        Ok(places.filter(|&place| buffer.bytes.get(self.range(place)) != self.elf.get(self.range(place))).collect())
    }

    fn range(&self, place: usize) -> std::ops::Range<usize> {
        place..self.elf.len().min(place + CHUNK_BYTES)
    }

    fn instruction(&self, place: usize) -> Vec<Instruction> {
        let chunk = self.elf.get(self.range(place)).unwrap_or_default().to_vec();
        // A program is far below 4 GB.
        let offset = u32::try_from(place).unwrap_or(u32::MAX);
        let write = loader::write(&self.key.pubkey(), &self.sender.payer.pubkey(), offset, chunk);
        self.sender.fees.priced(vec![write])
    }

    /// One round: signs once, and submits until everything is written or the signatures grow old. Gives the places
    /// that are missing then, and why the node refused one of them.
    async fn write(&self, places: &[usize]) -> Result<(Vec<usize>, Option<trellis_client::ChainError>)> {
        let chain = self.sender.chain;
        let lists = places.iter().map(|&place| self.instruction(place));
        let signed = chain.sign_many(lists, &[self.sender.payer]).await?;
        let (started, mut missing, mut refusal) = (Instant::now(), places.to_vec(), None);
        while !missing.is_empty() && started.elapsed() < SIGN_AGAIN_AFTER {
            let left = signed.iter().zip(places).filter(|(_, place)| missing.contains(place));
            let left: Vec<_> = left.map(|(transaction, _)| transaction.clone()).collect();
            let mut refused = chain.submit_many(&left, self.parallel).await;
            let all_refused = refused.len() == left.len();
            refusal = refused.pop().or(refusal);
            let resend_at = Instant::now() + RESEND_AFTER;
            missing = self.missing().await?;
            while !missing.is_empty() && Instant::now() < resend_at {
                tokio::time::sleep(POLL).await;
                missing = self.missing().await?;
            }
            if all_refused {
                break;
            }
        }
        Ok((missing, refusal))
    }
}

/// Closes a buffer; its rent goes to the payer.
pub async fn close(sender: &Sender<'_>, buffer: &Address) -> Result<()> {
    let payer = sender.payer.pubkey();
    sender.send(vec![loader::close_any(buffer, &payer, Some(&payer), None)], &[]).await
}

/// Creates an account of the loader at an address that signs. Somebody may have sent lamports there, in which case the
/// plain way is refused.
pub async fn create_account(
    chain: &Chain,
    payer: &Address,
    address: &Address,
    lamports: u64,
    bytes: usize,
) -> Result<Vec<Instruction>> {
    let (owner, bytes) = (bpf_loader_upgradeable::ID, bytes as u64);
    let there = chain.balance_lamports(address).await?;
    if there == 0 {
        return Ok(vec![system::create_account(payer, address, lamports, bytes, &owner)]);
    }
    let lacking = lamports.saturating_sub(there);
    let transfer = (lacking > 0).then(|| system::transfer(payer, address, lacking));
    let rest = [system::allocate(address, bytes), system::assign(address, &owner)];
    Ok(transfer.into_iter().chain(rest).collect())
}
