//! A device whose key is lost: `request_key_recovery`, `cancel_key_recovery`, `complete_key_recovery`.

use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    accounts::{Device, DeviceClass, Network},
    addresses,
    instructions::{
        precompile::ed25519_check,
        registry::{
            Possession, cancel_key_recovery, complete_key_recovery, key_change, request_key_recovery, transfer_device,
        },
    },
};
use trellis_registry::{
    constants::RECOVERY_DELAY_SECONDS,
    error::RegistryError,
    event::{DeviceKeyChanged, KeyRecoveryCancelled, KeyRecoveryRequested},
};
use trellis_tests::{
    Outcome, Refusal, START_UNIX, World, assert_error, assert_event, assert_program_error, assert_same, code,
    expect_success,
    fixtures::{DeviceFixture, NetworkFixture, OperatorFixture, ed25519_key},
    refusal::{ACCOUNT_IN_USE, NOT_WRITABLE},
    tamper,
};

struct Lost {
    world: World,
    network: NetworkFixture,
    operator: OperatorFixture,
    maker: Keypair,
    device: DeviceFixture,
    new_key: Keypair,
}

impl Lost {
    fn new() -> Self {
        let mut world = World::new();
        let network = world.create_network();
        let (operator, device) = world.device_of_new_operator(&network);
        let (maker, new_key) = (world.keypair(), world.unfunded_keypair());
        let class = addresses::class(&network.address, 0);
        world.forge::<DeviceClass>(class, |account| account.maker = maker.pubkey());
        Self { world, network, operator, maker, device, new_key }
    }

    fn request(&self, possession: Possession) -> Instruction {
        let (wallet, maker, until) = (self.operator.wallet.pubkey(), self.maker.pubkey(), self.world.now() + 60);
        request_key_recovery(wallet, maker, self.network.address, 0, self.device.address, possession, until)
    }

    fn signed_request(&self) -> Instruction {
        self.request(Possession::Signer(ed25519_key(&self.new_key)))
    }

    fn run_request(&mut self) -> Outcome {
        self.world.run(self.signed_request(), &[&self.operator.wallet, &self.maker, &self.new_key])
    }

    /// With a recovery pending.
    fn requested() -> Self {
        let mut lost = Self::new();
        expect_success(lost.run_request());
        lost
    }

    fn cancel(&mut self, canceller: &Keypair) -> Outcome {
        let cancel = cancel_key_recovery(canceller.pubkey(), self.operator.address, self.device.address);
        self.world.run(cancel, &[canceller])
    }

    fn complete(&self) -> Instruction {
        let payer = self.world.payer();
        let new_key = ed25519_key(&self.new_key);
        complete_key_recovery(payer, self.network.address, self.device.address, &new_key, payer)
    }

    fn device(&self) -> Device {
        self.world.account(self.device.address)
    }
}

#[test]
fn request_key_recovery_by_operator_maker_and_new_key_starts_the_delay() {
    let mut lost = Lost::new();
    let before = lost.device();
    let metadata = expect_success(lost.run_request());
    let new_key = ed25519_key(&lost.new_key).padded();
    let effective_unix = START_UNIX + RECOVERY_DELAY_SECONDS;
    let wanted = Device { recovery_key: new_key, recovery_effective_unix: effective_unix, ..before };
    assert_same(&lost.device(), &wanted);
    let event =
        KeyRecoveryRequested { network: lost.network.address, device: lost.device.address, new_key, effective_unix };
    assert_event(&metadata, &event);
}

#[test]
fn request_key_recovery_by_proof_succeeds_and_by_another_purposes_proof_is_refused() {
    let mut lost = Lost::new();
    let key = ed25519_key(&lost.new_key);
    let (wallet, until) = (lost.operator.wallet.pubkey(), lost.world.now() + 60);
    let change = key_change(&wallet, &lost.network.address, &lost.device.address, key, until);
    let request = lost.request(Possession::Proof(key));
    let payer = lost.world.payer_keypair();
    let mut run = |message: &[u8]| {
        let check = ed25519_check(&lost.new_key, message).unwrap();
        lost.world.send(&[check, request.clone()], &[&payer, &lost.operator.wallet, &lost.maker])
    };
    assert_program_error(run(&change.rotation_message()), RegistryError::ProofOfAnotherMessage);
    expect_success(run(&change.recovery_message()));
}

