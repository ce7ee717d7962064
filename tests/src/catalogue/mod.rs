//! The catalogue: sound calls of every instruction, each ready to go through.
//!
//! What must hold of every instruction is asserted over this one list: that it goes through as it is, that no account of
//! it can be swapped for another, unsigned or read-only, and what it costs. An instruction that is missing here fails a
//! test.

mod registry;
mod rewards;
mod rewards_claims;
mod staking;
mod token;

use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use crate::{Failure, Outcome, World};

/// One way of calling an instruction.
pub struct Case {
    /// `registry`, `token`, `staking` or `rewards`.
    pub program: &'static str,
    /// The instruction's name in the program's IDL.
    pub instruction: &'static str,
    /// What is special, such as `depth 20`; empty for the plain case.
    pub case: String,
    /// Brings a fresh world to where the call goes through.
    pub prepare: Box<dyn Fn(&mut World) -> Call>,
}

impl Case {
    pub fn new(
        program: &'static str,
        instruction: &'static str,
        case: impl Into<String>,
        prepare: impl Fn(&mut World) -> Call + 'static,
    ) -> Self {
        Self { program, instruction, case: case.into(), prepare: Box::new(prepare) }
    }
}

/// An instruction with all that it needs to go through.
pub struct Call {
    /// Stand before it in the transaction: a precompile's proof of a signature.
    pub before: Vec<Instruction>,
    pub instruction: Instruction,
    /// Sign besides [`World::payer`], who pays the fee.
    pub signers: Vec<Keypair>,
    /// Addresses in a lookup table; the transaction is a legacy one if there are none.
    pub lookup: Vec<Address>,
    /// Accounts with a twin that is the same in type but belongs to another network, vault or owner. In the place of
    /// its twin, each must be refused.
    pub twins: Vec<(Address, Address)>,
    /// Accounts whose place anybody may take, and why: the payer, whom rent returns to, …
    pub any: Vec<(Address, &'static str)>,
}

impl Call {
    pub fn new(instruction: Instruction, signers: &[&Keypair]) -> Self {
        let signers = signers.iter().map(|signer| signer.insecure_clone()).collect();
        Self { before: vec![], instruction, signers, lookup: vec![], twins: vec![], any: vec![] }
    }

    pub fn before(mut self, instructions: impl IntoIterator<Item = Instruction>) -> Self {
        self.before.extend(instructions);
        self
    }

    pub fn lookup(mut self, addresses: impl IntoIterator<Item = Address>) -> Self {
        self.lookup.extend(addresses);
        self
    }

    pub fn twin(mut self, account: Address, twin: Address) -> Self {
        self.twins.push((account, twin));
        self
    }

    pub fn any(mut self, account: Address, why: &'static str) -> Self {
        self.any.push((account, why));
        self
    }

    /// Runs it, or `instruction` in its place; signed by those whose signatures it still asks for.
    pub fn run(&self, world: &mut World, instruction: Instruction) -> Outcome {
        let transaction = self.transaction(world, instruction, &world.payer_keypair(), &[]);
        world.svm.send_transaction(transaction).map_err(Failure::from)
    }

    /// The transaction that runs `instruction` in this call's place and whose fee `fee_payer` pays. Those of the call's
    /// signers, [`World::payer`] and `others` sign whose signatures it asks for.
    pub fn transaction(
        &self,
        world: &mut World,
        instruction: Instruction,
        fee_payer: &Keypair,
        others: &[&Keypair],
    ) -> VersionedTransaction {
        let payer = world.payer_keypair();
        let asks = |key: Address| instruction.accounts.iter().any(|meta| meta.is_signer && meta.pubkey == key);
        let mut signers = vec![fee_payer];
        for signer in [&payer].into_iter().chain(&self.signers).chain(others.iter().copied()) {
            let signs_already = signers.iter().any(|other| other.pubkey() == signer.pubkey());
            if asks(signer.pubkey()) && !signs_already {
                signers.push(signer);
            }
        }
        let mut instructions = self.before.clone();
        instructions.push(instruction);
        match self.lookup.is_empty() {
            true => world.transaction(&instructions, &signers),
            false => world.transaction_with_lookup(&instructions, &signers, &self.lookup),
        }
    }
}

/// Every case of every program.
pub fn all() -> Vec<Case> {
    [registry::cases(), token::cases(), staking::cases(), rewards::cases()].into_iter().flatten().collect()
}
