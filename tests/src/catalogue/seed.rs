//! Cases of the instructions that there are.

use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    addresses,
    instructions::{
        registry::{self, SuspendDeviceArgs},
        rewards::{self, CreateVaultArgs, OracleMember, SetOraclesArgs},
        token,
    },
};
use trellis_core::Epoch;

use super::{Call, Case};
use crate::{
    World, expect_success,
    fixtures::{CHALLENGE_SECONDS, NetworkFixture, RootFixture, Stage, class_args, emission_args},
};

const PAYS: &str = "anybody may pay";

pub fn cases() -> Vec<Case> {
    let mut all = registry_cases();
    all.extend(token_cases());
    all.extend(rewards_cases());
    all
}

fn registry_cases() -> Vec<Case> {
    let case = |name, prepare: fn(&mut World) -> Call| Case::new("registry", name, "", prepare);
    vec![
        case("create_network", |world| {
            let (creator, guardian) = (world.keypair(), world.keypair());
            let args = world.network_args(guardian.pubkey());
            let call = Call::new(registry::create_network(world.payer(), creator.pubkey(), args), &[&creator]);
            call.any(world.payer(), PAYS)
        }),
        case("propose_authority", |world| {
            let (network, other, next) = (world.create_network(), world.create_network(), world.keypair());
            let propose = registry::propose_authority(network.authority_address(), network.address, next.pubkey());
            Call::new(propose, &[&network.authority, &other.authority]).twin(network.address, other.address)
        }),
        case("accept_authority", |world| {
            let (network, other, next) = (world.create_network(), world.create_network(), world.keypair());
            for (network, next) in [(&network, next.pubkey()), (&other, network.authority_address())] {
                let propose = registry::propose_authority(network.authority_address(), network.address, next);
                expect_success(world.run(propose, &[&network.authority]));
            }
            let accept = registry::accept_authority(next.pubkey(), network.address);
            Call::new(accept, &[&next]).twin(network.address, other.address)
        }),
        case("create_class", |world| {
            let (network, other) = (world.create_network(), world.create_network());
            let (payer, authority) = (world.payer(), &network.authority);
            let create = registry::create_class(payer, authority.pubkey(), network.address, 0, class_args());
            Call::new(create, &[authority]).twin(network.address, other.address).any(payer, PAYS)
        }),
        case("register_operator", |world| {
            let (network, other, wallet) = (world.create_network(), world.create_network(), world.keypair());
            let payer = world.payer();
            let register = registry::register_operator(payer, wallet.pubkey(), network.address, wallet.pubkey());
            Call::new(register, &[&wallet]).twin(network.address, other.address).any(payer, PAYS)
        }),
        case("register_device", |world| {
            let (network, other) = (world.create_network(), world.create_network());
            let class = world.create_class(&network);
            let other_class = world.create_class(&other);
            let (operator, other_operator) = (world.register_operator(&network), world.register_operator(&other));
            let (payer, key) = (world.payer(), world.keypair());
            let wallet = &operator.wallet;
            let register =
                registry::register_device(payer, wallet.pubkey(), key.pubkey(), None, network.address, class);
            Call::new(register, &[wallet, &key, &other_operator.wallet])
                .twin(network.address, other.address)
                .twin(addresses::class(&network.address, class), addresses::class(&other.address, other_class))
                .twin(operator.address, other_operator.address)
                .any(payer, PAYS)
        }),
        case("suspend_device", |world| device_call(world, false)),
        case("reinstate_device", |world| device_call(world, true)),
    ]
}

fn device_call(world: &mut World, suspended: bool) -> Call {
    let networks = [world.create_network(), world.create_network()];
    let suspend = |network: &NetworkFixture, key: &[u8; 32]| {
        let args = SuspendDeviceArgs { reason_code: 1, evidence_hash: [1; 32] };
        registry::suspend_device(network.authority_address(), network.address, key, args)
    };
    let mut devices = Vec::new();
    for network in &networks {
        let class = world.create_class(network);
        let operator = world.register_operator(network);
        let device = world.register_device(network, &operator, class);
        if suspended {
            expect_success(world.run(suspend(network, &device.key_bytes()), &[&network.authority]));
        }
        devices.push(device);
    }
    let (network, key) = (&networks[0], devices[0].key_bytes());
    let instruction = match suspended {
        true => registry::reinstate_device(network.authority_address(), network.address, &key),
        false => suspend(network, &key),
    };
    Call::new(instruction, &[&network.authority, &networks[1].authority])
        .twin(network.address, networks[1].address)
        .twin(devices[0].address, devices[1].address)
}

