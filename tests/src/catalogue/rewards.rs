//! Calls of the rewards program: vaults and roots here, claims in a file of their own.

use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;
use trellis_client::{
    SPL_TOKEN_ID, TOKEN_2022_ID, addresses,
    instructions::rewards::{self, OracleMember, SetOraclesArgs, UpdateVaultArgs},
};
use trellis_core::Epoch;

use super::{Call, Case, rewards_claims};
use crate::{
    World, expect_success,
    fixtures::{CHALLENGE_SECONDS, EPOCH_AMOUNT, RootFixture, Stage, vault_args},
};

const PROGRAM: &str = "rewards";
const PAYS_RENT: &str = "whoever pays the rent";

pub fn cases() -> Vec<Case> {
    let case =
        |instruction, case: &str, prepare: fn(&mut World) -> Call| Case::new(PROGRAM, instruction, case, prepare);
    let mut cases = vec![
        case("create_vault", "", create_vault),
        case("create_vault", "Token-2022", create_vault_of_token_2022),
        case("update_vault", "", update_vault),
        case("set_oracles", "3 members", |world| set_oracles(world, 3)),
        case("set_oracles", "24 members", |world| set_oracles(world, 24)),
        case("set_oracles", "24 kept, 8 added", set_oracles_to_the_most),
        case("pause_vault", "", pause_vault),
        case("unpause_vault", "", unpause_vault),
        case("retire_vault", "", retire_vault),
        case("sweep_vault", "", sweep_vault),
        case("open_page", "", open_page),
        case("propose_root", "", propose_root),
        case("vote_root", "", |world| vote_root(world, false)),
        case("vote_root", "approves", |world| vote_root(world, true)),
        case("withdraw_vote", "", withdraw_vote),
        case("withdraw_proposal", "", withdraw_proposal),
        case("veto_root", "", veto_root),
        case("finalize_root", "", finalize_root),
        case("close_proposal", "", close_proposal),
    ];
    cases.extend(rewards_claims::cases());
    cases
}

/// A root of epoch 0 that owes a tenth of the emission to nobody in particular.
fn root(stage: &Stage) -> RootFixture {
    stage.root(0, &[(stage.network.address, EPOCH_AMOUNT / 10)])
}

/// A stage, and another one for the twins.
fn two_stages(world: &mut World) -> [Stage; 2] {
    [world.funded_stage(0), world.funded_stage(0)]
}

/// `call` with the twins of network and vault.
fn of_vault(call: Call, [own, other]: &[Stage; 2]) -> Call {
    call.twin(own.vault.address, other.vault.address)
}

fn of_network(call: Call, stages: &[Stage; 2]) -> Call {
    let [own, other] = stages;
    of_vault(call, stages).twin(own.network.address, other.network.address)
}

fn create_vault(world: &mut World) -> Call {
    let [network, other] = [world.create_network(), world.create_network()];
    let [mint, other_mint] = [&network, &other].map(|network| world.create_mint(network));
    let (rent_payer, authority) = (world.keypair(), &network.authority);
    let (payer, signer) = (rent_payer.pubkey(), authority.pubkey());
    let create = rewards::create_vault(payer, signer, network.address, mint, vault_args());
    Call::new(create, &[&rent_payer, authority])
        .twin(network.address, other.address)
        .twin(mint, other_mint)
        .any(payer, PAYS_RENT)
}

fn create_vault_of_token_2022(world: &mut World) -> Call {
    let [network, other] = [world.create_network(), world.create_network()];
    let [mint, other_mint] = [(); 2].map(|()| world.create_mint_of_token_2022(&[(18, 64)]));
    let (rent_payer, authority) = (world.keypair(), &network.authority);
    let (payer, signer) = (rent_payer.pubkey(), authority.pubkey());
    let create = rewards::create_vault_of(payer, signer, network.address, mint, TOKEN_2022_ID, vault_args());
    Call::new(create, &[&rent_payer, authority])
        .twin(network.address, other.address)
        .twin(mint, other_mint)
        .any(payer, PAYS_RENT)
}

