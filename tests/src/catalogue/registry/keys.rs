//! New keys for devices.

use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    addresses,
    instructions::{
        precompile::ed25519_check,
        registry::{self, Possession},
    },
};
use trellis_core::device_key::KeyKind;

use super::{PAYER, Town};
use crate::{
    World,
    catalogue::{Call, Case},
    fixtures::{P256Keypair, ed25519_key},
    outcome::expect_success,
};

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("registry", "rotate_key", "both keys sign", |world| rotate_key(world, false)),
        Case::new("registry", "rotate_key", "ed25519 proofs", |world| rotate_key(world, true)),
        Case::new("registry", "rotate_key", "P-256 proofs", rotate_p256_key),
        Case::new("registry", "request_key_recovery", "the key signs", |world| request(world, false)),
        Case::new("registry", "request_key_recovery", "ed25519 proof", |world| request(world, true)),
        Case::new("registry", "cancel_key_recovery", "by the operator", |world| cancel(world, true)),
        Case::new("registry", "cancel_key_recovery", "by the key", |world| cancel(world, false)),
        Case::new("registry", "complete_key_recovery", "", complete),
    ]
}

fn rotate_key(world: &mut World, by_proof: bool) -> Call {
    let (town, other) = (Town::new(world), Town::new(world));
    let new_key = world.unfunded_keypair();
    let (wallet, network, valid_until) = (town.wallet().pubkey(), town.network.address, world.now() + 60);
    let new = ed25519_key(&new_key);
    let how = if by_proof { Possession::Proof } else { Possession::Signer };
    let old = how(town.device.device_key());
    let rotate = registry::rotate_key(world.payer(), wallet, network, old, how(new), world.payer(), valid_until);
    let message = registry::key_change(&wallet, &network, &town.device.address, new, valid_until).rotation_message();
    let mut call = Call::new(rotate, &[town.wallet(), &town.device.key, &new_key])
        .any(world.payer(), PAYER)
        .twin(network, other.network.address)
        .twin(town.operator.address, other.operator.address)
        .twin(town.device.address, other.device.address);
    if by_proof {
        call = call.before([&town.device.key, &new_key].into_iter().filter_map(|key| ed25519_check(key, &message)));
    }
    call
}

fn rotate_p256_key(world: &mut World) -> Call {
    let (network, other) = (world.create_network(), Town::new(world));
    let class_index = world.create_class_with(&network, |args| args.key_kind = KeyKind::P256 as u8);
    let operator = world.register_operator(&network);
    let (old_key, new_key) = (P256Keypair::new(7), P256Keypair::new(8));
    let device = world.register_p256_device(&network, &operator, class_index, &old_key);
    let (wallet, valid_until) = (operator.wallet.pubkey(), world.now() + 60);
    let change = registry::key_change(&wallet, &network.address, &device, new_key.public(), valid_until);
    let message = change.rotation_message();
    let (old, new) = (Possession::Proof(old_key.public()), Possession::Proof(new_key.public()));
    let rotate = registry::rotate_key(world.payer(), wallet, network.address, old, new, world.payer(), valid_until);
    Call::new(rotate, &[&operator.wallet])
        .before([old_key.check(&message), new_key.check(&message)])
        .any(world.payer(), PAYER)
        .twin(network.address, other.network.address)
        .twin(operator.address, other.operator.address)
        .twin(device, other.device.address)
}

/// A town whose class has this maker.
fn made_town(world: &mut World, maker: &Keypair) -> Town {
    let town = Town::new(world);
    let class = addresses::class(&town.network.address, town.class_index);
    world.forge::<trellis_client::accounts::DeviceClass>(class, |class| class.maker = maker.pubkey());
    town
}

fn request(world: &mut World, by_proof: bool) -> Call {
    let maker = world.keypair();
    let (town, other) = (made_town(world, &maker), made_town(world, &maker));
    let new_key = world.unfunded_keypair();
    let (wallet, network, valid_until) = (town.wallet().pubkey(), town.network.address, world.now() + 60);
    let new = ed25519_key(&new_key);
    let how = if by_proof { Possession::Proof(new) } else { Possession::Signer(new) };
    let request = registry::request_key_recovery(
        wallet,
        maker.pubkey(),
        network,
        town.class_index,
        town.device.address,
        how,
        valid_until,
    );
    let message = registry::key_change(&wallet, &network, &town.device.address, new, valid_until).recovery_message();
    let class = |town: &Town| addresses::class(&town.network.address, town.class_index);
    let mut call = Call::new(request, &[town.wallet(), &maker, &new_key])
        .twin(town.operator.address, other.operator.address)
        .twin(class(&town), class(&other))
        .twin(town.device.address, other.device.address);
    if by_proof {
        call = call.before(ed25519_check(&new_key, &message));
    }
    call
}

/// A town whose device waits for the new key that comes with it.
fn recovering(world: &mut World) -> (Town, Keypair) {
    let maker = world.keypair();
    let town = made_town(world, &maker);
    let new_key = world.unfunded_keypair();
    let request = registry::request_key_recovery(
        town.wallet().pubkey(),
        maker.pubkey(),
        town.network.address,
        town.class_index,
        town.device.address,
        Possession::Signer(ed25519_key(&new_key)),
        0,
    );
    expect_success(world.run(request, &[town.wallet(), &maker, &new_key]));
    (town, new_key)
}

fn cancel(world: &mut World, by_wallet: bool) -> Call {
    let ((town, _), (other, _)) = (recovering(world), recovering(world));
    let canceller = if by_wallet { town.wallet() } else { &town.device.key };
    let cancel = registry::cancel_key_recovery(canceller.pubkey(), town.operator.address, town.device.address);
    Call::new(cancel, &[canceller])
        .twin(town.operator.address, other.operator.address)
        .twin(town.device.address, other.device.address)
}

fn complete(world: &mut World) -> Call {
    let ((town, new_key), (other, _)) = (recovering(world), recovering(world));
    world.advance(3 * 86_400);
    let (network, payer) = (town.network.address, world.payer());
    let complete = registry::complete_key_recovery(payer, network, town.device.address, &ed25519_key(&new_key), payer);
    Call::new(complete, &[])
        .any(payer, PAYER)
        .twin(network, other.network.address)
        .twin(town.device.address, other.device.address)
}
