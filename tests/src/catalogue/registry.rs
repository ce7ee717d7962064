//! Calls of the registry.

mod devices;
mod keys;
mod networks;
mod suspensions;

use solana_keypair::Keypair;

use super::Case;
use crate::{
    World,
    fixtures::{DeviceFixture, NetworkFixture, OperatorFixture},
};

const PAYER: &str = "anybody may pay";

pub fn cases() -> Vec<Case> {
    [networks::cases(), devices::cases(), keys::cases(), suspensions::cases()].into_iter().flatten().collect()
}

/// A network with a class, whose maker signs if it names one, an operator and a device.
struct Town {
    network: NetworkFixture,
    class_index: u16,
    operator: OperatorFixture,
    device: DeviceFixture,
}

impl Town {
    /// Its class asks for a bond and for cells of resolution 9.
    fn new(world: &mut World) -> Self {
        let network = world.create_network();
        Self::of(world, network)
    }

    fn of(world: &mut World, network: NetworkFixture) -> Self {
        let class_index = world.create_class_with(&network, |args| {
            (args.bond, args.h3_resolution) = (5, 9);
        });
        let operator = world.register_operator(&network);
        let device = world.register_device(&network, &operator, class_index);
        Self { network, class_index, operator, device }
    }

    fn wallet(&self) -> &Keypair {
        &self.operator.wallet
    }
}