#[test]
fn request_key_recovery_without_a_maker_or_by_another_is_refused() {
    let mut lost = Lost::new();
    let maker = std::mem::replace(&mut lost.maker, Keypair::new_from_array([1; 32]));
    assert_program_error(lost.run_request(), RegistryError::WrongMaker);
    lost.maker = maker;
    let class = addresses::class(&lost.network.address, 0);
    lost.world.forge::<DeviceClass>(class, |account| account.maker = Default::default());
    assert_program_error(lost.run_request(), RegistryError::NoMaker);
}

#[test]
fn request_key_recovery_again_replaces_the_key_and_starts_anew() {
    let mut lost = Lost::requested();
    lost.new_key = lost.world.unfunded_keypair();
    lost.world.advance(100);
    expect_success(lost.run_request());
    assert_eq!(lost.device().recovery_key, ed25519_key(&lost.new_key).padded());
    assert_eq!(lost.device().recovery_effective_unix, START_UNIX + 100 + RECOVERY_DELAY_SECONDS);
}

#[test]
fn request_key_recovery_with_bent_accounts_is_refused() {
    let mut lost = Lost::new();
    let thief = lost.world.register_operator(&lost.network);
    let other = lost.world.create_network();
    for network in [&other, &lost.network] {
        lost.world.create_class_with(network, |args| args.maker = lost.maker.pubkey());
    }
    let class = |network, index| addresses::class(network, index);
    let own_class = class(&lost.network.address, 0);
    let sound = lost.signed_request();
    let wallet = lost.operator.wallet.pubkey();
    let mut refusals = Vec::new();
    for account in [lost.operator.address, own_class, lost.device.address] {
        refusals.extend(lost.world.impostors(&sound, account));
    }
    let robbed = tamper::swap(sound.clone(), wallet, thief.wallet.pubkey());
    let swap_class = |to| tamper::swap(sound.clone(), own_class, to);
    refusals.extend([
        Refusal::new("another's wallet", robbed.clone(), code(RegistryError::NotOperatorWallet)),
        Refusal::new(
            "another's wallet and account",
            tamper::swap(robbed, lost.operator.address, thief.address),
            code(RegistryError::WrongOperator),
        ),
        Refusal::new(
            "another key's signature",
            tamper::swap(sound.clone(), lost.new_key.pubkey(), thief.wallet.pubkey()),
            code(RegistryError::WrongKeySigner),
        ),
        Refusal::new(
            "another network's class",
            swap_class(class(&other.address, 0)),
            code(RegistryError::WrongNetwork),
        ),
        Refusal::new("another class", swap_class(class(&lost.network.address, 1)), code(RegistryError::WrongClass)),
        Refusal::new("not writable", tamper::read_only(sound.clone(), lost.device.address), NOT_WRITABLE),
    ]);
    let signers = [&lost.operator.wallet, &lost.maker, &lost.new_key, &thief.wallet];
    lost.world.assert_refused(sound, &signers, refusals);
}

#[test]
fn cancel_key_recovery_by_the_operator_or_the_old_key_forgets_it() {
    for by_wallet in [true, false] {
        let mut lost = Lost::requested();
        let canceller = if by_wallet { &lost.operator.wallet } else { &lost.device.key }.insecure_clone();
        let before = lost.device();
        let metadata = expect_success(lost.cancel(&canceller));
        assert_same(&lost.device(), &Device { recovery_key: [0; 33], recovery_effective_unix: 0, ..before });
        assert_event(&metadata, &KeyRecoveryCancelled { device: lost.device.address, by: canceller.pubkey() });
        assert_program_error(lost.cancel(&canceller), RegistryError::NoRecovery);
    }
}

#[test]
fn cancel_key_recovery_by_anybody_else_is_refused() {
    let mut lost = Lost::requested();
    let thief = lost.world.register_operator(&lost.network);
    let (maker, new_key) = (lost.maker.insecure_clone(), lost.new_key.insecure_clone());
    for signer in [&maker, &new_key, &thief.wallet] {
        assert_program_error(lost.cancel(signer), RegistryError::NotOwnerOrKey);
    }
    let own = cancel_key_recovery(thief.wallet.pubkey(), thief.address, lost.device.address);
    assert_program_error(lost.world.run(own, &[&thief.wallet]), RegistryError::WrongOperator);
}

