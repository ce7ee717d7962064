//! Which transactions of others the relay signs as fee payer.
//!
//! Everything that is not named here is refused. The relay's key may stand in a transaction as its fee payer and, first
//! among the accounts of three instructions, as who pays for a new account; nowhere else. So no instruction can take from
//! it more than fees and the rents that are counted here, whatever its program does.

use solana_address::Address;
use solana_message::{VersionedMessage, compiled_instruction::CompiledInstruction};
use trellis_client::{
    addresses,
    chain::{MOST_UNITS, fee_lamports},
    instructions::calls::{Call, call},
};
use trellis_core::{device_key::KeyKind, precompile};

/// Owner, device, maker, the relay, and one to spare.
const MOST_SIGNATURES: u8 = 5;
/// Tags of the compute budget program's instructions, and of the token programs' transfers.
const SET_UNIT_LIMIT: u8 = 2;
const SET_UNIT_PRICE: u8 = 3;
const TRANSFER: u8 = 3;
const TRANSFER_CHECKED: u8 = 12;
/// Of the associated token account program: makes an account unless it is there.
const CREATE_IDEMPOTENT: [u8; 1] = [1];

/// What one relay pays for.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The relay's key.
    pub relay: Address,
    pub network: Address,
    pub vault: Address,
    pub mint: Address,
    /// The mint's.
    pub token_program: Address,
    /// Where fees in tokens are paid to.
    pub relay_tokens: Address,
    /// Most for a compute unit.
    pub max_micro_lamports: u64,
    pub creates_accounts: bool,
}

/// What a transaction that the rules allow does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Whose devices, operator or token account the relay would pay for.
    pub owner: Option<Address>,
    pub operators: u32,
    pub devices: u32,
    pub token_accounts: u32,
    pub locations: u32,
    pub claims: u32,
    /// Paid to the relay.
    pub tokens: u64,
    pub fee_lamports: u64,
}

/// Why a transaction is not signed. Places of instructions count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the transaction takes accounts from lookup tables, which the relay does not follow: name all of them")]
    LookupTables,
    #[error("the transaction is of a version that the relay does not know: make it legacy or version 0")]
    UnknownVersion,
    #[error("the fee payer is {payer}, not the relay's key {relay}")]
    OtherPayer { payer: String, relay: Address },
    #[error("the transaction wants {count} signatures; the relay signs with at most {MOST_SIGNATURES}")]
    TooManySignatures { count: u8 },
    #[error("instruction {place} lacks accounts or data")]
    Malformed { place: usize },
    #[error("instruction {place} calls {program}, which the relay does not pay for")]
    OtherProgram { place: usize, program: Address },
    #[error(
        "instruction {place} is none that the relay pays for: registrations of this network, its claims, fees in its tokens"
    )]
    OtherInstruction { place: usize },
    #[error("instruction {place} names {found}, and this relay works for {wanted}")]
    Foreign { place: usize, found: Address, wanted: Address },
    #[error("instruction {place} names the relay's key where it is not asked to pay for a registration")]
    NamesRelay { place: usize },
    #[error("instruction {place} registers for {other}, and another one for {owner}: one owner in a transaction")]
    TwoOwners { place: usize, owner: Address, other: Address },
    #[error("the transaction offers {price} micro-lamports for a compute unit; this relay pays at most {most}")]
    PriceTooHigh { price: u64, most: u64 },
}

struct Reading<'a> {
    rules: &'a Rules,
    keys: &'a [Address],
    allowed: Allowed,
    unit_limit: u32,
    price: u64,
    /// Signatures that precompiles check cost as much as the transaction's own.
    signatures: u64,
}

impl Rules {
    /// What the transaction does, if the relay may sign it.
    pub fn check(&self, message: &VersionedMessage) -> Result<Allowed, Refusal> {
        match message {
            VersionedMessage::Legacy(_) => {}
            VersionedMessage::V0(message) if message.address_table_lookups.is_empty() => {}
            VersionedMessage::V0(_) => return Err(Refusal::LookupTables),
            VersionedMessage::V1(_) => return Err(Refusal::UnknownVersion),
        }
        let (keys, count) = (message.static_account_keys(), message.header().num_required_signatures);
        if keys.first() != Some(&self.relay) {
            let payer = keys.first().map_or_else(|| "nobody".to_owned(), Address::to_string);
            return Err(Refusal::OtherPayer { payer, relay: self.relay });
        }
        if count > MOST_SIGNATURES {
            return Err(Refusal::TooManySignatures { count });
        }
        let mut reading = Reading {
            rules: self,
            keys,
            allowed: Allowed::default(),
            unit_limit: MOST_UNITS,
            price: 0,
            signatures: u64::from(count),
        };
        for (place, instruction) in (1..).zip(message.instructions()) {
            reading.take(place, instruction)?;
        }
        if reading.price > self.max_micro_lamports {
            return Err(Refusal::PriceTooHigh { price: reading.price, most: self.max_micro_lamports });
        }
        let fee_lamports = fee_lamports(reading.signatures, reading.unit_limit, reading.price);
        Ok(Allowed { fee_lamports, ..reading.allowed })
    }
}

