//! One chain in this process.

use std::{
    env,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use litesvm::LiteSVM;
use solana_account::Account;
use solana_address::Address;
use solana_address_lookup_table_interface::state::{AddressLookupTable, LookupTableMeta};
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{AddressLookupTableAccount, Message, VersionedMessage, v0};
use solana_signer::Signer;
use solana_transaction::{Transaction, versioned::VersionedTransaction};
use trellis_client::{REGISTRY_ID, REWARDS_ID, STAKING_ID, TOKEN_ID};

use crate::outcome::{Failure, Outcome};

/// Where the clock of a new world stands: 2014-02-04T00:00:00Z.
pub const START_UNIX: i64 = 1_391_472_000;

/// Lamports that every key of [`World::keypair`] starts with: a thousand SOL.
const START_LAMPORTS: u64 = 1_000_000_000_000;

/// LiteSVM with the four programs, a clock that tests set, and keys that are the same in every run.
pub struct World {
    pub svm: LiteSVM,
    payer: Keypair,
    keys_made: u64,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A fresh chain at [`START_UNIX`]. Loads and verifies the programs once for all tests of the process.
    pub fn new() -> Self {
        static LOADED: OnceLock<LiteSVM> = OnceLock::new();
        let svm = LOADED.get_or_init(load_programs).clone();
        let mut world = Self { svm, payer: Keypair::new_from_array([0xfe; 32]), keys_made: 0 };
        world.fund(world.payer.pubkey(), START_LAMPORTS);
        world.set_time(START_UNIX);
        world
    }

    /// A world of its own that stands where this one stands.
    pub fn fork(&self) -> Self {
        Self { svm: self.svm.clone(), payer: self.payer.insecure_clone(), keys_made: self.keys_made }
    }

    /// The wallet that pays the fee in [`run`](Self::run), and the rent wherever a fixture makes an account.
    pub fn payer(&self) -> Address {
        self.payer.pubkey()
    }

    /// The key of [`payer`](Self::payer), for [`send`](Self::send).
    pub fn payer_keypair(&self) -> Keypair {
        self.payer.insecure_clone()
    }

    /// The next key, with a thousand SOL. The n-th key of a world is the same in every run.
    pub fn keypair(&mut self) -> Keypair {
        let keypair = self.unfunded_keypair();
        self.fund(keypair.pubkey(), START_LAMPORTS);
        keypair
    }

    /// The next key, which has no account on the chain.
    pub fn unfunded_keypair(&mut self) -> Keypair {
        self.keys_made += 1;
        let mut secret = [0x5e; 32];
        secret[..8].copy_from_slice(&self.keys_made.to_le_bytes());
        Keypair::new_from_array(secret)
    }

    /// An address that nobody holds a key for.
    pub fn some_address(&mut self) -> Address {
        self.keys_made += 1;
        let mut bytes = [0xad; 32];
        bytes[..8].copy_from_slice(&self.keys_made.to_le_bytes());
        Address::new_from_array(bytes)
    }

    /// Gives `address` a wallet of exactly `lamports`.
    pub fn fund(&mut self, address: Address, lamports: u64) {
        self.put_raw(address, Account { lamports, ..Account::default() });
    }

    /// The chain's time, unix seconds.
    pub fn now(&self) -> i64 {
        self.svm.get_sysvar::<Clock>().unix_timestamp
    }

    /// Sets the chain's time, forward or back.
    pub fn set_time(&mut self, unix: i64) {
        let clock = Clock { unix_timestamp: unix, ..self.svm.get_sysvar::<Clock>() };
        self.svm.set_sysvar(&clock);
    }

    /// Moves the chain's time on.
    pub fn advance(&mut self, seconds: i64) {
        self.set_time(self.now() + seconds);
    }

    /// Runs one transaction. `signers[0]` pays the fee. Never fails for having been sent before.
    pub fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Outcome {
        let transaction = self.transaction(instructions, signers);
        self.svm.send_transaction(transaction).map_err(Failure::from)
    }

    /// The signed transaction of [`send`](Self::send).
    pub fn transaction(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> VersionedTransaction {
        let Some(payer) = signers.first() else { panic!("a transaction needs a fee payer among its signers") };
        self.svm.expire_blockhash();
        let blockhash = self.svm.latest_blockhash();
        let message = Message::new_with_blockhash(instructions, Some(&payer.pubkey()), &blockhash);
        let mut transaction = Transaction::new_unsigned(message);
        if let Err(error) = transaction.try_sign(signers, blockhash) {
            panic!("the test's signers do not fit its instructions: {error}");
        }
        transaction.into()
    }

    /// Runs one v0 transaction whose `lookup` addresses come from a lookup table. `signers[0]` pays the fee.
    pub fn send_with_lookup(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
        lookup: &[Address],
    ) -> Outcome {
        let transaction = self.transaction_with_lookup(instructions, signers, lookup);
        self.svm.send_transaction(transaction).map_err(Failure::from)
    }

    /// The signed v0 transaction of [`send_with_lookup`](Self::send_with_lookup); its table lies on the chain already.
    pub fn transaction_with_lookup(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
        lookup: &[Address],
    ) -> VersionedTransaction {
        let Some(payer) = signers.first() else { panic!("a transaction needs a fee payer among its signers") };
        let table = self.put_lookup_table(lookup);
        self.svm.expire_blockhash();
        let blockhash = self.svm.latest_blockhash();
        let message = match v0::Message::try_compile(&payer.pubkey(), instructions, &[table], blockhash) {
            Ok(message) => VersionedMessage::V0(message),
            Err(error) => panic!("the instructions do not make a v0 transaction: {error}"),
        };
        match VersionedTransaction::try_new(message, signers) {
            Ok(transaction) => transaction,
            Err(error) => panic!("the test's signers do not fit its instructions: {error}"),
        }
    }

    /// Puts a lookup table of `addresses` on the chain.
    fn put_lookup_table(&mut self, addresses: &[Address]) -> AddressLookupTableAccount {
        let key = self.some_address();
        let table = AddressLookupTable { meta: LookupTableMeta::default(), addresses: addresses.into() };
        let data = match table.serialize_for_tests() {
            Ok(data) => data,
            Err(error) => panic!("a lookup table that cannot be written: {error}"),
        };
        let owner = solana_sdk_ids::address_lookup_table::ID;
        self.put_raw(key, Account { lamports: START_LAMPORTS, data, owner, ..Account::default() });
        AddressLookupTableAccount { key, addresses: addresses.to_vec() }
    }

    /// Runs one instruction. [`payer`](Self::payer) pays the fee and signs; `signers` sign besides.
    pub fn run(&mut self, instruction: Instruction, signers: &[&Keypair]) -> Outcome {
        let payer = self.payer_keypair();
        let mut all = vec![&payer];
        all.extend(signers.iter().filter(|signer| signer.pubkey() != payer.pubkey()));
        self.send(&[instruction], &all)
    }
}

/// Where build output goes: `$TRELLIS_TARGET`, else `target` of the workspace.
pub fn target_folder() -> PathBuf {
    match env::var_os("TRELLIS_TARGET") {
        Some(target) => PathBuf::from(target),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
    }
}

/// The folder that `cargo xtask build-sbf` writes.
pub fn deploy_folder() -> PathBuf {
    target_folder().join("deploy")
}

fn load_programs() -> LiteSVM {
    let mut svm = LiteSVM::new();
    let programs = [
        (REGISTRY_ID, "trellis_registry.so"),
        (TOKEN_ID, "trellis_token.so"),
        (STAKING_ID, "trellis_staking.so"),
        (REWARDS_ID, "trellis_rewards.so"),
    ];
    for (id, file) in programs {
        let path = deploy_folder().join(file);
        let elf = match std::fs::read(&path) {
            Ok(elf) => elf,
            Err(error) => panic!("{}: {error}: run `cargo xtask build-sbf`", path.display()),
        };
        if let Err(error) = svm.add_program(id, &elf) {
            panic!("{} does not load: {error:?}", path.display());
        }
    }
    svm
}