#[test]
fn complete_key_recovery_after_the_delay_by_anybody_moves_the_device() {
    let mut lost = Lost::requested();
    lost.world.advance(RECOVERY_DELAY_SECONDS - 1);
    assert_program_error(lost.world.run(lost.complete(), &[]), RegistryError::RecoveryTooEarly);
    lost.world.advance(1);
    let before = lost.device();
    let (network, payer) = (lost.network.address, lost.world.payer());

    let metadata = expect_success(lost.world.run(lost.complete(), &[]));

    let new_address = addresses::device(&network, &ed25519_key(&lost.new_key));
    assert!(lost.world.find_account::<Device>(lost.device.address).is_none());
    let after = lost.world.account::<Device>(new_address);
    let wanted = Device {
        key: before.recovery_key,
        previous_key: before.key,
        key_since_unix: START_UNIX + RECOVERY_DELAY_SECONDS,
        recovery_key: [0; 33],
        recovery_effective_unix: 0,
        bump: after.bump,
        ..before
    };
    assert_same(&after, &wanted);
    assert_eq!(lost.world.account::<Network>(network).key_change_count, 1);
    let event = DeviceKeyChanged {
        network,
        previous_device: lost.device.address,
        device: new_address,
        key_kind: 0,
        previous_key: before.key,
        key: after.key,
        index: 0,
        rent_payer: payer,
    };
    assert_event(&metadata, &event);
}

#[test]
fn complete_key_recovery_that_was_never_asked_for_cancelled_or_sold_is_refused() {
    let mut lost = Lost::new();
    let none = addresses::device(&lost.network.address, &trellis_core::DeviceKey::Ed25519([0; 32]));
    let new_address = addresses::device(&lost.network.address, &ed25519_key(&lost.new_key));
    let complete = tamper::swap(lost.complete(), new_address, none);
    assert_program_error(lost.world.run(complete.clone(), &[]), RegistryError::NoRecovery);
    expect_success(lost.run_request());
    let wallet = lost.operator.wallet.insecure_clone();
    expect_success(lost.cancel(&wallet));
    lost.world.advance(RECOVERY_DELAY_SECONDS);
    assert_program_error(lost.world.run(complete.clone(), &[]), RegistryError::NoRecovery);
    expect_success(lost.run_request());
    let buyer = lost.world.register_operator(&lost.network);
    let sale = transfer_device(wallet.pubkey(), buyer.wallet.pubkey(), lost.network.address, lost.device.address);
    expect_success(lost.world.run(sale, &[&wallet, &buyer.wallet]));
    lost.world.advance(RECOVERY_DELAY_SECONDS);
    assert_program_error(lost.world.run(complete, &[]), RegistryError::NoRecovery);
}

#[test]
fn complete_key_recovery_to_a_key_that_was_taken_meanwhile_is_refused() {
    let mut lost = Lost::requested();
    let class = addresses::class(&lost.network.address, 0);
    lost.world.forge::<DeviceClass>(class, |account| account.maker = Default::default());
    let register = trellis_client::instructions::registry::register_device(
        lost.world.payer(),
        lost.operator.wallet.pubkey(),
        lost.new_key.pubkey(),
        None,
        lost.network.address,
        0,
    );
    expect_success(lost.world.run(register, &[&lost.operator.wallet, &lost.new_key]));
    lost.world.advance(RECOVERY_DELAY_SECONDS);
    assert_error(lost.world.run(lost.complete(), &[]), ACCOUNT_IN_USE);
}

#[test]
fn complete_key_recovery_with_bent_accounts_is_refused() {
    let mut lost = Lost::requested();
    lost.world.advance(RECOVERY_DELAY_SECONDS);
    let other = lost.world.create_network();
    let sound = lost.complete();
    let network = lost.network.address;
    let mut refusals = lost.world.impostors(&sound, network);
    refusals.extend(lost.world.impostors(&sound, lost.device.address));
    let abroad = addresses::device(&other.address, &ed25519_key(&lost.new_key));
    let moved = tamper::swap_at(tamper::swap(sound.clone(), network, other.address), 3, abroad);
    let stranger = lost.world.keypair().pubkey();
    refusals.extend([
        Refusal::new("another network and its device", moved, code(RegistryError::WrongNetwork)),
        Refusal::new(
            "another rent payer",
            tamper::swap_at(sound.clone(), 4, stranger),
            code(RegistryError::WrongRentPayer),
        ),
    ]);
    lost.world.assert_refused(sound, &[], refusals);
}
