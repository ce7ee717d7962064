use solana_instruction::error::InstructionError;
use solana_signer::Signer;
use trellis_client::{
    accounts::{Device, Operator},
    instructions::registry::transfer_device,
};
use trellis_registry::{error::RegistryError, event::DeviceTransferred};
use trellis_tests::{
    Outcome, Refusal, START_UNIX, World, assert_error, assert_event, assert_program_error, assert_same, code,
    expect_success,
    fixtures::{DeviceFixture, NetworkFixture, OperatorFixture},
    refusal::{DUPLICATE_WRITABLE, NOT_WRITABLE},
    tamper,
};

/// Two devices of a bond of 5 with the seller, none with the buyer.
struct Sale {
    world: World,
    network: NetworkFixture,
    seller: OperatorFixture,
    buyer: OperatorFixture,
    device: DeviceFixture,
}

impl Sale {
    fn new() -> Self {
        let mut world = World::new();
        let network = world.create_network();
        world.create_class_with(&network, |args| args.bond = 5);
        let (buyer, seller) = (world.register_operator(&network), world.register_operator(&network));
        world.register_device(&network, &seller, 0);
        let device = world.register_device(&network, &seller, 0);
        Self { world, network, seller, buyer, device }
    }

    fn instruction(&self) -> solana_instruction::Instruction {
        let (from, to) = (self.seller.wallet.pubkey(), self.buyer.wallet.pubkey());
        transfer_device(from, to, self.network.address, self.device.address)
    }

    fn run(&mut self) -> Outcome {
        self.world.run(self.instruction(), &[&self.seller.wallet, &self.buyer.wallet])
    }

    fn operators(&self) -> [Operator; 2] {
        [self.world.account(self.seller.address), self.world.account(self.buyer.address)]
    }
}

#[test]
fn transfer_device_moves_it_with_its_bond_and_forgets_a_pending_recovery() {
    let mut sale = Sale::new();
    sale.world.forge::<Device>(sale.device.address, |account| {
        account.recovery_key = [3; 33];
        account.recovery_effective_unix = 1;
    });
    let before = sale.world.account::<Device>(sale.device.address);
    let [seller, buyer] = sale.operators();
    sale.world.advance(3);

    let metadata = expect_success(sale.run());

    let wanted = Device {
        operator: sale.buyer.address,
        operator_index: 0,
        operator_since_unix: START_UNIX + 3,
        recovery_key: [0; 33],
        recovery_effective_unix: 0,
        ..before
    };
    assert_same(&sale.world.account::<Device>(sale.device.address), &wanted);
    let [seller_after, buyer_after] = sale.operators();
    assert_same(&seller_after, &Operator { device_count: 1, required_bond: 5, ..seller });
    assert_same(&buyer_after, &Operator { device_count: 1, required_bond: 5, ..buyer });
    let event = DeviceTransferred {
        network: sale.network.address,
        device: sale.device.address,
        from_operator_index: 1,
        to_operator_index: 0,
        bond: 5,
    };
    assert_event(&metadata, &event);
    assert_program_error(sale.run(), RegistryError::WrongOperator);
}

#[test]
fn transfer_device_that_is_suspended_is_refused() {
    let mut sale = Sale::new();
    sale.world.suspend_device(&sale.network, sale.device.address);
    assert_program_error(sale.run(), RegistryError::DeviceSuspended);
}

#[test]
fn transfer_device_to_itself_is_refused() {
    let mut sale = Sale::new();
    let wallet = &sale.seller.wallet;
    let transfer = transfer_device(wallet.pubkey(), wallet.pubkey(), sale.network.address, sale.device.address);
    assert_error(sale.world.run(transfer, &[wallet]), DUPLICATE_WRITABLE);
}

#[test]
fn transfer_device_to_an_operator_of_another_network_is_refused() {
    let mut sale = Sale::new();
    let other = sale.world.create_network();
    let abroad = sale.world.register_operator(&other);
    let bent = tamper::swap(
        tamper::swap(sale.instruction(), sale.buyer.address, abroad.address),
        sale.buyer.wallet.pubkey(),
        abroad.wallet.pubkey(),
    );
    let outcome = sale.world.run(bent, &[&sale.seller.wallet, &abroad.wallet]);
    assert_program_error(outcome, RegistryError::WrongNetwork);
}

#[test]
fn transfer_device_between_contradicting_counters_is_refused() {
    let mut sale = Sale::new();
    for (devices, bond) in [(0, 0), (2, 4), (1, 10)] {
        sale.world.forge::<Operator>(sale.seller.address, |account| {
            (account.device_count, account.required_bond) = (devices, bond);
        });
        assert_program_error(sale.run(), RegistryError::CountersContradict);
    }
}

#[test]
fn transfer_device_with_bent_accounts_is_refused() {
    let mut sale = Sale::new();
    let thief = sale.world.register_operator(&sale.network);
    let sound = sale.instruction();
    let (from, to) = (sale.seller.wallet.pubkey(), sale.buyer.wallet.pubkey());
    let mut refusals = Vec::new();
    for account in [sale.seller.address, sale.buyer.address, sale.device.address] {
        refusals.extend(sale.world.impostors(&sound, account));
        let read_only = tamper::read_only(sound.clone(), account);
        refusals.push(Refusal::new(format!("{account} not writable"), read_only, NOT_WRITABLE));
    }
    for (who, wallet) in [("seller", from), ("buyer", to)] {
        let unsigned = tamper::unsign(sound.clone(), wallet);
        let error = InstructionError::MissingRequiredSignature;
        refusals.push(Refusal::new(format!("no signature of the {who}"), unsigned, error));
        let stolen = tamper::swap(sound.clone(), wallet, thief.wallet.pubkey());
        refusals.push(Refusal::new(
            format!("the thief's signature for the {who}'s"),
            stolen,
            code(RegistryError::NotOperatorWallet),
        ));
    }
    sale.world.assert_refused(sound, &[&sale.seller.wallet, &sale.buyer.wallet, &thief.wallet], refusals);
}
