//! Two networks as they must be, in plain integers.

use std::collections::BTreeMap;

use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{SPL_TOKEN_ID, addresses, instructions::staking, instructions::token};
use trellis_core::Calendar;
use trellis_tests::{World, expect_success};

use super::{
    devices::Device,
    dice::Dice,
    slashes::quick_pool_settings,
    staking::Staking,
    supply::{Supply, emission_args},
    suspensions::Case,
    vault::{THRESHOLD, Vault, WEIGHTS},
};

/// Networks in a run: each other's foreign land.
pub const NETWORKS: usize = 2;
/// Full epochs that the networks' caps are good for: one that no run reaches, and one that most do.
const CAP_EPOCHS: [u64; NETWORKS] = [1_000, 20];

pub struct Operator {
    pub wallet: Keypair,
    pub address: Address,
    /// Where it is paid, each from an epoch on.
    pub payouts: Vec<(u64, Address)>,
    /// What its counter must say.
    pub paid: u64,
}

impl Operator {
    pub fn payout_wallet_at(&self, epoch: u64) -> Address {
        let effective = self.payouts.iter().rev().find(|(since, _)| *since <= epoch);
        effective.unwrap_or(&self.payouts[0]).1
    }
}

/// What a class asks for.
pub struct Class {
    pub bond: u64,
    /// Must the network's maker sign?
    pub has_maker: bool,
    pub active: bool,
}

/// Somebody who stakes: a part of the emission is theirs.
pub struct Staker {
    pub wallet: Keypair,
    pub tokens: Address,
}

pub struct Network {
    pub address: Address,
    pub calendar: Calendar,
    /// The first authority, whose address is part of the network's.
    pub creator: Keypair,
    pub authority: Keypair,
    pub pending: Option<Address>,
    /// May become authorities or guardians here and nowhere else.
    pub people: Vec<Keypair>,
    /// Signs for devices of classes that have a maker.
    pub maker: Keypair,
    /// Pay the rent of devices.
    pub sponsors: Vec<Keypair>,
    /// What each sponsor had before it paid anything.
    pub sponsor_lamports: u64,
    /// No operator and no device can be registered.
    pub paused: bool,
    pub suspension_vault: Address,
    pub classes: Vec<Class>,
    pub operators: Vec<Operator>,
    pub devices: Vec<Device>,
    pub devices_registered: u32,
    pub devices_retired: u32,
    pub keys_changed: u32,
    pub cases: Vec<Case>,
    pub mint: Address,
    pub treasury: Address,
    pub supply: Supply,
    pub vault: Vault,
    pub pool: Address,
    pub stakers: Vec<Staker>,
    pub staking: Staking,
    /// The token account of every wallet that an operator was ever paid at.
    pub payees: BTreeMap<Address, Address>,
}

/// The chain and what is known of it.
pub struct Sim {
    pub world: World,
    pub networks: Vec<Network>,
    pub strangers: Vec<Keypair>,
    /// What every payee's token account must hold.
    pub balances: BTreeMap<Address, u64>,
}

impl Network {
    fn new(world: &mut World, cap_epochs: u64) -> Self {
        let network = world.create_network();
        let mint = world.create_mint(&network);
        let vault = world.create_vault(&network, mint);
        let oracles = world.set_oracles(&network, &vault, &WEIGHTS, THRESHOLD);
        world.open_page(vault.address, 0);
        let (payer, authority) = (world.payer(), network.authority.pubkey());
        let treasury = world.create_token_account(authority, mint);
        let settings = quick_pool_settings();
        let create = staking::create_pool(payer, authority, network.address, mint, SPL_TOKEN_ID, treasury, settings);
        expect_success(world.run(create, &[&network.authority]));
        let pool = addresses::stake_pool(&network.address);
        let stakers: Vec<Staker> = (0..3)
            .map(|_| {
                let wallet = world.keypair();
                Staker { tokens: world.create_token_account(wallet.pubkey(), mint), wallet }
            })
            .collect();
        let mut destinations = vec![vault.tokens, addresses::stake_rewards(&pool)];
        destinations.extend(stakers.iter().map(|staker| staker.tokens));
        let args = emission_args(cap_epochs);
        let create = token::create_emission(payer, authority, network.address, treasury, &destinations, args.clone());
        expect_success(world.run(create, &[&network.authority]));
        let (calendar, now) = (network.calendar, world.now());
        let sponsors: Vec<Keypair> = (0..2).map(|_| world.keypair()).collect();
        let guardian = network.guardian.insecure_clone();
        Self {
            address: network.address,
            calendar,
            creator: network.authority.insecure_clone(),
            authority: network.authority,
            pending: None,
            people: (0..3).map(|_| world.keypair()).collect(),
            maker: world.keypair(),
            sponsor_lamports: world.lamports(sponsors[0].pubkey()),
            sponsors,
            paused: false,
            suspension_vault: Address::default(),
            classes: vec![],
            operators: vec![],
            devices: vec![],
            devices_registered: 0,
            devices_retired: 0,
            keys_changed: 0,
            cases: vec![],
            mint,
            treasury,
            supply: Supply::new(args, destinations),
            vault: Vault::new(vault.address, vault.tokens, calendar, network.guardian, oracles, now),
            pool,
            stakers,
            staking: Staking::new(guardian),
            payees: BTreeMap::new(),
        }
    }
}

impl Sim {
    pub fn new() -> Self {
        let mut world = World::new();
        let networks = CAP_EPOCHS.iter().map(|epochs| Network::new(&mut world, *epochs)).collect();
        let strangers = (0..2).map(|_| world.keypair()).collect();
        Self { world, networks, strangers, balances: BTreeMap::new() }
    }

    /// Opens a token account for whoever is paid at `wallet`.
    pub fn open_payee(&mut self, at: usize, wallet: Address) {
        if !self.networks[at].payees.contains_key(&wallet) {
            let tokens = self.world.create_token_account(wallet, self.networks[at].mint);
            self.networks[at].payees.insert(wallet, tokens);
            self.balances.insert(tokens, 0);
        }
    }

    /// Somebody: mostly who has the right to, else a stranger, or the same role in the other network.
    pub fn somebody(&self, dice: &mut Dice, network: usize, rightful: impl Fn(&Network) -> &Keypair) -> Keypair {
        let who = match dice.below(10) {
            0 => dice.pick(&self.strangers),
            1 => rightful(&self.networks[(network + 1) % NETWORKS]),
            _ => rightful(&self.networks[network]),
        };
        who.insecure_clone()
    }

    /// Accounts that are nobody's to give: in the place of another, each must be refused.
    pub fn foreign_accounts(&self, dice: &mut Dice) -> Address {
        let network = dice.pick(&self.networks);
        let tokens: Vec<Address> = self.balances.keys().copied().collect();
        let some_tokens = dice.index(&tokens).map_or(network.mint, |index| tokens[index]);
        let stranger = dice.pick(&self.strangers).pubkey();
        let operator = dice.index(&network.operators).map_or(network.pool, |index| network.operators[index].address);
        *dice.pick(&[
            network.address,
            network.vault.address,
            network.vault.tokens,
            network.mint,
            network.treasury,
            network.pool,
            operator,
            addresses::emission(&network.address),
            addresses::claim_page(&network.vault.address, 0),
            some_tokens,
            stranger,
        ])
    }
}
