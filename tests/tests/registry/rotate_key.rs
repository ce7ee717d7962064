use solana_instruction::{Instruction, error::InstructionError};
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    accounts::{Device, Network, Operator},
    addresses,
    instructions::{
        precompile::ed25519_check,
        registry::{Possession, key_change, register_device, rotate_key},
    },
};
use trellis_core::{DeviceKey, device_key::KeyKind};
use trellis_registry::{error::RegistryError, event::DeviceKeyChanged};
use trellis_tests::{
    Outcome, Refusal, START_UNIX, World, assert_error, assert_event, assert_program_error, assert_same, code,
    expect_success,
    fixtures::{DeviceFixture, NetworkFixture, OperatorFixture, P256Keypair, ed25519_key},
    refusal::{ACCOUNT_IN_USE, NOT_WRITABLE},
    tamper,
};

/// A device that is about to get another key.
struct Rotation {
    world: World,
    network: NetworkFixture,
    operator: OperatorFixture,
    device: DeviceFixture,
    new_key: Keypair,
}

impl Rotation {
    fn new() -> Self {
        let mut world = World::new();
        let network = world.create_network();
        let (operator, device) = world.device_of_new_operator(&network);
        let new_key = world.unfunded_keypair();
        Self { world, network, operator, device, new_key }
    }

    /// Who signs the transaction of the two keys.
    fn instruction(&self, old_signs: bool, new_signs: bool) -> Instruction {
        let how = |signs: bool, key| if signs { Possession::Signer(key) } else { Possession::Proof(key) };
        let (payer, until) = (self.world.payer(), self.world.now() + 60);
        let old = how(old_signs, self.device.device_key());
        let new = how(new_signs, ed25519_key(&self.new_key));
        rotate_key(payer, self.operator.wallet.pubkey(), self.network.address, old, new, payer, until)
    }

    fn message(&self) -> Vec<u8> {
        let (wallet, until) = (self.operator.wallet.pubkey(), self.world.now() + 60);
        let new_key = ed25519_key(&self.new_key);
        key_change(&wallet, &self.network.address, &self.device.address, new_key, until).rotation_message()
    }

    fn run(&mut self, before: Vec<Instruction>, instruction: Instruction) -> Outcome {
        let payer = self.world.payer_keypair();
        let mut signers = vec![&payer, &self.operator.wallet];
        let asked =
            |key: &Keypair| instruction.accounts.iter().any(|meta| meta.is_signer && meta.pubkey == key.pubkey());
        signers.extend([&self.device.key, &self.new_key].into_iter().filter(|key| asked(key)));
        let instructions = [before, vec![instruction.clone()]].concat();
        self.world.send(&instructions, &signers)
    }

    fn new_address(&self) -> solana_address::Address {
        addresses::device(&self.network.address, &ed25519_key(&self.new_key))
    }
}

#[test]
fn rotate_key_moves_the_device_and_pays_the_rent_back() {
    let mut rotation = Rotation::new();
    let sponsor = rotation.world.keypair();
    rotation.world.forge::<Device>(rotation.device.address, |account| {
        account.rent_payer = sponsor.pubkey();
        (account.cell, account.move_count) = (0x0892_8308_280f_ffff, 3);
        (account.recovery_key, account.recovery_effective_unix) = ([4; 33], 5);
    });
    let before = rotation.world.account::<Device>(rotation.device.address);
    let (network, operator) = (rotation.network.address, rotation.operator.address);
    let network_before = rotation.world.account::<Network>(network);
    let operator_before = rotation.world.account::<Operator>(operator);
    let (rent, funds) = (rotation.world.lamports(rotation.device.address), rotation.world.lamports(sponsor.pubkey()));
    rotation.world.advance(50);

    let payer = rotation.world.payer();
    let rotate = tamper::swap_at(rotation.instruction(true, true), 8, sponsor.pubkey());
    let metadata = expect_success(rotation.run(vec![], rotate));

    let world = &rotation.world;
    assert_eq!(world.lamports(sponsor.pubkey()), funds + rent);
    assert!(world.find_account::<Device>(rotation.device.address).is_none());
    let key = ed25519_key(&rotation.new_key).padded();
    let after = world.account::<Device>(rotation.new_address());
    let wanted = Device {
        rent_payer: payer,
        previous_key: before.key,
        key,
        key_since_unix: START_UNIX + 50,
        recovery_key: [0; 33],
        recovery_effective_unix: 0,
        bump: after.bump,
        ..before
    };
    assert_same(&after, &wanted);
    assert_same(&world.account::<Network>(network), &Network { key_change_count: 1, ..network_before });
    assert_same(&world.account::<Operator>(operator), &operator_before);
    let event = DeviceKeyChanged {
        network,
        previous_device: rotation.device.address,
        device: rotation.new_address(),
        key_kind: 0,
        previous_key: before.key,
        key,
        index: 0,
        rent_payer: payer,
    };
    assert_event(&metadata, &event);
}