impl Reading<'_> {
    fn take(&mut self, place: usize, instruction: &CompiledInstruction) -> Result<(), Refusal> {
        let key = |index: &u8| self.keys.get(usize::from(*index)).copied().ok_or(Refusal::Malformed { place });
        let program = key(&instruction.program_id_index)?;
        let accounts: Vec<Address> = instruction.accounts.iter().map(key).collect::<Result<_, _>>()?;
        let data = instruction.data.as_slice();
        // Only who pays for an account may be the relay, and only where that is looked at below.
        let pays = self.pays(&program, data);
        if accounts.iter().skip(usize::from(pays)).any(|account| *account == self.rules.relay) {
            return Err(Refusal::NamesRelay { place });
        }
        let of_precompile = [KeyKind::Ed25519, KeyKind::P256].map(precompile::program_of);
        if program == solana_sdk_ids::compute_budget::ID {
            self.budget(place, data)
        } else if of_precompile.contains(&program.as_array()) {
            self.signatures = self.signatures.saturating_add(data.first().copied().unwrap_or(0).into());
            Ok(())
        } else if program == self.rules.token_program {
            self.transfer(place, &accounts, data)
        } else if program == addresses::ASSOCIATED_TOKEN_ID {
            self.token_account(place, &accounts, data)
        } else {
            self.trellis(place, &program, &accounts, data)
        }
    }

    /// May the first account be the relay, who pays for a new one?
    fn pays(&self, program: &Address, data: &[u8]) -> bool {
        *program == addresses::ASSOCIATED_TOKEN_ID
            || matches!(call(program, data), Call::RegisterOperator | Call::RegisterDevice)
    }

    fn trellis(&mut self, place: usize, program: &Address, accounts: &[Address], data: &[u8]) -> Result<(), Refusal> {
        let rules = self.rules;
        match call(program, data) {
            Call::RegisterOperator => {
                self.wants(place, accounts.get(2), rules.network)?;
                self.owned_by(place, accounts.get(1))?;
                self.allowed.operators += 1;
            }
            Call::RegisterDevice => {
                self.wants(place, accounts.get(4), rules.network)?;
                self.owned_by(place, accounts.get(1))?;
                self.allowed.devices += 1;
            }
            Call::SetLocation => {
                let wallet = accounts.first().ok_or(Refusal::Malformed { place })?;
                self.wants(place, accounts.get(1), addresses::operator(&rules.network, wallet))?;
                self.owned_by(place, Some(wallet))?;
                self.allowed.locations += 1;
            }
            Call::Claim | Call::ClaimRange => {
                self.wants(place, accounts.first(), rules.vault)?;
                self.allowed.claims += 1;
            }
            Call::Other if [trellis_client::REGISTRY_ID, trellis_client::REWARDS_ID].contains(program) => {
                return Err(Refusal::OtherInstruction { place });
            }
            Call::Other => return Err(Refusal::OtherProgram { place, program: *program }),
        }
        Ok(())
    }

    fn wants(&self, place: usize, found: Option<&Address>, wanted: Address) -> Result<(), Refusal> {
        let found = *found.ok_or(Refusal::Malformed { place })?;
        match found == wanted {
            true => Ok(()),
            false => Err(Refusal::Foreign { place, found, wanted }),
        }
    }

    fn owned_by(&mut self, place: usize, wallet: Option<&Address>) -> Result<(), Refusal> {
        let other = *wallet.ok_or(Refusal::Malformed { place })?;
        match *self.allowed.owner.get_or_insert(other) {
            owner if owner == other => Ok(()),
            owner => Err(Refusal::TwoOwners { place, owner, other }),
        }
    }

    fn budget(&mut self, place: usize, data: &[u8]) -> Result<(), Refusal> {
        let wrong = || Refusal::OtherInstruction { place };
        match data.split_first() {
            Some((&SET_UNIT_LIMIT, units)) => {
                self.unit_limit = u32::from_le_bytes(units.try_into().map_err(|_| wrong())?);
            }
            Some((&SET_UNIT_PRICE, price)) => {
                self.price = u64::from_le_bytes(price.try_into().map_err(|_| wrong())?);
            }
            _ => return Err(wrong()),
        }
        Ok(())
    }

    /// A fee in tokens. Whose they are is the token program's to check: the relay's key is not among the accounts.
    fn transfer(&mut self, place: usize, accounts: &[Address], data: &[u8]) -> Result<(), Refusal> {
        let to = match data.first() {
            Some(&TRANSFER) => accounts.get(1),
            Some(&TRANSFER_CHECKED) => accounts.get(2),
            _ => return Err(Refusal::OtherInstruction { place }),
        };
        self.wants(place, to, self.rules.relay_tokens)?;
        let amount = data.get(1..9).and_then(|bytes| bytes.try_into().ok()).ok_or(Refusal::Malformed { place })?;
        self.allowed.tokens = self.allowed.tokens.saturating_add(u64::from_le_bytes(amount));
        Ok(())
    }

    fn token_account(&mut self, place: usize, accounts: &[Address], data: &[u8]) -> Result<(), Refusal> {
        if data != CREATE_IDEMPOTENT || !self.rules.creates_accounts {
            return Err(Refusal::OtherInstruction { place });
        }
        self.wants(place, accounts.get(3), self.rules.mint)?;
        self.owned_by(place, accounts.get(2))?;
        self.allowed.token_accounts += 1;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use solana_compute_budget_interface::ComputeBudgetInstruction;
    use solana_instruction::{AccountMeta, Instruction};
    use solana_message::{AddressLookupTableAccount, Hash, Message, v0};
    use trellis_client::{
        SPL_TOKEN_ID, claims,
        instructions::{registry, rewards},
    };

    use super::*;

    fn address(byte: u8) -> Address {
        Address::new_from_array([byte; 32])
    }

    const RELAY: Address = Address::new_from_array([1; 32]);
    const OWNER: Address = Address::new_from_array([2; 32]);

    fn rules() -> Rules {
        Rules {
            relay: RELAY,
            network: address(10),
            vault: address(11),
            mint: address(12),
            token_program: SPL_TOKEN_ID,
            relay_tokens: address(13),
            max_micro_lamports: 1_000,
            creates_accounts: true,
        }
    }

    fn check(instructions: &[Instruction]) -> Result<Allowed, Refusal> {
        rules().check(&VersionedMessage::Legacy(Message::new(instructions, Some(&RELAY))))
    }

    fn register_operator() -> Instruction {
        registry::register_operator(RELAY, OWNER, rules().network, OWNER)
    }

    fn register_device(key: u8) -> Instruction {
        registry::register_device(RELAY, OWNER, address(key), None, rules().network, 0)
    }

    fn claim(vault: Address) -> Instruction {
        let args = rewards::ClaimArgs { epoch: 0, operator_index: 0, cumulative: 1, proof: vec![] };
        rewards::claim(vault, address(20), args)
    }

    fn transfer(to: Address, authority: Address, amount: u64) -> Instruction {
        let accounts = vec![
            AccountMeta::new(address(20), false),
            AccountMeta::new(to, false),
            AccountMeta::new_readonly(authority, true),
        ];
        let data = [&[TRANSFER][..], &amount.to_le_bytes()].concat();
        Instruction { program_id: SPL_TOKEN_ID, accounts, data }
    }

    fn system(tag: u32, accounts: Vec<AccountMeta>) -> Instruction {
        Instruction { program_id: solana_sdk_ids::system_program::ID, accounts, data: tag.to_le_bytes().to_vec() }
    }

    #[test]
    fn registrations_and_claims_of_the_network_are_allowed_and_counted() {
        let create = claims::create_payout_account(&RELAY, &OWNER, &rules().mint);
        let place = registry::set_location(OWNER, rules().network, 0, address(30), 7);
        let limit = ComputeBudgetInstruction::set_compute_unit_limit(100_000);
        let price = ComputeBudgetInstruction::set_compute_unit_price(1_000);
        let found =
            check(&[limit, price, create, register_operator(), register_device(21), register_device(22), place]);
        // Relay, owner and two devices sign.
        let wanted = Allowed {
            owner: Some(OWNER),
            operators: 1,
            devices: 2,
            token_accounts: 1,
            locations: 1,
            fee_lamports: 20_100,
            ..Allowed::default()
        };
        assert_eq!(found.unwrap(), wanted);
        let found = check(&[claim(rules().vault), transfer(rules().relay_tokens, OWNER, 500)]).unwrap();
        assert_eq!((found.claims, found.tokens, found.owner, found.fee_lamports), (1, 500, None, 10_000));
    }

    #[test]
    fn device_that_proved_itself_beforehand_costs_its_signature() {
        let key = trellis_core::DeviceKey::P256([2; 33]);
        let proof = trellis_client::instructions::precompile::signature_check(&key, [1; 64], b"message").unwrap();
        let register = registry::register_device_by_proof(RELAY, OWNER, None, rules().network, 0, &key, 9);
        assert_eq!(check(&[proof, register]).unwrap().fee_lamports, 15_000);
    }

    #[test]
    fn everything_else_is_refused_in_words() {
        let other = address(99);
        let foreign_operator = registry::register_operator(RELAY, OWNER, other, OWNER);
        let foreign_device = registry::register_device(RELAY, OWNER, address(21), None, other, 0);
        let for_another = registry::register_operator(RELAY, other, rules().network, other);
        let relay_as_wallet = registry::register_operator(RELAY, RELAY, rules().network, OWNER);
        let relay_pays_tokens = transfer(rules().relay_tokens, RELAY, 1);
        let drain = system(2, vec![AccountMeta::new(RELAY, true), AccountMeta::new(OWNER, false)]);
        let nonce = system(4, vec![AccountMeta::new(address(40), false), AccountMeta::new_readonly(OWNER, true)]);
        let foreign_account = claims::create_payout_account(&RELAY, &OWNER, &other);
        let mut plain_create = claims::create_payout_account(&RELAY, &OWNER, &rules().mint);
        plain_create.data = vec![];
        let approve = Instruction { data: vec![4, 0, 0, 0, 0, 0, 0, 0, 0], ..transfer(rules().relay_tokens, OWNER, 1) };
        let short = Instruction { data: vec![TRANSFER, 1], ..transfer(rules().relay_tokens, OWNER, 1) };
        let mut bare = register_device(21);
        bare.accounts.truncate(3);
        let mut relay_slipped_in = claim(rules().vault);
        relay_slipped_in.accounts.push(AccountMeta::new(RELAY, true));
        let mut relay_first = claim(RELAY);
        relay_first.accounts[0].is_signer = true;
        let heap = ComputeBudgetInstruction::request_heap_frame(65_536);
        for (instructions, words) in [
            (vec![foreign_operator], "this relay works for"),
            (vec![foreign_device], "this relay works for"),
            (vec![claim(other)], "this relay works for"),
            (vec![transfer(OWNER, OWNER, 1)], "this relay works for"),
            (vec![foreign_account], "this relay works for"),
            (vec![register_operator(), for_another], "instruction 2 registers for"),
            (vec![relay_as_wallet], "names the relay's key"),
            (vec![relay_pays_tokens], "names the relay's key"),
            (vec![drain], "names the relay's key"),
            (vec![relay_slipped_in], "names the relay's key"),
            (vec![relay_first], "names the relay's key"),
            (vec![register_operator(), nonce], "instruction 2 calls 11111111111111111111111111111111"),
            (vec![plain_create], "none that the relay pays for"),
            (vec![approve], "none that the relay pays for"),
            (vec![short], "instruction 1 lacks accounts or data"),
            (vec![bare], "lacks accounts"),
            (vec![registry::retire_device(OWNER, rules().network, address(30), OWNER)], "none that the relay pays for"),
            (vec![heap], "none that the relay pays for"),
            (vec![ComputeBudgetInstruction::set_compute_unit_price(1_001), register_operator()], "at most 1000"),
            ((21..=25).map(register_device).collect(), "wants 7 signatures"),
        ] {
            let refused = check(&instructions).unwrap_err().to_string();
            assert!(refused.contains(words), "{refused}");
        }
        let no_accounts = Rules { creates_accounts: false, ..rules() };
        let create = claims::create_payout_account(&RELAY, &OWNER, &rules().mint);
        let message = VersionedMessage::Legacy(Message::new(&[create], Some(&RELAY)));
        assert_eq!(no_accounts.check(&message), Err(Refusal::OtherInstruction { place: 1 }));
    }

    #[test]
    fn transaction_that_another_pays_for_or_that_hides_its_accounts_is_refused() {
        let message = Message::new(&[registry::register_operator(OWNER, OWNER, rules().network, OWNER)], Some(&OWNER));
        let refused = rules().check(&VersionedMessage::Legacy(message)).unwrap_err();
        assert_eq!(refused, Refusal::OtherPayer { payer: OWNER.to_string(), relay: RELAY });
        let register = register_operator();
        let table = AddressLookupTableAccount { key: address(50), addresses: vec![rules().network] };
        let hidden =
            v0::Message::try_compile(&RELAY, std::slice::from_ref(&register), &[table], Hash::default()).unwrap();
        assert_eq!(rules().check(&VersionedMessage::V0(hidden)), Err(Refusal::LookupTables));
        let open = v0::Message::try_compile(&RELAY, &[register], &[], Hash::default()).unwrap();
        assert_eq!(rules().check(&VersionedMessage::V0(open)).unwrap().operators, 1);
        let v1 = VersionedMessage::V1(Default::default());
        assert_eq!(rules().check(&v1), Err(Refusal::UnknownVersion));
    }
}
