//! How a device shows that it holds its key: by its keypair, which signs the transaction, or by a code that it has signed.

use std::path::Path;

use anyhow::Context;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::instructions::{precompile::signature_check, registry};
use trellis_core::DeviceKey;
use trellis_epoch::{
    encoding::moment,
    signatures::{self, Item},
};

use super::code::{DeviceCode, Proof, SCHEME};
use crate::{
    commands::{CheckFailed, Unusable},
    deploy::keys::read_keypair,
};

pub enum Possession {
    Keypair(Keypair),
    Code(DeviceCode),
}

impl Possession {
    /// `text` is the file of the device's keypair, or its code.
    ///
    /// # Errors
    /// It is neither.
    pub fn read(text: &str) -> Result<Self, Unusable> {
        if text.starts_with(SCHEME) {
            return Ok(Self::Code(DeviceCode::parse(text).map_err(Unusable)?));
        }
        if !Path::new(text).exists() {
            return Err(Unusable(format!(
                "the device's keypair {text} does not exist: name its file (`trellis agent init` or `solana-keygen new -o {text}` \
                 makes one), or the code that `trellis agent show` prints"
            )));
        }
        Ok(Self::Keypair(read_keypair(Path::new(text))?))
    }

    pub fn key(&self) -> DeviceKey {
        match self {
            Self::Keypair(keypair) => DeviceKey::Ed25519(keypair.pubkey().to_bytes()),
            Self::Code(code) => code.device,
        }
    }

    /// The keypair, if that is what signs.
    pub fn keypair(&self) -> Option<&Keypair> {
        match self {
            Self::Keypair(keypair) => Some(keypair),
            Self::Code(_) => None,
        }
    }

    /// The class that is asked for, or the one that the code names.
    ///
    /// # Errors
    /// Both are there, and differ.
    pub fn class(&self, asked: Option<u16>) -> Result<u16, Unusable> {
        match (self, asked) {
            (Self::Code(code), Some(asked)) if asked != code.class => Err(Unusable(format!(
                "--class is {asked}, and the device's code is for class {}: leave --class out",
                code.class
            ))),
            (Self::Code(code), _) => Ok(code.class),
            (Self::Keypair(_), asked) => Ok(asked.unwrap_or(0)),
        }
    }

    /// Errors unless a code is for this network and wallet, still good, and signed by the device.
    ///
    /// # Errors
    /// Says what is wrong with the code.
    pub fn check(&self, network: &Address, wallet: &Address, now_unix: i64) -> Result<(), CheckFailed> {
        let Self::Code(code) = self else { return Ok(()) };
        if code.network != *network {
            return Err(CheckFailed(format!("the device's code is for network {}, not for {network}", code.network)));
        }
        let again = format!("make a new one with `trellis agent show DIR --operator {wallet}`");
        let Some(proof) = &code.proof else {
            return Err(CheckFailed(format!(
                "the device's code is not signed by it: {again}, or name its keypair's file"
            )));
        };
        if proof.operator != *wallet {
            let operator = proof.operator;
            return Err(CheckFailed(format!(
                "the device's code is for the wallet {operator}, and you sign as {wallet}: {again}"
            )));
        }
        if now_unix > proof.valid_until_unix {
            let until = moment(proof.valid_until_unix);
            return Err(CheckFailed(format!("the device's code was good until {until}: {again}")));
        }
        let item = Item { key: code.device, message: message(code, proof), signature: proof.signature };
        match signatures::verify(&item) {
            true => Ok(()),
            false => Err(CheckFailed(format!("the proof in the code is not the device's signature: {again}"))),
        }
    }

    /// What registers the device, at the end of a transaction.
    ///
    /// # Errors
    /// A code has no proof; [`check`](Self::check) says so before.
    pub fn instructions(
        &self,
        payer: Address,
        wallet: Address,
        maker: Option<Address>,
        network: Address,
        class: u16,
    ) -> anyhow::Result<Vec<Instruction>> {
        let code = match self {
            Self::Keypair(keypair) => {
                return Ok(vec![registry::register_device(payer, wallet, keypair.pubkey(), maker, network, class)]);
            }
            Self::Code(code) => code,
        };
        let proof = code.proof.as_ref().context("the device's code holds no proof")?;
        let check =
            signature_check(&code.device, proof.signature, &message(code, proof)).context("the code's proof")?;
        let until = proof.valid_until_unix;
        // The check stands right before what it is for.
        let register = registry::register_device_by_proof(payer, wallet, maker, network, class, &code.device, until);
        Ok(vec![check, register])
    }
}

/// What the device has signed.
fn message(code: &DeviceCode, proof: &Proof) -> Vec<u8> {
    registry::registration(&proof.operator, &code.network, code.class, code.device, proof.valid_until_unix).message()
}
