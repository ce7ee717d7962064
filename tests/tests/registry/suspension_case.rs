//! How oracles suspend a device: `open_suspension_case`, `vote_suspension`, `close_suspension_case`.

use bytemuck::Zeroable;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    accounts::{DEVICE_SUSPENDED, Device, Network, SuspensionCase, Vault},
    addresses,
    instructions::registry::{
        Possession, SuspendDeviceArgs, close_suspension_case, open_suspension_case, reinstate_device, rotate_key,
        vote_suspension,
    },
};
use trellis_registry::{
    constants::{ACCOUNT_VERSION, CASE_SECONDS},
    error::RegistryError,
    event::{DeviceSuspended, SuspensionCaseClosed, SuspensionCaseOpened, SuspensionVoted},
};
use trellis_rewards::error::RewardsError;
use trellis_tests::{
    Outcome, Refusal, START_UNIX, World, assert_error, assert_event, assert_program_error, assert_same, code, event,
    expect_success,
    fixtures::{DeviceFixture, OperatorFixture, Stage, ed25519_key},
    refusal::{ACCOUNT_IN_USE, NOT_WRITABLE},
    tamper,
};

const EVIDENCE: [u8; 32] = [0xe7; 32];

fn args() -> SuspendDeviceArgs {
    SuspendDeviceArgs { reason_code: 7, evidence_hash: EVIDENCE }
}

/// Three oracles, two of whom suffice, and a device.
struct Court {
    world: World,
    stage: Stage,
    operator: OperatorFixture,
    device: DeviceFixture,
    case: Address,
}

impl Court {
    fn new() -> Self {
        let mut world = World::new();
        let stage = world.stage();
        world.arm_oracles(&stage);
        let (operator, device) = world.device_of_new_operator(&stage.network);
        let case = addresses::suspension_case(&stage.network.address, 0, &EVIDENCE, 7);
        Self { world, stage, operator, device, case }
    }

    fn opened() -> Self {
        let mut court = Self::new();
        expect_success(court.open(0));
        court
    }

    fn oracle(&self, number: usize) -> Keypair {
        self.stage.oracles[number].insecure_clone()
    }

    fn opening(&self, oracle: Address, args: SuspendDeviceArgs) -> Instruction {
        let (network, vault) = (self.stage.network.address, self.stage.vault.address);
        open_suspension_case(oracle, network, vault, self.device.address, 0, args)
    }

    fn voting(&self, oracle: Address) -> Instruction {
        let (network, vault) = (self.stage.network.address, self.stage.vault.address);
        vote_suspension(oracle, network, vault, self.device.address, self.case)
    }

    fn closing(&self) -> Instruction {
        let (network, vault) = (self.stage.network.address, self.stage.vault.address);
        close_suspension_case(network, vault, self.stage.oracles[0].pubkey(), self.case)
    }

    fn open(&mut self, oracle: usize) -> Outcome {
        let oracle = self.oracle(oracle);
        self.world.run(self.opening(oracle.pubkey(), args()), &[&oracle])
    }

    fn vote(&mut self, oracle: usize) -> Outcome {
        let oracle = self.oracle(oracle);
        self.world.run(self.voting(oracle.pubkey()), &[&oracle])
    }

    fn close(&mut self) -> Outcome {
        self.world.run(self.closing(), &[])
    }

    fn device(&self) -> Device {
        self.world.account(self.device.address)
    }

    fn suspension(&self) -> DeviceSuspended {
        DeviceSuspended {
            network: self.stage.network.address,
            device: self.device.address,
            by: self.stage.vault.address,
            reason_code: 7,
            evidence_hash: EVIDENCE,
        }
    }
}

#[test]
fn open_suspension_case_writes_every_field_and_counts_as_the_openers_vote() {
    let mut court = Court::new();
    let before = court.device();
    court.world.advance(8);
    let metadata = expect_success(court.open(1));
    let (network, vault) = (court.stage.network.address, court.stage.vault.address);
    let opener = court.stage.oracles[1].pubkey();
    let case = court.world.account::<SuspensionCase>(court.case);
    let wanted = SuspensionCase {
        network,
        vault,
        opener,
        evidence_hash: EVIDENCE,
        opened_unix: START_UNIX + 8,
        device_index: 0,
        set_version: court.world.account::<Vault>(vault).set_version,
        votes: 0b10,
        reason_code: 7,
        version: ACCOUNT_VERSION,
        bump: case.bump,
        ..SuspensionCase::zeroed()
    };
    assert_same(&case, &wanted);
    assert_same(&court.device(), &before);
    let event = SuspensionCaseOpened {
        network,
        vault,
        case: court.case,
        opener,
        device: court.device.address,
        device_index: 0,
        reason_code: 7,
        evidence_hash: EVIDENCE,
        weight_for: 1,
        suspended: false,
    };
    assert_event(&metadata, &event);
    assert_error(court.open(0), ACCOUNT_IN_USE);
}

