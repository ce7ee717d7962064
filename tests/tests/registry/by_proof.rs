//! An operator about to register a device by proof.

use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::instructions::{
    precompile::ed25519_check,
    registry::{register_device_by_proof, registration},
};
use trellis_core::DeviceKey;
use trellis_tests::{
    Outcome, World,
    fixtures::{NetworkFixture, OperatorFixture, P256Keypair, ed25519_key},
};

pub enum Key {
    Ed25519(Keypair),
    P256(P256Keypair),
}

impl Key {
    pub fn public(&self) -> DeviceKey {
        match self {
            Self::Ed25519(key) => ed25519_key(key),
            Self::P256(key) => key.public(),
        }
    }

    pub fn check(&self, message: &[u8]) -> Instruction {
        match self {
            Self::Ed25519(key) => ed25519_check(key, message).unwrap(),
            Self::P256(key) => key.check(message),
        }
    }
}

/// A network with one class, of the key's kind and a bond of 5, and one operator.
pub struct Applicant {
    pub world: World,
    pub network: NetworkFixture,
    pub operator: OperatorFixture,
    pub key: Key,
}

impl Applicant {
    pub fn new(key: Key) -> Self {
        let mut world = World::new();
        let network = world.create_network();
        world.create_class_with(&network, |args| (args.key_kind, args.bond) = (key.public().kind() as u8, 5));
        let operator = world.register_operator(&network);
        Self { world, network, operator, key }
    }

    /// What the key signs to be registered here, for the next minute.
    pub fn message(&self) -> Vec<u8> {
        let until = self.world.now() + 60;
        registration(&self.operator.wallet.pubkey(), &self.network.address, 0, self.key.public(), until).message()
    }

    /// The registration, to stand behind a proof of [`message`](Self::message).
    pub fn instruction(&self) -> Instruction {
        let (wallet, network, until) = (self.operator.wallet.pubkey(), self.network.address, self.world.now() + 60);
        register_device_by_proof(self.world.payer(), wallet, None, network, 0, &self.key.public(), until)
    }

    pub fn send(&mut self, instructions: &[Instruction]) -> Outcome {
        let payer = self.world.payer_keypair();
        self.world.send(instructions, &[&payer, &self.operator.wallet])
    }

    pub fn register(&mut self) -> Outcome {
        let instructions = [self.key.check(&self.message()), self.instruction()];
        self.send(&instructions)
    }
}
