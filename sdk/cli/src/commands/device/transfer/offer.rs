//! An offer: a transfer's transaction that who gives the device away has signed, and who takes it has not.

use base64::{Engine, prelude::BASE64_STANDARD};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_message::{Hash, Message, VersionedMessage};
use solana_signature::Signature;
use solana_signer::{Signer, SignerError};
use solana_system_interface::{instruction::advance_nonce_account, program::ID as SYSTEM_PROGRAM};
use solana_transaction::versioned::VersionedTransaction;
use trellis_client::{addresses, instructions::registry};
use trellis_core::DeviceKey;
use trellis_epoch::signatures;

/// The system program's instruction that advances a nonce, as it stands in a transaction.
const ADVANCE_NONCE: [u8; 4] = 4u32.to_le_bytes();

/// How long a transaction can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// About a minute: 150 blocks.
    Blockhash(Hash),
    /// Until the nonce is advanced, which only the giver can.
    Nonce { account: Address, value: Hash },
}

/// What is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    pub network: Address,
    /// The device's account.
    pub device: Address,
    /// Gives the device away, and pays.
    pub from: Address,
    pub to: Address,
    /// `to` is no operator of the network yet, and becomes one.
    pub makes_operator: bool,
    pub lifetime: Lifetime,
}

/// Why an offer is not to be accepted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OfferError {
    #[error("this is no offer: what `trellis device transfer … --sign-only` printed is wanted, whole")]
    NotAnOffer,
    #[error("this is your own offer, and {to} is who can accept it")]
    OwnOffer { to: Address },
    #[error(
        "the offer is to {to}, and you sign as {own}: name the right keypair with --keypair, or ask for another offer"
    )]
    OtherTaker { to: Address, own: Address },
    #[error("the offer is not for this device in this network: ask its giver which device and network it is for")]
    OtherDevice,
    #[error(
        "there is something else in it than the transfer of this device: do not sign it, and do not trust its giver"
    )]
    NotATransfer,
    #[error("the signature is not that of {from}, for what the offer says now: it was changed after it was signed")]
    BadSignature { from: Address },
}

impl Offer {
    /// All that the transaction does.
    pub fn instructions(&self) -> Vec<Instruction> {
        let Self { network, device, from, to, .. } = *self;
        let mut instructions = Vec::new();
        if let Lifetime::Nonce { account, .. } = self.lifetime {
            instructions.push(advance_nonce_account(&account, &from));
        }
        if self.makes_operator {
            instructions.push(registry::register_operator(from, to, network, to));
        }
        instructions.push(registry::transfer_device(from, to, network, device));
        instructions
    }

    fn message(&self) -> Message {
        let (Lifetime::Blockhash(hash) | Lifetime::Nonce { value: hash, .. }) = self.lifetime;
        Message::new_with_blockhash(&self.instructions(), Some(&self.from), &hash)
    }

    /// Signed by `from`, whose key `giver` is, in base64.
    pub fn sign(&self, giver: &dyn Signer) -> Result<String, SignerError> {
        let message = VersionedMessage::Legacy(self.message());
        let signatures = vec![giver.try_sign_message(&message.serialize())?, Signature::default()];
        let bytes = wincode::serialize(&VersionedTransaction { signatures, message });
        Ok(BASE64_STANDARD.encode(bytes.map_err(|error| SignerError::Custom(error.to_string()))?))
    }

    /// Reads an offer of a device to `own`, which must be that and nothing else: what it says is made again here, and
    /// compared byte by byte.
    pub fn read(text: &str, network: &Address, key: &DeviceKey, own: &Address) -> Result<Unaccepted, OfferError> {
        let transaction = decode(text).ok_or(OfferError::NotAnOffer)?;
        let VersionedMessage::Legacy(message) = &transaction.message else { return Err(OfferError::NotAnOffer) };
        let ([from, to, ..], 2) = (message.account_keys.as_slice(), message.header.num_required_signatures) else {
            return Err(OfferError::NotATransfer);
        };
        let (from, to) = (*from, *to);
        if from == *own {
            return Err(OfferError::OwnOffer { to });
        }
        if to != *own {
            return Err(OfferError::OtherTaker { to, own: *own });
        }
        let device = addresses::device(network, key);
        if !message.account_keys.contains(&device) {
            return Err(OfferError::OtherDevice);
        }
        let nonce = nonce_of(message);
        let lifetime = match nonce {
            Some(account) => Lifetime::Nonce { account, value: message.recent_blockhash },
            None => Lifetime::Blockhash(message.recent_blockhash),
        };
        let makes_operator = message.instructions.len() == 2 + usize::from(nonce.is_some());
        let offer = Self { network: *network, device, from, to, makes_operator, lifetime };
        if offer.message() != *message {
            return Err(OfferError::NotATransfer);
        }
        let signature = transaction.signatures.first().copied().unwrap_or_default();
        let signed = signatures::Item {
            key: DeviceKey::Ed25519(from.to_bytes()),
            message: transaction.message.serialize(),
            signature: signature.into(),
        };
        match signatures::verify(&signed) {
            true => Ok(Unaccepted { offer, transaction }),
            false => Err(OfferError::BadSignature { from }),
        }
    }
}

/// An offer as it was read, and checked.
#[derive(Debug)]
pub struct Unaccepted {
    pub offer: Offer,
    transaction: VersionedTransaction,
}

impl Unaccepted {
    /// The whole transaction, signed by `to` too, whose key `taker` is.
    pub fn accept(mut self, taker: &dyn Signer) -> Result<VersionedTransaction, SignerError> {
        let signature = taker.try_sign_message(&self.transaction.message.serialize())?;
        if let Some(second) = self.transaction.signatures.get_mut(1) {
            *second = signature;
        }
        Ok(self.transaction)
    }
}

/// `None` if it is no transaction in base64, or not the only encoding of one.
fn decode(text: &str) -> Option<VersionedTransaction> {
    let bytes = BASE64_STANDARD.decode(text.split_whitespace().collect::<String>()).ok()?;
    let transaction: VersionedTransaction = wincode::deserialize(&bytes).ok()?;
    transaction.sanitize().ok()?;
    (wincode::serialize(&transaction).ok()? == bytes).then_some(transaction)
}

/// The nonce account that the transaction lives by.
fn nonce_of(message: &Message) -> Option<Address> {
    let first = message.instructions.first()?;
    let program = message.account_keys.get(usize::from(first.program_id_index))?;
    let account = message.account_keys.get(usize::from(*first.accounts.first()?))?;
    (*program == SYSTEM_PROGRAM && first.data == ADVANCE_NONCE).then_some(*account)
}

#[cfg(test)]
mod tests;
