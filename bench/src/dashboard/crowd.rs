//! Operators and devices by the thousand, as the registry's accounts would be.

use anyhow::{Context, Result};
use solana_address::Address;
use trellis_client::{
    Chain,
    accounts::{Device, Network, Operator, ProgramAccount},
    addresses,
};
use trellis_core::{DeviceKey, h3, hash::sha256};

const DEVICES_PER_OPERATOR: u32 = 5;
/// Devices stand in towns, some of which have many more than others.
const TOWNS: u64 = 3_000;
const TOWN_RESOLUTION: u32 = 4;
const CELL_RESOLUTION: u32 = 9;

/// An account of the registry.
pub struct Placed {
    pub address: Address,
    /// With its discriminator.
    pub data: Vec<u8>,
}

impl Placed {
    fn new<T: ProgramAccount>(address: Address, content: &T) -> Self {
        Self { address, data: [T::DISCRIMINATOR, bytemuck::bytes_of(content)].concat() }
    }
}

/// The network as the demo left it.
pub struct Core {
    address: Address,
    network: Network,
    /// What new ones are like.
    device: Device,
    operator: Operator,
}

impl Core {
    pub async fn read(chain: &Chain, address: Address) -> Result<Self> {
        let (_, device) = chain.of_network::<Device>(&address).await?.into_iter().next().context("a device")?;
        let operator = chain.fetch(&device.operator).await?;
        Ok(Self { address, network: chain.fetch(&address).await?, device, operator })
    }

    /// Operators who own five devices each, so that the network has `devices`; and the network, which counts them.
    pub fn grow(&self, devices: u32) -> Result<(Vec<Placed>, Placed)> {
        let (mut network, mut accounts) = (self.network, Vec::new());
        let more = devices.checked_sub(network.live_device_count()).context("there are more devices already")?;
        let mut owner = (Address::default(), 0);
        for place in 0..more {
            if place % DEVICES_PER_OPERATOR == 0 {
                let operator = new_operator(&self.operator, network.operator_count);
                owner = (addresses::operator(&self.address, &operator.wallet), operator.index);
                accounts.push(Placed::new(owner.0, &operator));
                network.operator_count += 1;
            }
            accounts.push(new_device(&self.device, owner, network.device_count + place)?);
        }
        network.device_count += more;
        Ok((accounts, Placed::new(self.address, &network)))
    }
}

fn new_operator(like: &Operator, index: u32) -> Operator {
    let wallet = Address::new_from_array(sha256(&[b"wallet", &index.to_le_bytes()]));
    Operator { wallet, payout_wallet: wallet, index, device_count: DEVICES_PER_OPERATOR, ..*like }
}

fn new_device(like: &Device, (operator, operator_index): (Address, u32), index: u32) -> Result<Placed> {
    let key = DeviceKey::Ed25519(sha256(&[b"device", &index.to_le_bytes()]));
    let device = Device { operator, operator_index, index, key: key.padded(), cell: spot(index)?, ..*like };
    Ok(Placed::new(addresses::device(&like.network, &key), &device))
}

/// Where device `index` stands: in a town, which is a cell of resolution 4, all over the world.
fn spot(index: u32) -> Result<u64> {
    let dice = |name: &[u8], number: u64| {
        let [a, b, c, d, e, f, g, h, ..] = sha256(&[name, &number.to_le_bytes()]);
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    };
    let share = dice(b"town", index.into()) as f64 / u64::MAX as f64;
    let town = dice(b"place", (share.powi(2) * TOWNS as f64) as u64);
    let street = dice(b"street", index.into());
    let digit = |place: u32| match place {
        1..=TOWN_RESOLUTION => (town >> (8 * place)) % 7,
        ..=CELL_RESOLUTION => (street >> (6 * place)) % 7,
        _ => 7,
    };
    let digits = (1..=u32::from(h3::MAX_RESOLUTION)).fold(0, |bits, place| bits | digit(place) << (45 - 3 * place));
    // Not every base cell has all children: the next one has.
    let of_base = |base: u64| 0x08 << 56 | u64::from(CELL_RESOLUTION) << 52 | base << 45 | digits;
    let mut cells = (0..122).map(|step| of_base((town + step) % 122));
    cells.find(|cell| h3::resolution_of(*cell).is_some()).context("a cell")
}