#[test]
fn vote_suspension_at_the_threshold_suspends_the_device_and_ends_the_case() {
    let mut court = Court::opened();
    let before = court.device();
    assert_program_error(court.vote(0), RegistryError::AlreadyVoted);
    let metadata = expect_success(court.vote(2));
    let wanted = Device {
        status: DEVICE_SUSPENDED,
        suspended_by: court.stage.vault.address,
        reason_code: 7,
        evidence_hash: EVIDENCE,
        ..before
    };
    assert_same(&court.device(), &wanted);
    let case = court.world.account::<SuspensionCase>(court.case);
    assert_eq!((case.votes, case.executed), (0b101, 1));
    let oracle = court.stage.oracles[2].pubkey();
    let voted = SuspensionVoted { case: court.case, oracle, weight_for: 2, suspended: true };
    use anchor_lang::Event;
    assert_eq!(event::events(&metadata), [court.suspension().data(), voted.data()]);
    assert_program_error(court.vote(1), RegistryError::CaseExecuted);
    // The authority has the last word, and the same case cannot be used again.
    let network = &court.stage.network;
    let reinstate = reinstate_device(network.authority_address(), network.address, court.device.address);
    expect_success(court.world.run(reinstate, &[&network.authority]));
    assert_program_error(court.vote(1), RegistryError::CaseExecuted);
}

#[test]
fn vote_suspension_below_the_threshold_changes_the_votes_alone() {
    let mut court = Court::new();
    let vault = court.stage.vault.address;
    court.world.forge::<Vault>(vault, |account| account.threshold = 3);
    expect_success(court.open(0));
    let metadata = expect_success(court.vote(1));
    let oracle = court.stage.oracles[1].pubkey();
    assert_event(&metadata, &SuspensionVoted { case: court.case, oracle, weight_for: 2, suspended: false });
    assert!(!court.device().is_suspended());
}

#[test]
fn open_suspension_case_by_one_of_enough_weight_suspends_at_once() {
    let mut court = Court::new();
    court.world.forge::<Vault>(court.stage.vault.address, |account| account.weights[0] = 2);
    expect_success(court.open(0));
    assert!(court.device().is_suspended());
    assert_program_error(court.vote(1), RegistryError::CaseExecuted);
}

#[test]
fn cases_of_different_evidence_or_reason_stand_side_by_side() {
    let mut court = Court::opened();
    let oracle = court.oracle(1);
    for args in [SuspendDeviceArgs { reason_code: 8, ..args() }, SuspendDeviceArgs { evidence_hash: [1; 32], ..args() }]
    {
        expect_success(court.world.run(court.opening(oracle.pubkey(), args), &[&oracle]));
    }
    // Votes of one do not count in another.
    assert!(!court.device().is_suspended());
    expect_success(court.vote(1));
    assert!(court.device().is_suspended());
}

#[test]
fn open_suspension_case_without_a_reason_or_of_a_suspended_device_is_refused() {
    let mut court = Court::new();
    let oracle = court.oracle(0);
    let opening = court.opening(oracle.pubkey(), SuspendDeviceArgs { reason_code: 0, ..args() });
    assert_program_error(court.world.run(opening, &[&oracle]), RegistryError::MissingReason);
    court.world.suspend_device(&court.stage.network, court.device.address);
    assert_program_error(court.open(0), RegistryError::AlreadySuspended);
}

#[test]
fn cases_by_anybody_but_the_oracles_are_refused() {
    let mut court = Court::opened();
    let stranger = court.world.keypair();
    let authority = court.stage.network.authority.insecure_clone();
    for signer in [&stranger, &authority] {
        let opening = court.opening(signer.pubkey(), SuspendDeviceArgs { reason_code: 8, ..args() });
        assert_program_error(court.world.run(opening, &[signer]), RegistryError::NotOracle);
        assert_program_error(court.world.run(court.voting(signer.pubkey()), &[signer]), RegistryError::NotOracle);
    }
}

#[test]
fn cases_in_a_network_that_names_no_vault_or_another_are_refused() {
    let mut court = Court::opened();
    let network = court.stage.network.address;
    for vault in [Address::default(), court.world.some_address()] {
        court.world.forge::<Network>(network, |account| account.suspension_vault = vault);
        assert_program_error(court.vote(1), RegistryError::WrongSuspensionVault);
    }
    // A vault of another network, named by mistake.
    let other = court.world.stage();
    court.world.forge::<Network>(network, |account| account.suspension_vault = other.vault.address);
    let bent = tamper::swap(court.voting(other.oracles[0].pubkey()), court.stage.vault.address, other.vault.address);
    assert_program_error(court.world.run(bent, &[&other.oracles[0]]), RegistryError::WrongNetwork);
    // The case was opened under the vault that was named then.
    let sibling = court.world.some_address();
    let forged = Vault { network, ..court.world.account::<Vault>(other.vault.address) };
    court.world.put_account(sibling, &forged);
    court.world.forge::<Network>(network, |account| account.suspension_vault = sibling);
    let bent = tamper::swap(court.voting(other.oracles[0].pubkey()), court.stage.vault.address, sibling);
    assert_program_error(court.world.run(bent, &[&other.oracles[0]]), RegistryError::WrongSuspensionVault);
}

