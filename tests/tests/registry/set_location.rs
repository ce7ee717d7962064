use solana_signer::Signer;
use trellis_client::{
    accounts::{Device, DeviceClass, NO_LOCATION},
    addresses,
    instructions::registry::set_location,
};
use trellis_registry::{constants::MOVE_COOLDOWN_SECONDS, error::RegistryError, event::DeviceMoved};
use trellis_tests::{
    Outcome, Refusal, START_UNIX, World, assert_event, assert_program_error, assert_same, code, expect_success,
    fixtures::{DeviceFixture, NetworkFixture, OperatorFixture},
    refusal::NOT_WRITABLE,
    tamper,
};

/// Neighbours, of resolution 9.
const CELLS: [u64; 2] = [0x0892_8308_280f_ffff, 0x0892_8308_280b_ffff];

struct Home {
    world: World,
    network: NetworkFixture,
    operator: OperatorFixture,
    device: DeviceFixture,
}

impl Home {
    fn new() -> Self {
        let mut world = World::new();
        let network = world.create_network();
        world.create_class_with(&network, |args| args.h3_resolution = 9);
        let operator = world.register_operator(&network);
        let device = world.register_device(&network, &operator, 0);
        Self { world, network, operator, device }
    }

    fn place(&mut self, cell: u64) -> Outcome {
        let wallet = &self.operator.wallet;
        let place = set_location(wallet.pubkey(), self.network.address, 0, self.device.address, cell);
        self.world.run(place, &[wallet])
    }

    fn device(&self) -> Device {
        self.world.account(self.device.address)
    }
}

#[test]
fn set_location_for_the_first_time_places_the_device_and_counts_no_move() {
    let mut home = Home::new();
    let before = home.device();
    home.world.advance(9);
    let metadata = expect_success(home.place(CELLS[0]));
    assert_same(&home.device(), &Device { cell: CELLS[0], cell_set_unix: START_UNIX + 9, ..before });
    let event = DeviceMoved { device: home.device.address, previous_cell: 0, cell: CELLS[0], move_count: 0 };
    assert_event(&metadata, &event);
}

#[test]
fn set_location_again_waits_for_the_cooldown_and_counts_the_move() {
    let mut home = Home::new();
    expect_success(home.place(CELLS[0]));
    assert_program_error(home.place(CELLS[1]), RegistryError::MovedTooSoon);
    home.world.advance(MOVE_COOLDOWN_SECONDS - 1);
    assert_program_error(home.place(CELLS[1]), RegistryError::MovedTooSoon);
    home.world.advance(1);
    assert_program_error(home.place(CELLS[0]), RegistryError::SameCell);
    let metadata = expect_success(home.place(CELLS[1]));
    let event = DeviceMoved { device: home.device.address, previous_cell: CELLS[0], cell: CELLS[1], move_count: 1 };
    assert_event(&metadata, &event);
    assert_program_error(home.place(CELLS[0]), RegistryError::MovedTooSoon);
}

#[test]
fn set_location_in_what_is_no_cell_of_the_classs_resolution_is_refused() {
    let mut home = Home::new();
    for number in [0, 1, u64::MAX, CELLS[0] | 1 << 63] {
        assert_program_error(home.place(number), RegistryError::InvalidCell);
    }
    for cell in [0x0800_9fff_ffff_ffff, 0x08a1_fb46_622d_ffff] {
        assert_program_error(home.place(cell), RegistryError::WrongResolution);
    }
}

#[test]
fn set_location_in_a_class_without_locations_is_refused() {
    let mut home = Home::new();
    let class = addresses::class(&home.network.address, 0);
    home.world.forge::<DeviceClass>(class, |account| account.h3_resolution = NO_LOCATION);
    assert_program_error(home.place(CELLS[0]), RegistryError::ClassWithoutLocation);
}

#[test]
fn set_location_by_anybody_but_the_operator_is_refused() {
    let mut home = Home::new();
    let thief = home.world.register_operator(&home.network);
    // With an operator account of his own, and with the victim's.
    let own = set_location(thief.wallet.pubkey(), home.network.address, 0, home.device.address, CELLS[0]);
    assert_program_error(home.world.run(own.clone(), &[&thief.wallet]), RegistryError::WrongOperator);
    let bent = tamper::swap(own, thief.address, home.operator.address);
    assert_program_error(home.world.run(bent, &[&thief.wallet]), RegistryError::NotOperatorWallet);
}

#[test]
fn set_location_with_bent_accounts_is_refused() {
    let mut home = Home::new();
    let other = home.world.create_network();
    home.world.create_class_with(&other, |args| args.h3_resolution = 9);
    home.world.create_class_with(&home.network, |args| args.h3_resolution = 9);
    let address = home.network.address;
    let class = addresses::class(&address, 0);
    let sound = set_location(home.operator.wallet.pubkey(), address, 0, home.device.address, CELLS[0]);
    let mut refusals = Vec::new();
    for account in [home.operator.address, class, home.device.address] {
        refusals.extend(home.world.impostors(&sound, account));
    }
    let swapped = |to| tamper::swap(sound.clone(), class, to);
    refusals.extend([
        Refusal::new(
            "another network's class",
            swapped(addresses::class(&other.address, 0)),
            code(RegistryError::WrongNetwork),
        ),
        Refusal::new("another class", swapped(addresses::class(&address, 1)), code(RegistryError::WrongClass)),
        Refusal::new("not writable", tamper::read_only(sound.clone(), home.device.address), NOT_WRITABLE),
    ]);
    home.world.assert_refused(sound.clone(), &[&home.operator.wallet], refusals);
}

#[test]
fn set_location_after_the_last_move_is_refused() {
    let mut home = Home::new();
    home.world.forge::<Device>(home.device.address, |account| {
        (account.cell, account.move_count) = (CELLS[0], u32::MAX);
    });
    home.world.set_time(START_UNIX + MOVE_COOLDOWN_SECONDS);
    assert_program_error(home.place(CELLS[1]), RegistryError::CounterExhausted);
}
