//! What the loader's accounts on the chain hold.

use anyhow::{Result, bail};
use solana_address::Address;
use solana_loader_v3_interface::{get_program_data_address, state::UpgradeableLoaderState};
use solana_sdk_ids::bpf_loader_upgradeable;
use trellis_client::Chain;

use super::DeployError;

/// The loader's kinds of accounts: the first four bytes, little-endian.
const BUFFER: u32 = 1;
const PROGRAM: u32 = 2;
const PROGRAM_DATA: u32 = 3;

/// A program that is on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// Can it be called?
    pub executable: bool,
    /// When it was last deployed, upgraded or extended.
    pub slot: u64,
    /// Who may upgrade it; `None` if nobody may, ever.
    pub authority: Option<Address>,
    /// The program, and zero bytes behind it up to the room that it has.
    pub bytes: Vec<u8>,
}

/// A buffer that is on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffer {
    pub authority: Option<Address>,
    pub lamports: u64,
    pub bytes: Vec<u8>,
}

impl Deployed {
    /// Reads the program at `id`; `None` if there is none, though somebody may have sent lamports there.
    ///
    /// # Errors
    /// Something else than a program of the upgradeable loader is there.
    pub async fn read(chain: &Chain, id: &Address) -> Result<Option<Self>> {
        let data_address = get_program_data_address(id);
        let accounts = chain.accounts(&[*id, data_address]).await?;
        let [program, data] = accounts.as_slice() else { bail!("the node gave {} of 2 accounts", accounts.len()) };
        let Some(program) = program else { return Ok(None) };
        if program.owner == solana_sdk_ids::system_program::ID && program.data.is_empty() {
            return Ok(None);
        }
        let found = Parser(&program.data).kind();
        if program.owner != bpf_loader_upgradeable::ID || found != Some(PROGRAM) {
            return Err(
                DeployError(format!("{id} is taken by an account of {}, which is no program", program.owner)).into()
            );
        }
        let closed = || DeployError(format!("the program {id} was closed: its address can never be used again"));
        let data = data.as_ref().ok_or_else(closed)?;
        let deployed = Self::decode(&data.data).ok_or_else(closed)?;
        Ok(Some(Self { executable: program.executable, ..deployed }))
    }

    /// Decodes the program's data account.
    fn decode(data: &[u8]) -> Option<Self> {
        let mut parser = Parser(data);
        if parser.kind()? != PROGRAM_DATA {
            return None;
        }
        let slot = u64::from_le_bytes(parser.take()?);
        let authority = parser.optional_address()?;
        let bytes = data.get(UpgradeableLoaderState::size_of_programdata_metadata()..)?.to_vec();
        Some(Self { executable: false, slot, authority, bytes })
    }

    /// Is it this program, with nothing but zeros behind?
    pub fn is(&self, elf: &[u8]) -> bool {
        self.bytes.strip_prefix(elf).is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
    }
}

impl Buffer {
    /// Reads the buffer at `address`; `None` if there is none.
    ///
    /// # Errors
    /// Something else is there.
    pub async fn read(chain: &Chain, address: &Address) -> Result<Option<Self>> {
        let Some(account) = chain.account(address).await? else { return Ok(None) };
        if account.owner == solana_sdk_ids::system_program::ID && account.data.is_empty() {
            return Ok(None);
        }
        if account.owner == bpf_loader_upgradeable::ID
            && let Some(buffer) = Self::decode(&account.data, account.lamports)
        {
            return Ok(Some(buffer));
        }
        Err(DeployError(format!("{address}, where the buffer is to be, is taken by an account of {}", account.owner))
            .into())
    }

    fn decode(data: &[u8], lamports: u64) -> Option<Self> {
        let mut parser = Parser(data);
        if parser.kind()? != BUFFER {
            return None;
        }
        let authority = parser.optional_address()?;
        let bytes = data.get(UpgradeableLoaderState::size_of_buffer_metadata()..)?.to_vec();
        Some(Self { authority, lamports, bytes })
    }
}

/// The fields of a loader's account, one after the other.
struct Parser<'a>(&'a [u8]);

impl Parser<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }

    fn kind(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    /// Outer `None`: the bytes are no such field.
    fn optional_address(&mut self) -> Option<Option<Address>> {
        match self.take::<1>()? {
            [0] => Some(None),
            [1] => Some(Some(Address::new_from_array(self.take()?))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn program_data(bytes: &[u8]) -> Vec<u8> {
        [&[3, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1][..], &[5; 32], bytes].concat()
    }

    #[test]
    fn deployed_compares_the_program_and_wants_zeros_behind_it() {
        let deployed = Deployed::decode(&program_data(b"elf\0\0")).unwrap();
        assert_eq!((deployed.slot, deployed.authority), (9, Some(Address::new_from_array([5; 32]))));
        for (elf, same) in
            [(&b"elf"[..], true), (b"elf\0", true), (b"el", false), (b"elf\0\0\0", false), (b"elg", false)]
        {
            assert_eq!(deployed.is(elf), same, "{elf:?}");
        }
    }

    #[test]
    fn decode_refuses_other_kinds_and_cut_off_accounts() {
        let whole = program_data(b"");
        assert!(Deployed::decode(&whole).is_some());
        assert!(Deployed::decode(&whole[..44]).is_none());
        assert!(Deployed::decode(&[&[1, 0, 0, 0][..], &whole[4..]].concat()).is_none());
        assert!(Buffer::decode(&whole, 1).is_none());
        let buffer = Buffer::decode(&[&[1, 0, 0, 0, 1][..], &[5; 32], b"elf"].concat(), 7).unwrap();
        assert_eq!(buffer.bytes, b"elf");
        let closing = Buffer::decode(&[&[1, 0, 0, 0, 0][..], &[0; 32]].concat(), 7).unwrap();
        assert_eq!((closing.authority, closing.bytes.len()), (None, 0));
    }
}