fn token_cases() -> Vec<Case> {
    let case = |name, prepare: fn(&mut World) -> Call| Case::new("token", name, "", prepare);
    vec![
        case("create_mint", |world| {
            let (network, other) = (world.create_network(), world.create_network());
            let (payer, authority) = (world.payer(), &network.authority);
            Call::new(token::create_mint(payer, authority.pubkey(), network.address, 9), &[authority])
                .twin(network.address, other.address)
                .any(payer, PAYS)
        }),
        case("create_emission", |world| {
            let (network, other) = (world.create_network(), world.create_network());
            let (mint, other_mint) = (world.create_mint(&network), world.create_mint(&other));
            let vault = world.create_vault(&network, mint);
            let other_vault = world.create_vault(&other, other_mint);
            let (payer, authority) = (world.payer(), &network.authority);
            let create =
                token::create_emission(payer, authority.pubkey(), network.address, vault.tokens, emission_args());
            Call::new(create, &[authority])
                .twin(network.address, other.address)
                .twin(mint, other_mint)
                .twin(vault.tokens, other_vault.tokens)
                .any(payer, PAYS)
        }),
        case("emit_epoch", |world| {
            let (stage, other) = (world.stage(), world.stage());
            world.advance_past(&stage.network, Epoch(0));
            Call::new(token::emit_epoch(stage.network.address, stage.vault.tokens, 0), &[])
                .twin(stage.emission, other.emission)
                .twin(stage.vault.mint, other.vault.mint)
                .twin(stage.vault.tokens, other.vault.tokens)
        }),
    ]
}

fn rewards_cases() -> Vec<Case> {
    let case = |name, prepare: fn(&mut World) -> Call| Case::new("rewards", name, "", prepare);
    let mut all = vec![
        case("create_vault", |world| {
            let (network, other) = (world.create_network(), world.create_network());
            let (mint, other_mint) = (world.create_mint(&network), world.create_mint(&other));
            let (payer, authority) = (world.payer(), &network.authority);
            let args = CreateVaultArgs { epoch_cap: 1, challenge_seconds: CHALLENGE_SECONDS };
            let create = rewards::create_vault(payer, authority.pubkey(), network.address, mint, args);
            Call::new(create, &[authority]).twin(network.address, other.address).twin(mint, other_mint).any(payer, PAYS)
        }),
        case("set_oracles", |world| {
            let (stage, other) = (world.stage(), world.stage());
            let members = vec![OracleMember { oracle: stage.oracles[0].pubkey(), weight: 1 }];
            let authority = &stage.network.authority;
            let args = SetOraclesArgs { members, threshold: 1 };
            let set = rewards::set_oracles(authority.pubkey(), stage.network.address, stage.vault.address, args);
            Call::new(set, &[authority])
                .twin(stage.network.address, other.network.address)
                .twin(stage.vault.address, other.vault.address)
        }),
        case("propose_root", |world| {
            let (stage, other) = (world.funded_stage(0), world.funded_stage(0));
            let oracle = &stage.oracles[0];
            let root = stage.root(0, &[(oracle.pubkey(), 1)]);
            Call::new(rewards::propose_root(oracle.pubkey(), &root.content), &[oracle])
                .twin(stage.vault.address, other.vault.address)
        }),
        case("vote_root", |world| {
            let pair = Pair::proposed(world);
            let (stage, root) = (&pair.stage, &pair.root);
            let oracle = &stage.oracles[1];
            let vote = rewards::vote_root(oracle.pubkey(), stage.vault.address, pair.proposal, root.content.hash());
            pair.twins(Call::new(vote, &[oracle]))
        }),
        case("veto_root", |world| {
            let pair = Pair::proposed(world);
            let guardian = &pair.stage.network.guardian;
            let veto = rewards::veto_root(guardian.pubkey(), pair.stage.vault.address, pair.proposal);
            pair.twins(Call::new(veto, &[guardian]))
        }),
        case("finalize_root", |world| {
            let pair = Pair::proposed(world);
            for (stage, root, proposal) in pair.both() {
                world.vote_root(root, proposal, &stage.oracles[1]);
                world.vote_root(root, proposal, &stage.oracles[2]);
            }
            world.advance(i64::from(CHALLENGE_SECONDS));
            let call = Call::new(rewards::finalize_root(pair.stage.vault.address, pair.proposal), &[]);
            pair.twins(call).twin(pair.stage.vault.tokens, pair.other.vault.tokens)
        }),
        case("close_proposal", |world| {
            let pair = Pair::proposed(world);
            for (stage, _, proposal) in pair.both() {
                let guardian = &stage.network.guardian;
                let veto = rewards::veto_root(guardian.pubkey(), stage.vault.address, proposal);
                expect_success(world.run(veto, &[guardian]));
            }
            let proposer = pair.stage.oracles[0].pubkey();
            pair.twins(Call::new(rewards::close_proposal(pair.stage.vault.address, Epoch(0), proposer), &[]))
        }),
        case("open_page", |world| {
            let (stage, other) = (world.stage(), world.stage());
            Call::new(rewards::open_page(world.payer(), stage.vault.address, 0), &[])
                .twin(stage.vault.address, other.vault.address)
                .any(world.payer(), PAYS)
        }),
    ];
    all.extend([1usize, 2, 3].map(|depth| Case::new("rewards", "claim", format!("depth {depth}"), claim_call(depth))));
    all
}

