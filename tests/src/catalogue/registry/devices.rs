//! Devices: registration, place, owner, retirement.

use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    addresses,
    instructions::{precompile::ed25519_check, registry},
};
use trellis_core::{DeviceKey, device_key::KeyKind};

use super::{PAYER, Town};
use crate::{
    World,
    catalogue::{Call, Case},
    fixtures::{P256Keypair, ed25519_key},
};

/// A cell of resolution 9.
pub const CELL: u64 = 0x0892_8308_280f_ffff;

pub fn cases() -> Vec<Case> {
    let by_proof = |case: &str, is_p256: bool, has_maker: bool| {
        Case::new("registry", "register_device", case, move |world| by_proof(world, is_p256, has_maker))
    };
    vec![
        Case::new("registry", "register_device", "", |world| register_device(world, false)),
        Case::new("registry", "register_device", "with maker", |world| register_device(world, true)),
        by_proof("by proof, ed25519", false, false),
        by_proof("by proof, P-256", true, false),
        by_proof("by proof, P-256, with maker", true, true),
        Case::new("registry", "set_location", "", set_location),
        Case::new("registry", "transfer_device", "", transfer_device),
        Case::new("registry", "retire_device", "", retire_device),
    ]
}

/// A new class of `kind` in the town's network, its maker's address if it has one.
fn class(world: &mut World, town: &Town, kind: KeyKind, maker: Option<&Keypair>) -> u16 {
    world.create_class_with(&town.network, |args| {
        args.key_kind = kind as u8;
        args.maker = maker.map(|maker| maker.pubkey()).unwrap_or_default();
    })
}

fn with_twins(call: Call, world: &World, town: &Town, other: &Town, class_index: u16, key: &DeviceKey) -> Call {
    call.any(world.payer(), PAYER)
        .twin(town.network.address, other.network.address)
        .twin(addresses::class(&town.network.address, class_index), addresses::class(&other.network.address, 0))
        .twin(town.operator.address, other.operator.address)
        .twin(addresses::device(&town.network.address, key), addresses::device(&other.network.address, key))
}

fn register_device(world: &mut World, has_maker: bool) -> Call {
    let (town, other) = (Town::new(world), Town::new(world));
    let (maker, key) = (has_maker.then(|| world.keypair()), world.unfunded_keypair());
    let class_index = class(world, &town, KeyKind::Ed25519, maker.as_ref());
    let (payer, wallet, network) = (world.payer(), town.wallet().pubkey(), town.network.address);
    let maker_address = maker.as_ref().map(|maker| maker.pubkey());
    let register = registry::register_device(payer, wallet, key.pubkey(), maker_address, network, class_index);
    let mut signers = vec![town.wallet(), &key];
    signers.extend(&maker);
    let call = Call::new(register, &signers);
    with_twins(call, world, &town, &other, class_index, &ed25519_key(&key))
}

fn by_proof(world: &mut World, is_p256: bool, has_maker: bool) -> Call {
    let (town, other) = (Town::new(world), Town::new(world));
    let (maker, ed25519, p256) = (has_maker.then(|| world.keypair()), world.unfunded_keypair(), P256Keypair::new(77));
    let (kind, key) = match is_p256 {
        true => (KeyKind::P256, p256.public()),
        false => (KeyKind::Ed25519, ed25519_key(&ed25519)),
    };
    let class_index = class(world, &town, kind, maker.as_ref());
    let (wallet, network, valid_until) = (town.wallet().pubkey(), town.network.address, world.now() + 60);
    let message = registry::registration(&wallet, &network, class_index, key, valid_until).message();
    let check = match is_p256 {
        true => Some(p256.check(&message)),
        false => ed25519_check(&ed25519, &message),
    };
    let maker_address = maker.as_ref().map(|maker| maker.pubkey());
    let register = registry::register_device_by_proof(
        world.payer(),
        wallet,
        maker_address,
        network,
        class_index,
        &key,
        valid_until,
    );
    let mut signers = vec![town.wallet()];
    signers.extend(&maker);
    let call = Call::new(register, &signers).before(check);
    with_twins(call, world, &town, &other, class_index, &key)
}

fn set_location(world: &mut World) -> Call {
    let (town, other) = (Town::new(world), Town::new(world));
    let (wallet, network) = (town.wallet().pubkey(), town.network.address);
    let place = registry::set_location(wallet, network, town.class_index, town.device.address, CELL);
    Call::new(place, &[town.wallet()])
        .twin(town.operator.address, other.operator.address)
        .twin(class_of(&town), class_of(&other))
        .twin(town.device.address, other.device.address)
}

fn class_of(town: &Town) -> Address {
    addresses::class(&town.network.address, town.class_index)
}

fn transfer_device(world: &mut World) -> Call {
    let (town, other) = (Town::new(world), Town::new(world));
    let to = world.register_operator(&town.network);
    let (from, network) = (town.wallet().pubkey(), town.network.address);
    let transfer = registry::transfer_device(from, to.wallet.pubkey(), network, town.device.address);
    Call::new(transfer, &[town.wallet(), &to.wallet])
        .twin(town.operator.address, other.operator.address)
        .twin(to.address, other.operator.address)
        .twin(town.device.address, other.device.address)
}

fn retire_device(world: &mut World) -> Call {
    let (town, other) = (Town::new(world), Town::new(world));
    let retire =
        registry::retire_device(town.wallet().pubkey(), town.network.address, town.device.address, world.payer());
    Call::new(retire, &[town.wallet()])
        .twin(town.network.address, other.network.address)
        .twin(town.operator.address, other.operator.address)
        .twin(town.device.address, other.device.address)
}
