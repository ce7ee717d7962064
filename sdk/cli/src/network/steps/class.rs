//! A device class.

use anyhow::Result;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use trellis_client::{
    accounts::{DeviceClass, NO_LOCATION, account_bytes, decode},
    addresses,
    instructions::registry::{self, CreateClassArgs},
};
use trellis_core::device_key::KeyKind;

use crate::network::{
    NetworkPlan,
    file::{ClassFile, KeyFile},
    step::{Comparison, Found, Step},
};

pub struct ClassStep<'a> {
    pub plan: &'a NetworkPlan,
    pub class: &'a ClassFile,
    pub index: u16,
}

impl ClassStep<'_> {
    fn maker(&self) -> Address {
        self.class.maker.unwrap_or_default()
    }

    fn h3_resolution(&self) -> u8 {
        self.class.h3_resolution.unwrap_or(NO_LOCATION)
    }
}

impl Step for ClassStep<'_> {
    fn name(&self) -> String {
        format!("class {}", self.index)
    }

    fn account(&self) -> Address {
        addresses::class(&self.plan.address, self.index)
    }

    fn compare(&self, account: Option<&Account>) -> Result<Found> {
        let Some(account) = account else { return Ok(Found::Missing) };
        let class = decode::<DeviceClass>(&self.account(), account)?;
        let comparison = Comparison::default()
            .field("maker", self.maker(), class.maker)
            .field("rated_power_watts", self.class.rated_power_watts, class.rated_power_watts)
            .field("weight", self.class.weight, class.weight)
            .field("bond", self.class.bond, class.bond)
            .field("h3_resolution", resolution(self.h3_resolution()), resolution(class.h3_resolution))
            .field("work", self.class.work.kind() as u8, class.work_kind)
            .field("key", key(self.class.key.kind() as u8), key(class.key_kind));
        Ok(comparison.found())
    }

    fn instructions(&self) -> Vec<Instruction> {
        let args = CreateClassArgs {
            maker: self.maker(),
            rated_power_watts: self.class.rated_power_watts,
            bond: self.class.bond,
            weight: self.class.weight,
            work_kind: self.class.work.kind() as u8,
            key_kind: self.class.key.kind() as u8,
            h3_resolution: self.h3_resolution(),
        };
        let creator = self.plan.creator;
        vec![registry::create_class(creator, creator, self.plan.address, self.index, args)]
    }

    fn new_account_bytes(&self) -> Vec<usize> {
        vec![account_bytes::<DeviceClass>()]
    }
}

fn resolution(resolution: u8) -> String {
    if resolution == NO_LOCATION { "none".to_owned() } else { resolution.to_string() }
}

fn key(kind: u8) -> String {
    KeyKind::from_u8(kind).map_or_else(|| format!("of kind {kind}"), |kind| KeyFile::word(kind).to_owned())
}