fn claim_call(depth: usize) -> impl Fn(&mut World) -> Call {
    move |world| {
        let (stage, other) = (world.stage(), world.stage());
        let wallets: Vec<Keypair> = (0..1 << depth).map(|_| world.unfunded_keypair()).collect();
        let owed: Vec<(Address, u64)> = wallets.iter().map(|wallet| (wallet.pubkey(), 5)).collect();
        let mut tokens = Vec::new();
        let mut pages = Vec::new();
        let mut roots = Vec::new();
        for stage in [&stage, &other] {
            roots.push(world.final_root(stage, 0, &owed));
            pages.push(world.open_page(stage.vault.address, 0));
            tokens.push(world.create_token_account(wallets[0].pubkey(), stage.vault.mint));
        }
        let claim = rewards::claim(stage.vault.address, tokens[0], roots[0].claim_args(0));
        Call::new(claim, &[])
            .twin(stage.vault.address, other.vault.address)
            .twin(pages[0], pages[1])
            .twin(stage.vault.tokens, other.vault.tokens)
            .twin(tokens[0], tokens[1])
    }
}

/// Two networks with the same proposal each.
struct Pair {
    stage: Stage,
    other: Stage,
    root: RootFixture,
    other_root: RootFixture,
    proposal: Address,
    other_proposal: Address,
}

impl Pair {
    fn proposed(world: &mut World) -> Self {
        let (stage, other) = (world.funded_stage(0), world.funded_stage(0));
        let owed = [(world.some_address(), 5)];
        let (root, other_root) = (stage.root(0, &owed), other.root(0, &owed));
        let proposal = world.propose_root(&root, &stage.oracles[0]);
        let other_proposal = world.propose_root(&other_root, &other.oracles[0]);
        Self { stage, other, root, other_root, proposal, other_proposal }
    }

    fn both(&self) -> [(&Stage, &RootFixture, Address); 2] {
        [(&self.stage, &self.root, self.proposal), (&self.other, &self.other_root, self.other_proposal)]
    }

    fn twins(&self, call: Call) -> Call {
        call.twin(self.stage.vault.address, self.other.vault.address).twin(self.proposal, self.other_proposal)
    }
}
