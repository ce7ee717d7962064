//! Who must sign a device's registration: payer, the operator's wallet, the device's key, and the class's maker.

use solana_address::Address;
use solana_instruction::error::InstructionError;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{accounts::Device, addresses, instructions::registry::register_device};
use trellis_registry::error::RegistryError;
use trellis_tests::{
    Outcome, Refusal, World, assert_program_error, expect_success,
    fixtures::{NetworkFixture, OperatorFixture, ed25519_key},
    tamper,
};

/// A class that names a maker.
struct Made {
    world: World,
    network: NetworkFixture,
    operator: OperatorFixture,
    class_index: u16,
    maker: Keypair,
    key: Keypair,
}

impl Made {
    fn new() -> Self {
        let mut world = World::new();
        let network = world.create_network();
        let maker = world.keypair();
        let class_index = world.create_class_with(&network, |args| args.maker = maker.pubkey());
        let operator = world.register_operator(&network);
        let key = world.unfunded_keypair();
        Self { world, network, operator, class_index, maker, key }
    }

    fn register(&mut self, maker: Option<&Keypair>) -> Outcome {
        let (wallet, key, maker_address) =
            (self.operator.wallet.pubkey(), self.key.pubkey(), maker.map(|keypair| keypair.pubkey()));
        let payer = self.world.payer();
        let register = register_device(payer, wallet, key, maker_address, self.network.address, self.class_index);
        let mut signers = vec![&self.operator.wallet, &self.key];
        signers.extend(maker);
        self.world.run(register, &signers)
    }
}

#[test]
fn register_device_of_a_made_class_with_the_makers_signature_succeeds() {
    let mut made = Made::new();
    let maker = made.maker.insecure_clone();
    expect_success(made.register(Some(&maker)));
    let address = addresses::device(&made.network.address, &ed25519_key(&made.key));
    assert_eq!(made.world.account::<Device>(address).class_index, made.class_index);
}

#[test]
fn register_device_of_a_made_class_without_a_maker_is_refused() {
    assert_program_error(Made::new().register(None), RegistryError::MakerSignatureMissing);
}

#[test]
fn register_device_of_a_made_class_with_another_maker_is_refused() {
    let mut made = Made::new();
    let stranger = made.world.keypair();
    assert_program_error(made.register(Some(&stranger)), RegistryError::WrongMaker);
    let authority = made.network.authority.insecure_clone();
    assert_program_error(made.register(Some(&authority)), RegistryError::WrongMaker);
}

#[test]
fn register_device_of_a_class_without_a_maker_lets_a_stranger_sign_as_one() {
    let mut made = Made::new();
    made.class_index = made.world.create_class(&made.network);
    let stranger = made.world.keypair();
    expect_success(made.register(Some(&stranger)));
}

#[test]
fn register_device_paid_by_the_operators_wallet_succeeds() {
    let mut made = Made::new();
    let class_index = made.world.create_class(&made.network);
    let wallet = &made.operator.wallet;
    let register =
        register_device(wallet.pubkey(), wallet.pubkey(), made.key.pubkey(), None, made.network.address, class_index);
    expect_success(made.world.send(&[register], &[wallet, &made.key]));
}

#[test]
fn register_device_by_a_wallet_that_is_not_the_operators_is_refused() {
    let mut made = Made::new();
    let class_index = made.world.create_class(&made.network);
    let thief = made.world.register_operator(&made.network);
    // The thief's wallet signs; the device is to go to the operator.
    let payer = made.world.payer();
    let own = register_device(payer, thief.wallet.pubkey(), made.key.pubkey(), None, made.network.address, class_index);
    let bent = tamper::swap(own, thief.address, made.operator.address);
    assert_program_error(made.world.run(bent, &[&thief.wallet, &made.key]), RegistryError::NotOperatorWallet);
}

#[test]
fn register_device_with_any_signature_missing_is_refused() {
    let Made { mut world, network, operator, class_index, maker, key } = Made::new();
    let payer = world.keypair();
    let wallet = operator.wallet.pubkey();
    let sound =
        register_device(payer.pubkey(), wallet, key.pubkey(), Some(maker.pubkey()), network.address, class_index);
    let without = |what: &str, address: Address| {
        Refusal::new(
            format!("no signature of the {what}"),
            tamper::unsign(sound.clone(), address),
            InstructionError::MissingRequiredSignature,
        )
    };
    let refusals = vec![
        without("payer", payer.pubkey()),
        without("operator's wallet", wallet),
        without("device's key", key.pubkey()),
        without("maker", maker.pubkey()),
    ];
    world.assert_refused(sound.clone(), &[&payer, &operator.wallet, &key, &maker], refusals);
}
