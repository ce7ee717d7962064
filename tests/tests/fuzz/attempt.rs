//! One instruction that somebody tries, and what must come of it.

use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;

use super::{dice::Dice, model::Sim};

/// What the chain must answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Accept,
    /// The model does not say.
    Either,
    Refuse(&'static str),
}

/// One instruction, and what the model learns if it goes through.
pub struct Attempt {
    pub instruction: Instruction,
    pub signers: Vec<Keypair>,
    /// Stand before it in the transaction: checks of signatures.
    pub before: Vec<Instruction>,
    pub verdict: Verdict,
    /// An account whose place any other of its kind may take.
    pub any: Option<Address>,
    pub then: Box<dyn FnOnce(&mut Sim)>,
}

impl Attempt {
    pub fn new(instruction: Instruction, signers: &[&Keypair], then: impl FnOnce(&mut Sim) + 'static) -> Self {
        let signers = signers.iter().map(|signer| signer.insecure_clone()).collect();
        Self { instruction, signers, before: vec![], verdict: Verdict::Either, any: None, then: Box::new(then) }
    }

    /// Must be refused if any of these is so; must go through otherwise.
    pub fn refused_if(mut self, wrongs: &[(bool, &'static str)]) -> Self {
        let wrong = wrongs.iter().find(|(is_so, _)| *is_so);
        self.verdict = wrong.map_or(Verdict::Accept, |(_, why)| Verdict::Refuse(why));
        self
    }

    /// Must be refused if any of these is so; the model does not say what must become of it otherwise.
    pub fn refused_if_or_by_chance(self, wrongs: &[(bool, &'static str)]) -> Self {
        let attempt = self.refused_if(wrongs);
        let verdict = if attempt.verdict == Verdict::Accept { Verdict::Either } else { attempt.verdict };
        Self { verdict, ..attempt }
    }

    pub fn after(self, before: Vec<Instruction>) -> Self {
        Self { before, ..self }
    }

    /// The account may be any other of its kind.
    pub fn any_for(self, account: Address) -> Self {
        Self { any: Some(account), ..self }
    }
}

/// One kind of thing that somebody does.
pub struct Action {
    pub name: &'static str,
    /// How often, against the others.
    pub weight: u32,
    pub attempt: fn(&mut Sim, &mut Dice) -> Option<Attempt>,
}
