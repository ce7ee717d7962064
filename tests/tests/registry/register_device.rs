//! The account that it writes, replays, counters, and accounts that do not belong together. Who must sign is in
//! `register_device_authority`.

use bytemuck::Zeroable;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction, error::InstructionError};
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    REGISTRY_ID, SPL_TOKEN_ID,
    accounts::{DEVICE_ACTIVE, Device, DeviceClass, Network, Operator},
    addresses,
    instructions::registry::{register_device, register_device_by_proof},
};
use trellis_core::{DeviceKey, device_key::KeyKind, pda};
use trellis_registry::{constants::ACCOUNT_VERSION, error::RegistryError, event::DeviceRegistered};
use trellis_tests::{
    Refusal, START_UNIX, World, assert_error, assert_event, assert_program_error, assert_same, code, expect_success,
    fixtures::{NetworkFixture, OperatorFixture, P256Keypair, ed25519_key},
    refusal::{ACCOUNT_IN_USE, NOT_WRITABLE, TOO_FEW_ACCOUNTS},
    tamper,
};

/// Place of the device's key among the accounts.
const DEVICE_KEY: usize = 2;

/// A network with a class and an operator who are not the first, and a key to register.
struct Prepared {
    world: World,
    network: NetworkFixture,
    operator: OperatorFixture,
    class_index: u16,
    key: Keypair,
}

impl Prepared {
    fn new() -> Self {
        let mut world = World::new();
        let network = world.create_network();
        world.create_class(&network);
        world.register_operator(&network);
        let class_index = world.create_class_with(&network, |args| args.bond = 5);
        let operator = world.register_operator(&network);
        let key = world.unfunded_keypair();
        Self { world, network, operator, class_index, key }
    }

    fn instruction(&self) -> Instruction {
        let (wallet, key) = (self.operator.wallet.pubkey(), self.key.pubkey());
        register_device(self.world.payer(), wallet, key, None, self.network.address, self.class_index)
    }

    fn run(&mut self, instruction: Instruction) -> trellis_tests::Outcome {
        self.world.run(instruction, &[&self.operator.wallet, &self.key])
    }
}

#[test]
fn register_device_with_sound_accounts_writes_every_field() {
    let mut prepared = Prepared::new();
    let (network, operator) = (prepared.network.address, prepared.operator.address);
    let network_before = prepared.world.account::<Network>(network);
    let operator_before = prepared.world.account::<Operator>(operator);
    prepared.world.advance(77);

    let metadata = expect_success(prepared.run(prepared.instruction()));

    let key = prepared.key.pubkey().to_bytes();
    let seeds: [&[u8]; 3] = [pda::DEVICE, network.as_array(), &key];
    let (address, bump) = Address::find_program_address(&seeds, &REGISTRY_ID);
    let world = &prepared.world;
    let wanted = Device {
        network,
        operator,
        rent_payer: world.payer(),
        key: ed25519_key(&prepared.key).padded(),
        bond: 5,
        registered_unix: START_UNIX + 77,
        key_since_unix: START_UNIX + 77,
        operator_since_unix: START_UNIX + 77,
        index: 0,
        operator_index: 1,
        class_index: 1,
        key_kind: 0,
        status: DEVICE_ACTIVE,
        version: ACCOUNT_VERSION,
        bump,
        ..Device::zeroed()
    };
    assert_same(&world.account::<Device>(address), &wanted);
    assert_same(&world.account::<Network>(network), &Network { device_count: 1, ..network_before });
    assert_same(
        &world.account::<Operator>(operator),
        &Operator { device_count: 1, required_bond: 5, ..operator_before },
    );
    let event = DeviceRegistered {
        network,
        device: address,
        key_kind: 0,
        key: wanted.key,
        operator_index: 1,
        class_index: 1,
        index: 0,
        bond: 5,
        rent_payer: world.payer(),
    };
    assert_event(&metadata, &event);
}