fn update_vault(world: &mut World) -> Call {
    let stages = two_stages(world);
    let network = &stages[0].network;
    let args = UpdateVaultArgs {
        guardian: Some(world.some_address()),
        epoch_cap: Some(5),
        challenge_seconds: Some(60),
        breaker_capacity: Some(50),
        breaker_window_seconds: Some(60),
    };
    let update = rewards::update_vault(network.authority_address(), network.address, stages[0].vault.address, args);
    of_network(Call::new(update, &[&network.authority]), &stages)
}

fn members(world: &mut World, count: usize) -> Vec<OracleMember> {
    (0..count).map(|_| OracleMember { oracle: world.some_address(), weight: 1 }).collect()
}

fn set(stage: &Stage, keep: u32, members: Vec<OracleMember>) -> Instruction {
    let threshold = keep.count_ones() + members.len() as u32;
    let args = SetOraclesArgs { keep, members, threshold };
    rewards::set_oracles(stage.network.authority_address(), stage.network.address, stage.vault.address, args)
}

fn set_oracles(world: &mut World, count: usize) -> Call {
    let stages = two_stages(world);
    let set = set(&stages[0], 0, members(world, count));
    of_network(Call::new(set, &[&stages[0].network.authority]), &stages)
}

fn set_oracles_to_the_most(world: &mut World) -> Call {
    let stages = two_stages(world);
    let authority = &stages[0].network.authority;
    let first = set(&stages[0], 0, members(world, 24));
    expect_success(world.run(first, &[authority]));
    // The twin has as many oracles to keep.
    let others = set(&stages[1], 0, members(world, 24));
    expect_success(world.run(others, &[&stages[1].network.authority]));
    let rest = set(&stages[0], (1 << 24) - 1, members(world, 8));
    of_network(Call::new(rest, &[authority]), &stages)
}

fn pause_vault(world: &mut World) -> Call {
    let stages = two_stages(world);
    let guardian = &stages[0].network.guardian;
    let pause = rewards::pause_vault(guardian.pubkey(), stages[0].vault.address, 60);
    of_vault(Call::new(pause, &[guardian]), &stages)
}

fn unpause_vault(world: &mut World) -> Call {
    let stages = two_stages(world);
    for stage in &stages {
        let pause = rewards::pause_vault(stage.network.guardian_address(), stage.vault.address, 60);
        expect_success(world.run(pause, &[&stage.network.guardian]));
    }
    let network = &stages[0].network;
    let unpause = rewards::unpause_vault(network.authority_address(), network.address, stages[0].vault.address);
    of_network(Call::new(unpause, &[&network.authority]), &stages)
}

fn retire_vault(world: &mut World) -> Call {
    let stages = two_stages(world);
    let network = &stages[0].network;
    let vault = stages[0].vault.address;
    let retire = rewards::retire_vault(network.authority_address(), network.address, vault, 1_000_000);
    of_network(Call::new(retire, &[&network.authority]), &stages)
}

fn sweep_vault(world: &mut World) -> Call {
    // A vault that is retired with epoch 1, the root of which is final.
    let stages = [world.stage(), world.stage()];
    for stage in &stages {
        let network = &stage.network;
        let (authority, vault) = (network.authority_address(), stage.vault.address);
        expect_success(world.run(rewards::retire_vault(authority, network.address, vault, 1), &[&network.authority]));
    }
    for epoch in 0..=1 {
        for stage in &stages {
            world.final_root(stage, epoch, &[(stage.network.address, 1)]);
        }
    }
    let [own, other] = &stages;
    let network = &own.network;
    let receiver = world.some_address();
    let treasury = world.create_token_account(receiver, own.vault.mint);
    let others = world.create_token_account(receiver, other.vault.mint);
    let authority = network.authority_address();
    let sweep = rewards::sweep_vault(authority, network.address, own.vault.address, treasury, SPL_TOKEN_ID);
    let call = of_network(Call::new(sweep, &[&network.authority]), &stages);
    call.twin(own.vault.tokens, other.vault.tokens).twin(treasury, others)
}

