//! What the signer signs, and nothing else.

use solana_address::Address;
use solana_message::Message;
use trellis_client::{REGISTRY_ID, REWARDS_ID, STAKING_ID, TOKEN_ID, chain::MOST_UNITS};
use trellis_core::receipt::ReceiptRoot;

use crate::quorum::statement::{MAX_PATH_BYTES, Statement};

/// Tags of the compute budget program's instructions.
const SET_UNIT_LIMIT: u8 = 2;
const SET_UNIT_PRICE: u8 = 3;

/// What one key may sign.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The key's own address.
    pub key: Address,
    /// The only network whose receipts are signed.
    pub network: Address,
    /// Most that a transaction may pay as priority fee.
    pub max_priority_fee_lamports: u64,
}

/// Reads a legacy message; `None` if the bytes are none, or not the only encoding of it.
pub fn message_from_bytes(bytes: &[u8]) -> Option<Message> {
    let message: Message = wincode::deserialize(bytes).ok()?;
    (message.serialize() == bytes).then_some(message)
}

impl Rules {
    /// Errors with words unless the receipts are of the network.
    pub fn check_receipts(&self, root: &ReceiptRoot) -> Result<(), String> {
        if root.network != self.network.to_bytes() {
            let other = Address::from(root.network);
            return Err(format!("the receipts are of network {other}; only those of {} are signed", self.network));
        }
        Ok(())
    }

    /// Errors with words for a request that no oracle makes.
    pub fn check_statement(&self, statement: &Statement) -> Result<(), String> {
        match statement {
            Statement::Request { path, .. } if path.len() > MAX_PATH_BYTES => {
                Err(format!("a path of {} bytes is too long: at most {MAX_PATH_BYTES}", path.len()))
            }
            Statement::Request { .. } | Statement::Offer { .. } => Ok(()),
        }
    }