#[test]
fn register_device_of_several_devices_counts_them_by_network_and_operator() {
    let Prepared { mut world, network, operator, class_index, .. } = Prepared::new();
    let other = world.register_operator(&network);
    let owners = [&operator, &other, &operator];
    for (index, owner) in (0..).zip(owners) {
        let device = world.register_device(&network, owner, class_index);
        let device = world.account::<Device>(device.address);
        assert_eq!((device.index, device.operator_index), (index, owner.index));
    }
    assert_eq!(world.account::<Network>(network.address).device_count, 3);
    assert_eq!(world.account::<Operator>(operator.address).device_count, 2);
    assert_eq!(world.account::<Operator>(other.address).device_count, 1);
}

#[test]
fn register_device_twice_is_refused_for_its_operator_and_for_any_other() {
    let mut prepared = Prepared::new();
    expect_success(prepared.run(prepared.instruction()));
    assert_error(prepared.run(prepared.instruction()), ACCOUNT_IN_USE);
    prepared.operator = prepared.world.register_operator(&prepared.network);
    assert_error(prepared.run(prepared.instruction()), ACCOUNT_IN_USE);
    assert_eq!(prepared.world.account::<Network>(prepared.network.address).device_count, 1);
}

#[test]
fn register_device_in_two_networks_succeeds() {
    let mut prepared = Prepared::new();
    expect_success(prepared.run(prepared.instruction()));
    prepared.network = prepared.world.create_network();
    prepared.class_index = prepared.world.create_class(&prepared.network);
    prepared.operator = prepared.world.register_operator(&prepared.network);
    expect_success(prepared.run(prepared.instruction()));
}

#[test]
fn register_device_after_the_networks_last_index_is_refused() {
    let mut prepared = Prepared::new();
    prepared.world.forge::<Network>(prepared.network.address, |account| account.device_count = u32::MAX);
    assert_program_error(prepared.run(prepared.instruction()), RegistryError::CounterExhausted);
}

#[test]
fn register_device_after_the_operators_last_device_is_refused() {
    let mut prepared = Prepared::new();
    prepared.world.forge::<Operator>(prepared.operator.address, |account| account.device_count = u32::MAX);
    assert_program_error(prepared.run(prepared.instruction()), RegistryError::CounterExhausted);
}

#[test]
fn register_device_on_accounts_of_another_version_is_refused() {
    let mut prepared = Prepared::new();
    prepared.world.forge::<Network>(prepared.network.address, |account| account.version = 2);
    assert_program_error(prepared.run(prepared.instruction()), RegistryError::UnknownVersion);

    let mut prepared = Prepared::new();
    prepared.world.forge::<Operator>(prepared.operator.address, |account| account.version = 2);
    assert_program_error(prepared.run(prepared.instruction()), RegistryError::UnknownVersion);
}

#[test]
fn register_device_with_a_class_of_another_network_is_refused() {
    let mut prepared = Prepared::new();
    let other = prepared.world.create_network();
    let class_index = prepared.world.create_class(&other);
    let own = addresses::class(&prepared.network.address, prepared.class_index);
    let bent = tamper::swap(prepared.instruction(), own, addresses::class(&other.address, class_index));
    assert_program_error(prepared.run(bent), RegistryError::WrongNetwork);
}

#[test]
fn register_device_with_an_operator_of_another_network_is_refused() {
    let mut prepared = Prepared::new();
    let other = prepared.world.create_network();
    let own = prepared.operator;
    prepared.operator = prepared.world.register_operator(&other);
    let bent = tamper::swap(
        prepared.instruction(),
        addresses::operator(&prepared.network.address, &prepared.operator.wallet.pubkey()),
        prepared.operator.address,
    );
    assert_program_error(prepared.run(bent), RegistryError::WrongNetwork);
    prepared.operator = own;
    expect_success(prepared.run(prepared.instruction()));
}

