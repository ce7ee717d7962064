//! What the tests of several instructions share.

use solana_address::Address;
use solana_instruction::{Instruction, error::InstructionError};
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    REWARDS_ID, SPL_TOKEN_ID,
    accounts::{ProgramAccount, Vault},
    addresses,
    instructions::rewards,
};
use trellis_core::root_content::RootContent;
use trellis_tests::{
    World,
    fixtures::{EPOCH_AMOUNT, RootFixture, Stage},
    refusal::{NOT_EXECUTABLE, NOT_WRITABLE, Refusal, TOO_FEW_ACCOUNTS},
    tamper,
};

/// SPL Token: the source has too few tokens.
pub const INSUFFICIENT_FUNDS: u32 = 1;
/// SPL Token: an account is frozen.
pub const ACCOUNT_FROZEN: u32 = 17;

/// Lamports that a transaction costs for each signature.
pub const FEE_LAMPORTS: u64 = 5_000;

/// `instruction` when `signer` does not sign.
pub fn unsigned(instruction: &Instruction, signer: Address) -> Refusal {
    let bent = tamper::unsign(instruction.clone(), signer);
    Refusal::new(format!("{signer} does not sign"), bent, InstructionError::MissingRequiredSignature)
}

/// `instruction` when `address` may not be written.
pub fn not_writable(instruction: &Instruction, address: Address) -> Refusal {
    let bent = tamper::read_only(instruction.clone(), address);
    Refusal::new(format!("{address} is read-only"), bent, NOT_WRITABLE)
}

/// `instruction` when `payer`, who signs and pays rent, may not be written.
pub fn payer_not_writable(instruction: &Instruction, payer: Address) -> Refusal {
    let bent = tamper::read_only(instruction.clone(), payer);
    Refusal::new(format!("{payer} is read-only"), bent, InstructionError::MissingRequiredSignature)
}

/// `instruction` when `to`, which is no program, stands for `program`.
pub fn no_program(instruction: &Instruction, program: Address, to: Address) -> Refusal {
    let bent = tamper::swap(instruction.clone(), program, to);
    Refusal::new(format!("no program for {program}"), bent, NOT_EXECUTABLE)
}

/// `instruction` without its last account, and without its data's last byte.
pub fn incomplete(instruction: &Instruction) -> [Refusal; 2] {
    let account = tamper::one_account_short(instruction.clone());
    let byte = tamper::one_byte_short(instruction.clone());
    [
        Refusal::new("an account too few", account, TOO_FEW_ACCOUNTS),
        Refusal::new("a byte too few", byte, InstructionError::InvalidInstructionData),
    ]
}

/// A [funded stage](World::funded_stage) whose oracles have these weights instead.
pub fn weighted_stage(world: &mut World, weights: &[u16], threshold: u32) -> Stage {
    let mut stage = world.funded_stage(0);
    stage.oracles = world.set_oracles(&stage.network, &stage.vault, weights, threshold);
    stage
}

/// A root of `epoch` with one leaf, which owes a tenth of an epoch's emission for each epoch.
pub fn small_root(stage: &Stage, epoch: u64) -> RootFixture {
    let wallet = Address::new_from_array([0x11; 32]);
    stage.root(epoch, &[(wallet, EPOCH_AMOUNT / 10 * (epoch + 1))])
}

/// `root` with another content, but not the leaves for it.
pub fn with_content(root: &RootFixture, edit: impl FnOnce(&mut RootContent)) -> RootFixture {
    let mut changed = root.clone();
    edit(&mut changed.content);
    changed
}

/// A wallet without SOL, or any other account, and its token account for the stage's mint.
pub fn payee(world: &mut World, stage: &Stage) -> (Address, Address) {
    let wallet = world.unfunded_keypair().pubkey();
    (wallet, world.create_token_account(wallet, stage.vault.mint))
}

/// What the three operators of a [`Payday`] have earned.
pub const EARNED: [u64; 3] = [100, 250, 600];

/// A stage whose root of epoch 0 is final and owes [`EARNED`] to three operators; nothing is claimed yet.
pub struct Payday {
    pub stage: Stage,
    pub root: RootFixture,
    pub wallets: [Address; 3],
    /// The wallets' token accounts.
    pub tokens: [Address; 3],
    /// The claim page of all three.
    pub page: Address,
}

impl Payday {
    pub fn new(world: &mut World) -> Self {
        let stage = world.stage();
        let payees = [(); 3].map(|()| payee(world, &stage));
        let wallets = payees.map(|(wallet, _)| wallet);
        let root = world.final_root(&stage, 0, &owed(wallets, EARNED));
        let page = world.open_page(stage.vault.address, 0);
        Self { stage, root, wallets, tokens: payees.map(|(_, tokens)| tokens), page }
    }

    /// Makes the root of the next epoch final, which owes `cumulative`.
    pub fn next_root(&self, world: &mut World, cumulative: [u64; 3]) -> RootFixture {
        let epoch = vault(world, &self.stage).next_epoch;
        world.final_root(&self.stage, epoch, &owed(self.wallets, cumulative))
    }

    /// The claim of `operator_index` against `root`.
    pub fn claim(&self, root: &RootFixture, operator_index: u32) -> Instruction {
        let tokens = self.tokens[operator_index as usize];
        rewards::claim(self.stage.vault.address, tokens, root.claim_args(operator_index))
    }

    /// The claim of `count` operators from `first` on against `root`.
    pub fn claim_range(&self, root: &RootFixture, first: u32, count: usize) -> Instruction {
        let tokens = &self.tokens[first as usize..][..count];
        rewards::claim_range(self.stage.vault.address, tokens, SPL_TOKEN_ID, root.range_args(first, count))
    }

    /// Tokens that the operators have.
    pub fn balances(&self, world: &World) -> [u64; 3] {
        self.tokens.map(|tokens| world.token_balance(tokens))
    }
}

fn owed(wallets: [Address; 3], cumulative: [u64; 3]) -> [(Address, u64); 3] {
    [0, 1, 2].map(|index| (wallets[index], cumulative[index]))
}

/// The vault's account.
pub fn vault(world: &World, stage: &Stage) -> Vault {
    world.account(stage.vault.address)
}

/// Where `proposer`'s proposal for `root` lies.
pub fn proposal_address(root: &RootFixture, proposer: &Keypair) -> Address {
    let vault = Address::new_from_array(root.content.vault);
    addresses::proposal(&vault, root.content.epoch, &proposer.pubkey())
}

/// The bump of the address that `seeds` give in the rewards program.
pub fn bump_of(seeds: &[&[u8]]) -> u8 {
    Address::find_program_address(seeds, &REWARDS_ID).1
}

/// Every byte of an account, to compare all of its fields at once.
pub fn bytes_of<T: ProgramAccount>(account: &T) -> &[u8] {
    bytemuck::bytes_of(account)
}