    /// Errors with words unless the key alone signs and pays for it, it calls Trellis's programs and the compute budget
    /// only, and its priority fee is within the limit.
    pub fn check_transaction(&self, message: &Message) -> Result<(), String> {
        if message.header.num_required_signatures != 1 {
            let count = message.header.num_required_signatures;
            return Err(format!("the transaction needs {count} signatures; only those that need one are signed"));
        }
        let payer = message.account_keys.first();
        if payer != Some(&self.key) {
            let payer = payer.map_or_else(|| "nobody".to_owned(), Address::to_string);
            return Err(format!("the fee payer is {payer}, not this key, {}", self.key));
        }
        let (mut limit, mut price, mut calls) = (u64::from(MOST_UNITS), 0u64, 0);
        for instruction in &message.instructions {
            let program = message.account_keys.get(usize::from(instruction.program_id_index));
            let program = *program.ok_or("an instruction names an account that is not there")?;
            if program == solana_sdk_ids::compute_budget::ID {
                match instruction.data.split_first() {
                    Some((&SET_UNIT_LIMIT, units)) => limit = u64::from(u32::from_le_bytes(array(units)?)),
                    Some((&SET_UNIT_PRICE, micro_lamports)) => price = u64::from_le_bytes(array(micro_lamports)?),
                    _ => return Err("of the compute budget, only a limit and a price are signed".to_owned()),
                }
            } else if [REGISTRY_ID, STAKING_ID, TOKEN_ID, REWARDS_ID].contains(&program) {
                calls += 1;
            } else {
                return Err(format!("the transaction calls {program}, which is no program of Trellis"));
            }
        }
        if calls == 0 {
            return Err("the transaction calls no program of Trellis".to_owned());
        }
        let fee = (u128::from(limit) * u128::from(price)).div_ceil(1_000_000);
        if fee > u128::from(self.max_priority_fee_lamports) {
            let most = self.max_priority_fee_lamports;
            return Err(format!("the priority fee is {fee} lamports; at most {most} are signed"));
        }
        Ok(())
    }
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], String> {
    bytes.try_into().map_err(|_| "an instruction of the compute budget has a wrong length".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use solana_compute_budget_interface::ComputeBudgetInstruction;
    use solana_instruction::{AccountMeta, Instruction};

    use super::*;

    const KEY: Address = Address::new_from_array([1; 32]);
    const OTHER: Address = Address::new_from_array([2; 32]);

    fn rules() -> Rules {
        Rules { key: KEY, network: Address::new_from_array([9; 32]), max_priority_fee_lamports: 1_000 }
    }

    fn call(program: Address, signer: Address) -> Instruction {
        Instruction::new_with_bytes(program, &[1, 2], vec![AccountMeta::new(signer, true)])
    }

    fn refusal(instructions: &[Instruction], payer: &Address) -> String {
        rules().check_transaction(&Message::new(instructions, Some(payer))).unwrap_err()
    }

    #[test]
    fn transactions_of_trellis_alone_are_signed() {
        for program in [REGISTRY_ID, STAKING_ID, TOKEN_ID, REWARDS_ID] {
            let budget = [
                ComputeBudgetInstruction::set_compute_unit_limit(100_000),
                ComputeBudgetInstruction::set_compute_unit_price(10_000),
            ];
            let message = Message::new(&[&budget[..], &[call(program, KEY)]].concat(), Some(&KEY));
            rules().check_transaction(&message).unwrap();
            assert_eq!(message_from_bytes(&message.serialize()).unwrap(), message);
        }
    }

    #[test]
    fn everything_else_is_refused_in_words() {
        let trellis = call(REWARDS_ID, KEY);
        let transfer = call(solana_sdk_ids::system_program::ID, KEY);
        let price = ComputeBudgetInstruction::set_compute_unit_price;
        let limit = ComputeBudgetInstruction::set_compute_unit_limit(100_000);
        for (instructions, payer, words) in [
            (vec![trellis.clone(), transfer], KEY, "no program of Trellis"),
            (vec![price(1)], KEY, "calls no program of Trellis"),
            (vec![call(REWARDS_ID, OTHER)], OTHER, "the fee payer is"),
            (vec![call(REWARDS_ID, OTHER)], KEY, "needs 2 signatures"),
            (vec![limit, price(10_001), trellis.clone()], KEY, "the priority fee is 1001 lamports; at most 1000"),
            // No limit: the most that there is.
            (vec![price(1_000), trellis.clone()], KEY, "the priority fee is 1400 lamports"),
            (vec![ComputeBudgetInstruction::request_heap_frame(65_536), trellis], KEY, "only a limit and a price"),
        ] {
            let refused = refusal(&instructions, &payer);
            assert!(refused.contains(words), "{refused}");
        }
        let receipts = |network| ReceiptRoot { network, count: 1, root: [0; 32] };
        rules().check_receipts(&receipts([9; 32])).unwrap();
        assert!(rules().check_receipts(&receipts([8; 32])).unwrap_err().contains("only those of"));
    }

    #[test]
    fn statement_with_a_long_path_is_refused() {
        let request = |bytes| Statement::Request { vault: [1; 32], to: [2; 32], time_unix: 3, path: "x".repeat(bytes) };
        rules().check_statement(&request(MAX_PATH_BYTES)).unwrap();
        let refused = rules().check_statement(&request(MAX_PATH_BYTES + 1)).unwrap_err();
        assert!(refused.contains("257 bytes"), "{refused}");
        rules().check_statement(&Statement::Offer { vault: [1; 32], epoch: 0, batches: [2; 32] }).unwrap();
    }

    #[test]
    fn bytes_that_are_no_message_are_none() {
        let message = Message::new(&[call(REWARDS_ID, KEY)], Some(&KEY)).serialize();
        assert_eq!(message_from_bytes(&[]), None);
        assert_eq!(message_from_bytes(&message[1..]), None);
        assert_eq!(message_from_bytes(&[message.clone(), vec![0]].concat()), None, "bytes after its end");
    }
}