#[test]
fn rotate_key_by_every_mix_of_signatures_and_proofs_succeeds() {
    for (old_signs, new_signs) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut rotation = Rotation::new();
        let message = rotation.message();
        let mut before = Vec::new();
        if !old_signs {
            before.push(ed25519_check(&rotation.device.key, &message).unwrap());
        }
        if !new_signs {
            before.push(ed25519_check(&rotation.new_key, &message).unwrap());
        }
        expect_success(rotation.run(before, rotation.instruction(old_signs, new_signs)));
    }
}

#[test]
fn rotate_key_of_secure_elements_fits_a_transaction() {
    let mut world = World::new();
    let network = world.create_network();
    world.create_class_with(&network, |args| args.key_kind = KeyKind::P256 as u8);
    let operator = world.register_operator(&network);
    let [old, new, stranger] = [1, 2, 3].map(P256Keypair::new);
    let device = world.register_p256_device(&network, &operator, 0, &old);
    let (wallet, payer, until) = (operator.wallet.pubkey(), world.payer_keypair(), world.now() + 60);
    let message = key_change(&wallet, &network.address, &device, new.public(), until).rotation_message();
    let (from, to) = (Possession::Proof(old.public()), Possession::Proof(new.public()));
    let rotate = rotate_key(payer.pubkey(), wallet, network.address, from, to, payer.pubkey(), until);
    let mut run = |proofs: [&P256Keypair; 2]| {
        let [first, second] = proofs.map(|key| key.check(&message));
        world.send(&[first, second, rotate.clone()], &[&payer, &operator.wallet])
    };
    assert_program_error(run([&new, &old]), RegistryError::ProofOfAnotherKey);
    assert_program_error(run([&stranger, &new]), RegistryError::ProofOfAnotherKey);
    assert_program_error(run([&old, &stranger]), RegistryError::ProofOfAnotherKey);
    assert_program_error(run([&new, &new]), RegistryError::ProofOfAnotherKey);
    expect_success(run([&old, &new]));
    let account = world.account::<Device>(addresses::device(&network.address, &new.public()));
    assert_eq!((account.device_key(), account.previous_key), (Some(new.public()), old.public().padded()));
}

#[test]
fn rotate_key_without_either_proof_or_by_one_for_another_purpose_is_refused() {
    let mut rotation = Rotation::new();
    let message = rotation.message();
    let old = ed25519_check(&rotation.device.key, &message).unwrap();
    let new = ed25519_check(&rotation.new_key, &message).unwrap();
    let by_proofs = rotation.instruction(false, false);
    for before in [vec![], vec![old.clone()]] {
        assert_program_error(rotation.run(before, by_proofs.clone()), RegistryError::ProofMissing);
    }
    let outcome = rotation.run(vec![new.clone(), old.clone()], by_proofs.clone());
    assert_program_error(outcome, RegistryError::ProofOfAnotherKey);
    let (wallet, network, until) =
        (rotation.operator.wallet.pubkey(), rotation.network.address, rotation.world.now() + 60);
    let key = ed25519_key(&rotation.new_key);
    let change = key_change(&wallet, &network, &rotation.device.address, key, until);
    let elsewhere = key_change(&wallet, &network, &rotation.new_address(), key, until);
    for message in [change.recovery_message(), elsewhere.rotation_message()] {
        let wrong = ed25519_check(&rotation.new_key, &message).unwrap();
        let outcome = rotation.run(vec![old.clone(), wrong], by_proofs.clone());
        assert_program_error(outcome, RegistryError::ProofOfAnotherMessage);
    }
    rotation.world.advance(61);
    assert_program_error(rotation.run(vec![old, new], by_proofs), RegistryError::ProofOutOfTime);
}

#[test]
fn rotate_key_signed_by_another_key_is_refused() {
    let rotation = Rotation::new();
    for key in [&rotation.device.key, &rotation.new_key] {
        let mut rotation = Rotation::new();
        let stranger = rotation.world.keypair();
        let bent = tamper::swap(rotation.instruction(true, true), key.pubkey(), stranger.pubkey());
        let payer = rotation.world.payer_keypair();
        let asked = [&rotation.operator.wallet, &rotation.device.key, &rotation.new_key, &stranger]
            .into_iter()
            .filter(|key| bent.accounts.iter().any(|meta| meta.is_signer && meta.pubkey == key.pubkey()));
        let signers: Vec<&Keypair> = [&payer].into_iter().chain(asked).collect();
        let outcome = rotation.world.send(std::slice::from_ref(&bent), &signers);
        assert_program_error(outcome, RegistryError::WrongKeySigner);
    }
}