#[test]
fn vote_suspension_after_a_change_of_the_oracle_set_or_a_week_is_refused() {
    let mut court = Court::opened();
    court.world.advance(CASE_SECONDS + 1);
    assert_program_error(court.vote(1), RegistryError::CaseExpired);
    court.world.set_time(START_UNIX);
    let stage = &court.stage;
    court.world.set_oracles(&stage.network, &stage.vault, &[1, 1, 1], 2);
    court.stage.oracles = court.oracles_of_now();
    assert_program_error(court.vote(1), RegistryError::StaleOracleSet);
}

impl Court {
    /// The old keys, put back into the set that has changed.
    fn oracles_of_now(&mut self) -> Vec<Keypair> {
        let keys: Vec<Keypair> = self.stage.oracles.iter().map(|key| key.insecure_clone()).collect();
        self.world.forge::<Vault>(self.stage.vault.address, |account| {
            for (slot, key) in account.oracles.iter_mut().zip(&keys) {
                *slot = key.pubkey();
            }
        });
        keys
    }
}

#[test]
fn vote_suspension_follows_the_device_to_its_new_key() {
    let mut court = Court::opened();
    let new_key = court.world.unfunded_keypair();
    let (payer, wallet, network) = (court.world.payer(), court.operator.wallet.pubkey(), court.stage.network.address);
    let (old, new) = (Possession::Signer(court.device.device_key()), Possession::Signer(ed25519_key(&new_key)));
    let rotate = rotate_key(payer, wallet, network, old, new, payer, 0);
    expect_success(court.world.run(rotate, &[&court.operator.wallet, &court.device.key, &new_key]));
    court.device.address = addresses::device(&network, &ed25519_key(&new_key));
    expect_success(court.vote(1));
    assert!(court.device().is_suspended());
}

#[test]
fn close_suspension_case_pays_the_opener_once_it_is_over_and_not_before() {
    let endings: [fn(&mut Court); 4] = [
        |court| drop(expect_success(court.vote(1))),
        |court| court.world.advance(CASE_SECONDS + 1),
        |court| court.world.forge::<Vault>(court.stage.vault.address, |account| account.set_version += 1),
        |court| {
            let network = court.stage.network.address;
            court.world.forge::<Network>(network, |account| account.suspension_vault = Address::default());
        },
    ];
    for end in endings {
        let mut court = Court::opened();
        court.world.advance(CASE_SECONDS);
        assert_program_error(court.close(), RegistryError::CaseAlive);
        end(&mut court);
        let opener = court.stage.oracles[0].pubkey();
        let (rent, funds) = (court.world.lamports(court.case), court.world.lamports(opener));
        let metadata = expect_success(court.close());
        assert_eq!(court.world.lamports(opener), funds + rent);
        assert!(court.world.find_account::<SuspensionCase>(court.case).is_none());
        assert_event(&metadata, &SuspensionCaseClosed { case: court.case, opener });
    }
}

#[test]
fn cases_with_bent_accounts_are_refused() {
    let mut court = Court::opened();
    let other = court.world.stage();
    let second = court.world.register_device(&court.stage.network, &court.operator, 0);
    let (_, abroad) = court.world.device_of_new_operator(&other.network);
    let oracle = court.oracle(1);
    let sound = court.voting(oracle.pubkey());
    let (network, vault, device) = (court.stage.network.address, court.stage.vault.address, court.device.address);
    let mut refusals = Vec::new();
    for account in [network, vault, device, court.case] {
        refusals.extend(court.world.impostors(&sound, account));
    }
    let swap = |from, to| tamper::swap(sound.clone(), from, to);
    refusals.extend([
        Refusal::new(
            "another network",
            swap(network, other.network.address),
            code(RegistryError::WrongSuspensionVault),
        ),
        Refusal::new("another vault", swap(vault, other.vault.address), code(RegistryError::WrongSuspensionVault)),
        Refusal::new("another device", swap(device, second.address), code(RegistryError::WrongDevice)),
        Refusal::new("another network's device", swap(device, abroad.address), code(RegistryError::WrongNetwork)),
        Refusal::new("a device not writable", tamper::read_only(sound.clone(), device), NOT_WRITABLE),
        Refusal::new("a case not writable", tamper::read_only(sound.clone(), court.case), NOT_WRITABLE),
    ]);
    court.world.forge::<Vault>(vault, |account| account.version = 2);
    assert_program_error(court.vote(1), RewardsError::UnknownVersion);
    court.world.forge::<Vault>(vault, |account| account.version = 1);
    court.world.assert_refused(sound, &[&oracle], refusals);

    let closing = court.closing();
    let stranger = court.world.keypair().pubkey();
    let bend = |from, to| tamper::swap(closing.clone(), from, to);
    let refusals = vec![
        Refusal::new("another network", bend(network, other.network.address), code(RegistryError::WrongNetwork)),
        Refusal::new("another vault", bend(vault, other.vault.address), code(RegistryError::WrongSuspensionVault)),
        Refusal::new(
            "another opener",
            bend(court.stage.oracles[0].pubkey(), stranger),
            code(RegistryError::WrongRentPayer),
        ),
    ];
    court.world.assert_refused(closing.clone(), &[], refusals);
}
