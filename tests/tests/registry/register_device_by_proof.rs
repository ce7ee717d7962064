//! Devices whose keys sign messages and no transactions. What is not taken for a proof is in
//! `register_device_by_proof_attacks`.

use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    accounts::{Device, DeviceClass, Network, Operator},
    addresses,
    instructions::{
        precompile::ed25519_check,
        registry::{register_device, register_device_by_proof, registration},
    },
};
use trellis_core::DeviceKey;
use trellis_registry::{error::RegistryError, event::DeviceRegistered};
use trellis_tests::{
    Outcome, assert_error, assert_event, assert_program_error, expect_success,
    fixtures::{P256Keypair, ed25519_key},
    refusal::ACCOUNT_IN_USE,
};

use super::by_proof::{Applicant, Key};

#[test]
fn register_device_by_proof_of_either_kind_writes_the_same_as_by_signature() {
    for key in [Key::Ed25519(Keypair::new_from_array([9; 32])), Key::P256(P256Keypair::new(9))] {
        let mut applicant = Applicant::new(key);
        let public = applicant.key.public();
        let metadata = expect_success(applicant.register());

        let world = &applicant.world;
        let address = addresses::device(&applicant.network.address, &public);
        let device = world.account::<Device>(address);
        assert_eq!((device.network, device.operator), (applicant.network.address, applicant.operator.address));
        assert_eq!((device.key_kind, device.key, device.bond), (public.kind() as u8, public.padded(), 5));
        assert_eq!(device.device_key(), Some(public));
        assert_eq!(device.rent_payer, world.payer());
        assert_eq!((device.registered_unix, device.key_since_unix), (world.now(), world.now()));
        assert_eq!(world.account::<Network>(applicant.network.address).device_count, 1);
        assert_eq!(world.account::<Operator>(applicant.operator.address).required_bond, 5);
        let event = DeviceRegistered {
            network: applicant.network.address,
            device: address,
            key_kind: device.key_kind,
            key: device.key,
            operator_index: 0,
            class_index: 0,
            index: 0,
            bond: 5,
            rent_payer: world.payer(),
        };
        assert_event(&metadata, &event);
    }
}

#[test]
fn register_device_by_proof_of_a_key_that_is_registered_already_is_refused() {
    let mut applicant = Applicant::new(Key::Ed25519(Keypair::new_from_array([9; 32])));
    expect_success(applicant.register());
    assert_error(applicant.register(), ACCOUNT_IN_USE);
    // Nor by its signature.
    let Key::Ed25519(key) = &applicant.key else { panic!("an ed25519 key") };
    let (payer, wallet) = (applicant.world.payer(), &applicant.operator.wallet);
    let register = register_device(payer, wallet.pubkey(), key.pubkey(), None, applicant.network.address, 0);
    assert_error(applicant.world.run(register, &[wallet, key]), ACCOUNT_IN_USE);
}

#[test]
fn register_device_by_proof_of_a_made_class_needs_the_makers_signature() {
    let mut applicant = Applicant::new(Key::P256(P256Keypair::new(9)));
    let (maker, stranger) = (applicant.world.keypair(), applicant.world.keypair());
    let class = addresses::class(&applicant.network.address, 0);
    applicant.world.forge::<DeviceClass>(class, |account| account.maker = maker.pubkey());
    let run = |applicant: &mut Applicant, maker: Option<&Keypair>| -> Outcome {
        let (wallet, network) = (applicant.operator.wallet.pubkey(), applicant.network.address);
        let (payer, public, until) =
            (applicant.world.payer_keypair(), applicant.key.public(), applicant.world.now() + 60);
        let check = applicant.key.check(&registration(&wallet, &network, 0, public, until).message());
        let address = maker.map(|maker| maker.pubkey());
        let register = register_device_by_proof(payer.pubkey(), wallet, address, network, 0, &public, until);
        let mut signers = vec![&payer, &applicant.operator.wallet];
        signers.extend(maker);
        applicant.world.send(&[check, register], &signers)
    };
    assert_program_error(run(&mut applicant, None), RegistryError::MakerSignatureMissing);
    assert_program_error(run(&mut applicant, Some(&stranger)), RegistryError::WrongMaker);
    expect_success(run(&mut applicant, Some(&maker)));
}

#[test]
fn register_device_by_proof_while_paused_or_in_an_inactive_class_is_refused() {
    let mut applicant = Applicant::new(Key::P256(P256Keypair::new(9)));
    let (network, class) = (applicant.network.address, addresses::class(&applicant.network.address, 0));
    applicant.world.forge::<Network>(network, |account| account.paused = 1);
    assert_program_error(applicant.register(), RegistryError::NetworkPaused);
    applicant.world.forge::<Network>(network, |account| account.paused = 0);
    applicant.world.forge::<DeviceClass>(class, |account| account.active = 0);
    assert_program_error(applicant.register(), RegistryError::ClassInactive);
}

#[test]
fn register_device_by_proof_of_bytes_that_are_no_key_of_the_class_is_refused() {
    let ed25519 = Keypair::new_from_array([9; 32]);
    let mut applicant = Applicant::new(Key::P256(P256Keypair::new(9)));
    let (wallet, network) = (applicant.operator.wallet.pubkey(), applicant.network.address);
    let (payer, until, key) = (applicant.world.payer_keypair(), applicant.world.now() + 60, ed25519_key(&ed25519));
    // An ed25519 key in a class of P-256 keys. Its last byte is not zero, or it is a point's first: nothing else fits.
    let message = registration(&wallet, &network, 0, key, until).message();
    let mut register = register_device_by_proof(payer.pubkey(), wallet, None, network, 0, &key, until);
    let zero_seed = addresses::device(&network, &DeviceKey::Ed25519([0; 32]));
    let device = addresses::device(&network, &key);
    for meta in register.accounts.iter_mut().filter(|meta| meta.pubkey == device) {
        meta.pubkey = zero_seed;
    }
    let check = ed25519_check(&ed25519, &message).unwrap();
    let outcome = applicant.world.send(&[check, register], &[&payer, &applicant.operator.wallet]);
    assert_program_error(outcome, RegistryError::InvalidKey);
}