fn open_page(world: &mut World) -> Call {
    let stages = two_stages(world);
    let rent_payer = world.keypair();
    let open = rewards::open_page(rent_payer.pubkey(), stages[0].vault.address, 0);
    of_vault(Call::new(open, &[&rent_payer]), &stages).any(rent_payer.pubkey(), PAYS_RENT)
}

fn propose_root(world: &mut World) -> Call {
    let stages = two_stages(world);
    let proposer = &stages[0].oracles[0];
    let propose = rewards::propose_root(proposer.pubkey(), &root(&stages[0]).content);
    of_vault(Call::new(propose, &[proposer]), &stages)
}

/// Proposals of oracle 0 in both stages, for which `voters` vote; the call with the twins of vault and proposal.
fn with_proposals(world: &mut World, voters: usize, call: impl FnOnce(&Stage, &RootFixture) -> Call) -> Call {
    let stages = two_stages(world);
    let [own, other] = [0, 1].map(|index| {
        let (stage, root) = (&stages[index], root(&stages[index]));
        let proposal = world.propose_root(&root, &stage.oracles[0]);
        for voter in &stage.oracles[..voters] {
            world.vote_root(&root, proposal, voter);
        }
        proposal
    });
    world.advance(i64::from(CHALLENGE_SECONDS));
    of_vault(call(&stages[0], &root(&stages[0])), &stages).twin(own, other)
}

fn proposal(stage: &Stage) -> Address {
    addresses::proposal(&stage.vault.address, Epoch(0), &stage.oracles[0].pubkey())
}

fn vote_root(world: &mut World, approves: bool) -> Call {
    with_proposals(world, usize::from(approves), |stage, root| {
        let oracle = &stage.oracles[2];
        let vote = rewards::vote_root(oracle.pubkey(), stage.vault.address, proposal(stage), root.content.hash());
        Call::new(vote, &[oracle])
    })
}

fn withdraw_vote(world: &mut World) -> Call {
    let stages = two_stages(world);
    for stage in &stages {
        let root = root(stage);
        let proposal = world.propose_root(&root, &stage.oracles[0]);
        world.vote_root(&root, proposal, &stage.oracles[0]);
    }
    let oracle = &stages[0].oracles[0];
    let withdraw = rewards::withdraw_vote(oracle.pubkey(), stages[0].vault.address);
    of_vault(Call::new(withdraw, &[oracle]), &stages)
}

fn withdraw_proposal(world: &mut World) -> Call {
    with_proposals(world, 1, |stage, _| {
        let proposer = &stage.oracles[0];
        let withdraw = rewards::withdraw_proposal(proposer.pubkey(), stage.vault.address, Epoch(0));
        Call::new(withdraw, &[proposer])
    })
}

fn veto_root(world: &mut World) -> Call {
    with_proposals(world, 2, |stage, _| {
        let guardian = &stage.network.guardian;
        Call::new(rewards::veto_root(guardian.pubkey(), stage.vault.address, proposal(stage)), &[guardian])
    })
}

fn finalize_root(world: &mut World) -> Call {
    let call = with_proposals(world, 2, |stage, _| {
        Call::new(rewards::finalize_root(stage.vault.address, proposal(stage)), &[])
    });
    let (vault, twin) = call.twins[0];
    call.twin(addresses::vault_tokens(&vault), addresses::vault_tokens(&twin))
}

fn close_proposal(world: &mut World) -> Call {
    let stages = two_stages(world);
    for stage in &stages {
        let proposal = world.propose_root(&root(stage), &stage.oracles[0]);
        let guardian = &stage.network.guardian;
        expect_success(world.run(rewards::veto_root(guardian.pubkey(), stage.vault.address, proposal), &[guardian]));
    }
    let [own, other] = &stages;
    let proposer = own.oracles[0].pubkey();
    let call = Call::new(rewards::close_proposal(own.vault.address, Epoch(0), proposer), &[]);
    of_vault(call, &stages).twin(proposal(own), proposal(other)).twin(proposer, other.oracles[0].pubkey())
}
