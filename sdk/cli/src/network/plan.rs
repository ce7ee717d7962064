//! The file, checked, with every address that follows from it.

use std::path::Path;

use solana_address::Address;
use trellis_client::addresses;
use trellis_core::{Calendar, Hash};
use trellis_epoch::Policy;

use super::{
    NetworkFile,
    file::VaultFile,
    step::Step,
    steps::{
        class::ClassStep, emission::EmissionStep, handover::HandoverStep, mint::MintStep, oracles::OraclesStep,
        registry::RegistryStep, vault::VaultStep,
    },
};
use crate::commands::Unusable;

/// A network that can be created.
pub struct NetworkPlan {
    pub file: NetworkFile,
    /// Creates the network, and is its authority at first. Part of its address.
    pub creator: Address,
    pub guardian: Address,
    pub name: [u8; 32],
    pub calendar: Calendar,
    pub policy_hash: Hash,
    pub address: Address,
    /// The network's own.
    pub mint: Address,
    /// The vault of the network's own mint, as the file wants it.
    pub own_vault: VaultFile,
}

impl NetworkPlan {
    /// Checks what the file says; `policy` is the text of the scoring policy.
    ///
    /// # Errors
    /// Names the field that is missing or cannot be.
    pub fn new(file: NetworkFile, policy: &str, creator: Address) -> Result<Self, Unusable> {
        let policy = Policy::from_toml(policy).map_err(|error| Unusable(format!("the scoring policy: {error}")))?;
        let name = addresses::network_name(&file.name)
            .ok_or_else(|| Unusable("name must have 1 to 32 bytes, none of them zero".to_owned()))?;
        let guardian = file.guardian.ok_or_else(|| Unusable("guardian is missing: who may veto roots?".to_owned()))?;
        if file.oracles.members.is_empty() {
            return Err(Unusable("oracles is missing: who votes on roots, and from which threshold on?".to_owned()));
        }
        let calendar = file.calendar()?;
        let address = addresses::network(&creator, &name);
        let mint = addresses::mint(&address);
        let own_vaults: Vec<VaultFile> = file.vaults.iter().filter(|vault| vault.mint.is_none()).cloned().collect();
        let [own_vault] = <[VaultFile; 1]>::try_from(own_vaults).map_err(|_| {
            let words = "there must be exactly one [[vault]] without a mint: the one for the network's own, which \
                         receives the emission";
            Unusable(words.to_owned())
        })?;
        Ok(Self { creator, guardian, name, calendar, policy_hash: policy.hash(), address, mint, own_vault, file })
    }

    /// Reads `network.toml` and the policy beside it.
    ///
    /// # Errors
    /// A file cannot be read, or says what cannot be.
    pub fn read(path: &Path, creator: Address) -> Result<Self, Unusable> {
        let read = |path: &Path| {
            std::fs::read_to_string(path).map_err(|error| Unusable(format!("cannot read {}: {error}", path.display())))
        };
        let named = |error: Unusable| Unusable(format!("{}: {error}", path.display()));
        let file = NetworkFile::parse(&read(path)?).map_err(named)?;
        let policy = read(&path.with_file_name(&file.policy))?;
        Self::new(file, &policy, creator).map_err(named)
    }

    /// The mint of one of the file's vaults.
    pub fn mint_of(&self, vault: &VaultFile) -> Address {
        vault.mint.unwrap_or(self.mint)
    }

    /// The vault for the network's own mint.
    pub fn vault(&self) -> Address {
        addresses::vault(&self.address, &self.mint)
    }

    /// Everything that there is to be, in the order in which it can be made.
    pub fn steps(&self) -> Vec<Box<dyn Step + '_>> {
        let mut steps: Vec<Box<dyn Step + '_>> = vec![Box::new(RegistryStep { plan: self })];
        for (class, index) in self.file.classes.iter().zip(0..) {
            steps.push(Box::new(ClassStep { plan: self, class, index }));
        }
        steps.push(Box::new(MintStep { plan: self }));
        for vault in &self.file.vaults {
            steps.push(Box::new(VaultStep { plan: self, vault }));
        }
        steps.push(Box::new(EmissionStep { plan: self }));
        for vault in &self.file.vaults {
            steps.push(Box::new(OraclesStep { plan: self, vault }));
        }
        if let Some(next) = self.file.authority {
            steps.push(Box::new(HandoverStep { plan: self, next }));
        }
        steps
    }
}