#[test]
fn rotate_key_to_a_key_that_is_taken_or_none_is_refused() {
    let mut rotation = Rotation::new();
    let taken = rotation.world.register_device(&rotation.network, &rotation.operator, 0);
    rotation.new_key = taken.key;
    assert_error(rotation.run(vec![], rotation.instruction(true, true)), ACCOUNT_IN_USE);
    // To itself.
    let mut rotation = Rotation::new();
    rotation.new_key = rotation.device.key.insecure_clone();
    assert!(rotation.run(vec![], rotation.instruction(true, true)).is_err());
    // A P-256 key for an ed25519 device.
    let mut rotation = Rotation::new();
    let (payer, network) = (rotation.world.payer(), rotation.network.address);
    let old = Possession::Signer(rotation.device.device_key());
    let new = Possession::Proof(P256Keypair::new(5).public());
    let rotate = rotate_key(payer, rotation.operator.wallet.pubkey(), network, old, new, payer, 0);
    let zero_seed = addresses::device(&network, &DeviceKey::Ed25519([0; 32]));
    let bent = tamper::swap_at(rotate, 7, zero_seed);
    assert_program_error(rotation.run(vec![], bent), RegistryError::InvalidKey);
}

#[test]
fn rotate_key_frees_the_old_key_and_keeps_a_suspension() {
    let mut rotation = Rotation::new();
    rotation.world.suspend_device(&rotation.network, rotation.device.address);
    expect_success(rotation.run(vec![], rotation.instruction(true, true)));
    let account = rotation.world.account::<Device>(rotation.new_address());
    assert!(account.is_suspended());
    assert_eq!((account.reason_code, account.evidence_hash), (7, [0xe7; 32]));
    let (wallet, key) = (&rotation.operator.wallet, &rotation.device.key);
    let payer = rotation.world.payer();
    let again = register_device(payer, wallet.pubkey(), key.pubkey(), None, rotation.network.address, 0);
    expect_success(rotation.world.run(again, &[wallet, key]));
    assert_eq!(rotation.world.account::<Network>(rotation.network.address).live_device_count(), 2);
}

#[test]
fn rotate_key_after_the_last_change_is_refused() {
    let mut rotation = Rotation::new();
    let network = rotation.network.address;
    rotation.world.forge::<Network>(network, |account| account.key_change_count = u32::MAX);
    assert_program_error(rotation.run(vec![], rotation.instruction(true, true)), RegistryError::CounterExhausted);
}

#[test]
fn rotate_key_with_bent_accounts_is_refused() {
    let mut rotation = Rotation::new();
    let other = rotation.world.create_network();
    let thief = rotation.world.register_operator(&rotation.network);
    let sound = rotation.instruction(true, true);
    let (network, operator) = (rotation.network.address, rotation.operator.address);
    let mut refusals = Vec::new();
    for account in [network, operator, rotation.device.address] {
        refusals.extend(rotation.world.impostors(&sound, account));
    }
    let stranger = rotation.world.keypair().pubkey();
    let abroad = addresses::device(&other.address, &ed25519_key(&rotation.new_key));
    let moved = tamper::swap_at(tamper::swap(sound.clone(), network, other.address), 7, abroad);
    let robbed = tamper::swap(sound.clone(), rotation.operator.wallet.pubkey(), thief.wallet.pubkey());
    refusals.extend([
        Refusal::new("another network and its device", moved, code(RegistryError::WrongNetwork)),
        Refusal::new(
            "another's operator account",
            tamper::swap(sound.clone(), operator, thief.address),
            code(RegistryError::NotOperatorWallet),
        ),
        Refusal::new("another's wallet", robbed.clone(), code(RegistryError::NotOperatorWallet)),
        Refusal::new(
            "another's wallet and account",
            tamper::swap(robbed, operator, thief.address),
            code(RegistryError::WrongOperator),
        ),
        Refusal::new(
            "another rent payer",
            tamper::swap_at(sound.clone(), 8, stranger),
            code(RegistryError::WrongRentPayer),
        ),
        Refusal::new("a network that is not writable", tamper::read_only(sound.clone(), network), NOT_WRITABLE),
        Refusal::new(
            "no signature of the wallet",
            tamper::unsign(sound.clone(), rotation.operator.wallet.pubkey()),
            InstructionError::MissingRequiredSignature,
        ),
        Refusal::new(
            "no signature of the old key",
            tamper::unsign(sound.clone(), rotation.device.key.pubkey()),
            InstructionError::MissingRequiredSignature,
        ),
    ]);
    let Rotation { mut world, operator, device, new_key, .. } = rotation;
    world.assert_refused(sound, &[&operator.wallet, &thief.wallet, &device.key, &new_key], refusals);
}
