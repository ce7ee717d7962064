use solana_signer::Signer;
use trellis_client::{
    accounts::{Device, Network, Operator},
    instructions::registry::{register_device, retire_device},
};
use trellis_registry::{error::RegistryError, event::DeviceRetired};
use trellis_tests::{
    Outcome, Refusal, World, assert_event, assert_program_error, assert_same, code, expect_success,
    fixtures::{DeviceFixture, NetworkFixture, OperatorFixture},
    refusal::NOT_WRITABLE,
    tamper,
};

struct Old {
    world: World,
    network: NetworkFixture,
    operator: OperatorFixture,
    device: DeviceFixture,
}

impl Old {
    /// An operator with two devices of a bond of 5, the second of which is to go.
    fn new() -> Self {
        let mut world = World::new();
        let network = world.create_network();
        world.create_class_with(&network, |args| args.bond = 5);
        let operator = world.register_operator(&network);
        world.register_device(&network, &operator, 0);
        let device = world.register_device(&network, &operator, 0);
        Self { world, network, operator, device }
    }

    fn instruction(&self) -> solana_instruction::Instruction {
        let (wallet, payer) = (self.operator.wallet.pubkey(), self.world.payer());
        retire_device(wallet, self.network.address, self.device.address, payer)
    }

    fn run(&mut self) -> Outcome {
        self.world.run(self.instruction(), &[&self.operator.wallet])
    }
}

#[test]
fn retire_device_closes_it_pays_the_rent_back_and_releases_the_bond() {
    let mut old = Old::new();
    let sponsor = old.world.keypair();
    old.world.forge::<Device>(old.device.address, |account| account.rent_payer = sponsor.pubkey());
    let (network, operator) = (old.network.address, old.operator.address);
    let network_before = old.world.account::<Network>(network);
    let operator_before = old.world.account::<Operator>(operator);
    let (rent, funds) = (old.world.lamports(old.device.address), old.world.lamports(sponsor.pubkey()));
    // The operator cannot take the sponsor's rent.
    assert_program_error(old.run(), RegistryError::WrongRentPayer);

    let retire = retire_device(old.operator.wallet.pubkey(), network, old.device.address, sponsor.pubkey());
    let metadata = expect_success(old.world.run(retire, &[&old.operator.wallet]));

    assert!(old.world.find_account::<Device>(old.device.address).is_none());
    assert_eq!(old.world.lamports(sponsor.pubkey()), funds + rent);
    let after = old.world.account::<Network>(network);
    assert_same(&after, &Network { retired_device_count: 1, ..network_before });
    assert_eq!((after.device_count, after.live_device_count()), (2, 1));
    let wanted = Operator { device_count: 1, required_bond: 5, ..operator_before };
    assert_same(&old.world.account::<Operator>(operator), &wanted);
    let event = DeviceRetired {
        network,
        device: old.device.address,
        operator_index: 0,
        index: 1,
        bond: 5,
        rent_payer: sponsor.pubkey(),
    };
    assert_event(&metadata, &event);
}

#[test]
fn retire_device_whose_rent_the_operators_wallet_paid_succeeds() {
    let mut old = Old::new();
    let wallet = &old.operator.wallet;
    let key = old.world.unfunded_keypair();
    let register = register_device(wallet.pubkey(), wallet.pubkey(), key.pubkey(), None, old.network.address, 0);
    expect_success(old.world.run(register, &[wallet, &key]));
    let device = trellis_client::addresses::device(&old.network.address, &trellis_tests::fixtures::ed25519_key(&key));
    let retire = retire_device(wallet.pubkey(), old.network.address, device, wallet.pubkey());
    expect_success(old.world.run(retire, &[wallet]));
}

#[test]
fn retire_device_then_register_its_key_again_gives_a_new_index() {
    let mut old = Old::new();
    expect_success(old.run());
    let (wallet, key, payer) = (&old.operator.wallet, &old.device.key, old.world.payer());
    let register = register_device(payer, wallet.pubkey(), key.pubkey(), None, old.network.address, 0);
    expect_success(old.world.run(register, &[wallet, key]));
    assert_eq!(old.world.account::<Device>(old.device.address).index, 2);
    let network = old.world.account::<Network>(old.network.address);
    assert_eq!((network.device_count, network.retired_device_count), (3, 1));
}

#[test]
fn retire_device_that_is_suspended_is_refused() {
    let mut old = Old::new();
    old.world.suspend_device(&old.network, old.device.address);
    assert_program_error(old.run(), RegistryError::DeviceSuspended);
}

#[test]
fn retire_device_of_contradicting_counters_is_refused() {
    let mut old = Old::new();
    let network = old.network.address;
    old.world.forge::<Network>(network, |account| account.retired_device_count = 2);
    assert_program_error(old.run(), RegistryError::CountersContradict);
    old.world.forge::<Network>(network, |account| {
        (account.device_count, account.retired_device_count) = (u32::MAX, u32::MAX);
    });
    assert_program_error(old.run(), RegistryError::CounterExhausted);
}

#[test]
fn retire_device_with_bent_accounts_is_refused() {
    let mut old = Old::new();
    let other = old.world.create_network();
    let thief = old.world.register_operator(&old.network);
    let sound = old.instruction();
    let (network, operator, device) = (old.network.address, old.operator.address, old.device.address);
    let mut refusals = Vec::new();
    for account in [network, operator, device] {
        refusals.extend(old.world.impostors(&sound, account));
        let read_only = tamper::read_only(sound.clone(), account);
        refusals.push(Refusal::new(format!("{account} not writable"), read_only, NOT_WRITABLE));
    }
    let robbed = tamper::swap(sound.clone(), old.operator.wallet.pubkey(), thief.wallet.pubkey());
    refusals.extend([
        Refusal::new(
            "another network",
            tamper::swap(sound.clone(), network, other.address),
            code(RegistryError::WrongNetwork),
        ),
        Refusal::new("another's wallet", robbed.clone(), code(RegistryError::NotOperatorWallet)),
        Refusal::new(
            "another's wallet and account",
            tamper::swap(robbed, operator, thief.address),
            code(RegistryError::WrongOperator),
        ),
    ]);
    old.world.assert_refused(sound, &[&old.operator.wallet, &thief.wallet], refusals);
}