#[test]
fn register_device_with_bent_accounts_is_refused() {
    let mut prepared = Prepared::new();
    let other = prepared.world.create_network();
    let sound = prepared.instruction();
    let network = prepared.network.address;
    let class = addresses::class(&network, prepared.class_index);
    let device = addresses::device(&network, &ed25519_key(&prepared.key));
    let mut refusals = Vec::new();
    for address in [network, class, prepared.operator.address] {
        refusals.extend(prepared.world.impostors(&sound, address));
    }
    let system = solana_sdk_ids::system_program::ID;
    let copy = || sound.clone();
    refusals.extend([
        Refusal::new("a network that is not writable", tamper::read_only(copy(), network), NOT_WRITABLE),
        Refusal::new(
            "an operator that is not writable",
            tamper::read_only(copy(), prepared.operator.address),
            NOT_WRITABLE,
        ),
        Refusal::new("a device that is not writable", tamper::read_only(copy(), device), NOT_WRITABLE),
        Refusal::new(
            "another key's device",
            tamper::swap(copy(), device, addresses::device(&network, &DeviceKey::Ed25519([9; 32]))),
            InstructionError::InvalidSeeds,
        ),
        Refusal::new(
            "another network",
            tamper::swap(copy(), network, other.address),
            code(RegistryError::WrongNetwork),
        ),
        Refusal::new(
            "another program",
            tamper::swap(copy(), system, SPL_TOKEN_ID),
            InstructionError::IncorrectProgramId,
        ),
        Refusal::new("an account too few", tamper::one_account_short(copy()), TOO_FEW_ACCOUNTS),
    ]);
    let key = ed25519_key(&prepared.key);
    let both =
        tamper::swap(tamper::swap(copy(), network, other.address), device, addresses::device(&other.address, &key));
    refusals.push(Refusal::new("another network and its device", both, code(RegistryError::WrongNetwork)));
    prepared.world.assert_refused(sound.clone(), &[&prepared.operator.wallet, &prepared.key], refusals);
}

#[test]
fn register_device_while_paused_or_in_an_inactive_class_is_refused() {
    let mut prepared = Prepared::new();
    let network = prepared.network.address;
    prepared.world.forge::<Network>(network, |account| account.paused = 1);
    assert_program_error(prepared.run(prepared.instruction()), RegistryError::NetworkPaused);
    prepared.world.forge::<Network>(network, |account| account.paused = 0);
    let class = addresses::class(&network, prepared.class_index);
    prepared.world.forge::<DeviceClass>(class, |account| account.active = 0);
    assert_program_error(prepared.run(prepared.instruction()), RegistryError::ClassInactive);
    prepared.world.forge::<DeviceClass>(class, |account| account.active = 1);
    expect_success(prepared.run(prepared.instruction()));
}

#[test]
fn register_device_in_a_class_whose_keys_cannot_sign_is_refused() {
    let mut prepared = Prepared::new();
    prepared.class_index =
        prepared.world.create_class_with(&prepared.network, |args| args.key_kind = KeyKind::P256 as u8);
    let key = P256Keypair::new(7).public();
    let (payer, wallet, network) =
        (prepared.world.payer(), prepared.operator.wallet.pubkey(), prepared.network.address);
    let mut register = register_device_by_proof(payer, wallet, None, network, prepared.class_index, &key, 0);
    register.accounts[DEVICE_KEY] = AccountMeta::new_readonly(prepared.key.pubkey(), true);
    assert_program_error(prepared.run(register), RegistryError::KeyCannotSign);
    // An ed25519 key is none of the class's kind.
    assert_program_error(prepared.run(prepared.instruction()), RegistryError::InvalidKey);
}

#[test]
fn register_device_in_a_class_of_another_version_or_an_unknown_key_kind_is_refused() {
    let mut prepared = Prepared::new();
    let class = addresses::class(&prepared.network.address, prepared.class_index);
    prepared.world.forge::<DeviceClass>(class, |account| account.key_kind = 9);
    assert_program_error(prepared.run(prepared.instruction()), RegistryError::UnknownKeyKind);
    prepared.world.forge::<DeviceClass>(class, |account| account.version = 2);
    assert_program_error(prepared.run(prepared.instruction()), RegistryError::UnknownVersion);
}

#[test]
fn register_device_past_a_u64_of_bonds_is_refused() {
    let mut prepared = Prepared::new();
    let operator = prepared.operator.address;
    prepared.world.forge::<Operator>(operator, |account| {
        (account.device_count, account.required_bond) = (1, u64::MAX - 4);
    });
    assert_program_error(prepared.run(prepared.instruction()), RegistryError::BondOverflow);
    prepared.world.forge::<Operator>(operator, |account| account.required_bond = u64::MAX - 5);
    expect_success(prepared.run(prepared.instruction()));
    assert_eq!(prepared.world.account::<Operator>(operator).required_bond, u64::MAX);
}
