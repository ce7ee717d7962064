//! The file, checked, with every address that follows from it.

use std::path::Path;

use solana_address::Address;
use trellis_client::{Chain, ChainError, accounts::Network, addresses};
use trellis_core::{Calendar, Hash};
use trellis_epoch::Policy;

use super::{
    NetworkFile, check,
    file::VaultFile,
    step::Step,
    steps::{
        class::ClassStep, emission::EmissionStep, handover::HandoverStep, mint::MintStep, oracles::OraclesStep,
        registry::RegistryStep, staking::StakingStep, suspension::SuspensionStep, treasury::TreasuryStep,
        vault::VaultStep,
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
    /// Length of the policy's intervals.
    interval_seconds: u32,
    pub policy_hash: Hash,
    pub address: Address,
    /// The network's own.
    pub mint: Address,
    /// The vault that receives the emission, as the file wants it.
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
        let calendar = file.calendar()?;
        // An oracle would refuse to start.
        policy.validate_for(&calendar).map_err(|error| Unusable(format!("the scoring policy: {error}")))?;
        let address = addresses::network(&creator, &name);
        let mint = addresses::mint(&address);
        let own_vault = check::own_vault(&file)?.clone();
        check::all(&file)?;
        Ok(Self {
            creator,
            guardian,
            name,
            calendar,
            interval_seconds: policy.energy.interval_seconds,
            policy_hash: policy.hash(),
            address,
            mint,
            own_vault,
            file,
        })
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

    /// Settles a genesis that the file leaves open: the network's own if it is on the chain already, else the beginning of
    /// the interval that the chain's clock is in.
    ///
    /// # Errors
    /// The chain does not answer.
    pub async fn settle_genesis(&mut self, chain: &Chain) -> Result<(), ChainError> {
        if self.file.genesis.is_some() {
            return Ok(());
        }
        self.calendar.genesis_unix = match chain.find::<Network>(&self.address).await? {
            Some(network) => network.genesis_unix,
            None => {
                let now_unix = chain.unix_time().await?;
                now_unix - now_unix.rem_euclid(i64::from(self.interval_seconds))
            }
        };
        Ok(())
    }

    /// The mint of one of the file's vaults.
    pub fn mint_of(&self, vault: &VaultFile) -> Address {
        vault.mint.unwrap_or(self.mint)
    }

    /// Address of one of the file's vaults.
    pub fn address_of(&self, vault: &VaultFile) -> Address {
        addresses::vault_of_pool(&self.address, &self.mint_of(vault), vault.pool)
    }

    /// The program of a vault's mint.
    pub fn token_program_of(&self, vault: &VaultFile) -> Address {
        if vault.mint.is_some() { vault.program.unwrap_or_default().address() } else { self.token_program() }
    }

    /// The program of the network's own mint.
    pub fn token_program(&self) -> Address {
        self.file.token.program.address()
    }

    /// The vault that receives the emission.
    pub fn vault(&self) -> Address {
        self.address_of(&self.own_vault)
    }

    /// Whose associated token account is the treasury.
    pub fn treasury_wallet(&self) -> Address {
        self.file.token.treasury.unwrap_or(self.creator)
    }

    /// The token account that takes what the shares leave, and what is slashed.
    pub fn treasury(&self) -> Address {
        addresses::associated_token_account_of(&self.treasury_wallet(), &self.mint, &self.token_program())
    }

    /// Where the emission goes beside the treasury, with its share in basis points; in order.
    pub fn destinations(&self) -> Vec<(Address, u16)> {
        let token = &self.file.token;
        let pool = addresses::stake_pool(&self.address);
        let shares = [
            (addresses::vault_tokens(&self.vault()), token.vault_share_bps),
            (addresses::stake_rewards(&pool), token.stakers_share_bps),
        ];
        shares.into_iter().filter(|(_, share_bps)| *share_bps > 0).collect()
    }

    /// Everything that there is to be, in the order in which it can be made.
    pub fn steps(&self) -> Vec<Box<dyn Step + '_>> {
        let mut steps: Vec<Box<dyn Step + '_>> = vec![Box::new(RegistryStep { plan: self })];
        for (class, index) in self.file.classes.iter().zip(0..) {
            steps.push(Box::new(ClassStep { plan: self, class, index }));
        }
        steps.push(Box::new(MintStep { plan: self }));
        steps.push(Box::new(TreasuryStep { plan: self }));
        if let Some(staking) = &self.file.staking {
            steps.push(Box::new(StakingStep { plan: self, staking }));
        }
        for vault in &self.file.vaults {
            steps.push(Box::new(VaultStep { plan: self, vault }));
        }
        steps.push(Box::new(EmissionStep { plan: self }));
        for vault in &self.file.vaults {
            steps.push(Box::new(OraclesStep { plan: self, vault }));
        }
        if self.file.oracles.may_suspend {
            steps.push(Box::new(SuspensionStep { plan: self }));
        }
        if let Some(next) = self.file.authority {
            steps.push(Box::new(HandoverStep { plan: self, next }));
        }
        steps
    }
}
