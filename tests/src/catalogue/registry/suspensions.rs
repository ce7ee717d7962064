//! Suspensions, by the authority and by oracles.

use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{
    accounts::Device,
    addresses,
    instructions::registry::{self, SuspendDeviceArgs},
};

use super::Town;
use crate::{
    World,
    catalogue::{Call, Case},
    fixtures::{DeviceFixture, Stage},
    outcome::expect_success,
};

pub fn cases() -> Vec<Case> {
    vec![
        Case::new("registry", "set_suspension", "suspend", suspend_device),
        Case::new("registry", "appeal_suspension", "", appeal_suspension),
        Case::new("registry", "set_suspension", "reinstate", reinstate_device),
        Case::new("registry", "open_suspension_case", "", open_suspension_case),
        Case::new("registry", "vote_suspension", "suspends", vote_suspension),
        Case::new("registry", "close_suspension_case", "executed", close_suspension_case),
    ]
}

fn args() -> SuspendDeviceArgs {
    SuspendDeviceArgs { reason_code: 7, evidence_hash: [0xe7; 32] }
}

fn with_twins(call: Call, town: &Town, other: &Town) -> Call {
    call.twin(town.network.address, other.network.address).twin(town.device.address, other.device.address)
}

fn suspend_device(world: &mut World) -> Call {
    let (town, other) = (Town::new(world), Town::new(world));
    let authority = &town.network.authority;
    let suspend = registry::suspend_device(authority.pubkey(), town.network.address, town.device.address, args());
    with_twins(Call::new(suspend, &[authority]), &town, &other)
}

fn suspended_towns(world: &mut World) -> (Town, Town) {
    let (town, other) = (Town::new(world), Town::new(world));
    world.suspend_device(&town.network, town.device.address);
    world.suspend_device(&other.network, other.device.address);
    (town, other)
}

fn appeal_suspension(world: &mut World) -> Call {
    let (town, other) = suspended_towns(world);
    let wallet = town.wallet();
    let appeal = registry::appeal_suspension(wallet.pubkey(), town.network.address, town.device.address, [5; 32]);
    Call::new(appeal, &[wallet])
        .twin(town.operator.address, other.operator.address)
        .twin(town.device.address, other.device.address)
}

fn reinstate_device(world: &mut World) -> Call {
    let (town, other) = suspended_towns(world);
    let authority = &town.network.authority;
    let reinstate = registry::reinstate_device(authority.pubkey(), town.network.address, town.device.address);
    with_twins(Call::new(reinstate, &[authority]), &town, &other)
}

/// A stage whose oracles may suspend the device that comes with it.
struct Court {
    stage: Stage,
    device: DeviceFixture,
    case: Address,
}

impl Court {
    fn new(world: &mut World) -> Self {
        let stage = world.stage();
        world.arm_oracles(&stage);
        let (_, device) = world.device_of_new_operator(&stage.network);
        let index = world.account::<Device>(device.address).index;
        let case = addresses::suspension_case(&stage.network.address, index, &[0xe7; 32], 7);
        Self { stage, device, case }
    }

    fn open(&self) -> solana_instruction::Instruction {
        let (network, vault) = (self.stage.network.address, self.stage.vault.address);
        let oracle = self.stage.oracles[0].pubkey();
        registry::open_suspension_case(oracle, network, vault, self.device.address, 0, args())
    }

    fn vote(&self) -> solana_instruction::Instruction {
        let (network, vault) = (self.stage.network.address, self.stage.vault.address);
        registry::vote_suspension(self.stage.oracles[1].pubkey(), network, vault, self.device.address, self.case)
    }

    /// With an open case.
    fn opened(world: &mut World) -> Self {
        let court = Self::new(world);
        expect_success(world.run(court.open(), &[&court.stage.oracles[0]]));
        court
    }

    fn with_twins(&self, call: Call, other: &Self) -> Call {
        call.twin(self.stage.network.address, other.stage.network.address)
            .twin(self.stage.vault.address, other.stage.vault.address)
            .twin(self.case, other.case)
    }
}

fn open_suspension_case(world: &mut World) -> Call {
    let (court, other) = (Court::new(world), Court::new(world));
    let call = Call::new(court.open(), &[&court.stage.oracles[0]]);
    court.with_twins(call, &other).twin(court.device.address, other.device.address)
}

fn vote_suspension(world: &mut World) -> Call {
    let (court, other) = (Court::opened(world), Court::opened(world));
    let call = Call::new(court.vote(), &[&court.stage.oracles[1]]);
    court.with_twins(call, &other).twin(court.device.address, other.device.address)
}

fn close_suspension_case(world: &mut World) -> Call {
    let (court, other) = (Court::opened(world), Court::opened(world));
    for court in [&court, &other] {
        expect_success(world.run(court.vote(), &[&court.stage.oracles[1]]));
    }
    let (network, vault) = (court.stage.network.address, court.stage.vault.address);
    let close = registry::close_suspension_case(network, vault, court.stage.oracles[0].pubkey(), court.case);
    court.with_twins(Call::new(close, &[]), &other)
}
