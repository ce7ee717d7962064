//! Reads of accounts, and forging them: tests may write what no program would.

use solana_account::Account;
use solana_address::Address;
use solana_signer::Signer;
use spl_associated_token_account_interface::instruction::create_associated_token_account;
use trellis_client::{
    SPL_TOKEN_ID,
    accounts::{ProgramAccount, account_bytes, decode},
    addresses,
};

use crate::{outcome::expect_success, world::World};

/// What a mint of the SPL Token program says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MintState {
    pub authority: Option<Address>,
    pub supply: u64,
    pub decimals: u8,
    pub freeze_authority: Option<Address>,
}

/// What a token account of the SPL Token program says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenState {
    pub mint: Address,
    pub owner: Address,
    pub amount: u64,
}

impl World {
    /// The account at `address` as it lies there, or `None`.
    pub fn raw(&self, address: Address) -> Option<Account> {
        self.svm.get_account(&address)
    }

    /// Puts an account at `address`, whatever was there.
    pub fn put_raw(&mut self, address: Address, account: Account) {
        if let Err(error) = self.svm.set_account(address, account) {
            panic!("no account can be put at {address}: {error:?}");
        }
    }

    /// Changes the account at `address`: its bytes, owner or lamports.
    pub fn edit_raw(&mut self, address: Address, edit: impl FnOnce(&mut Account)) {
        let Some(mut account) = self.raw(address) else { panic!("there is no account at {address}") };
        edit(&mut account);
        self.put_raw(address, account);
    }

    /// The account at `address` as a `T`, or `None` if there is nothing. Panics if there is something else.
    pub fn find_account<T: ProgramAccount>(&self, address: Address) -> Option<T> {
        let account = self.raw(address)?;
        match decode(&address, &account) {
            Ok(decoded) => Some(decoded),
            Err(error) => panic!("{error}"),
        }
    }

    /// The account at `address` as a `T`.
    pub fn account<T: ProgramAccount>(&self, address: Address) -> T {
        let Some(account) = self.find_account(address) else { panic!("there is no {} at {address}", T::NAME) };
        account
    }

    /// Changes the fields of the `T` at `address`, past its program.
    pub fn forge<T: ProgramAccount>(&mut self, address: Address, edit: impl FnOnce(&mut T)) {
        let mut forged = self.account::<T>(address);
        edit(&mut forged);
        self.edit_raw(address, |account| account.data[8..].copy_from_slice(bytemuck::bytes_of(&forged)));
    }

    /// Puts a `T` at `address`, owned by its program and free of rent.
    pub fn put_account<T: ProgramAccount>(&mut self, address: Address, value: &T) {
        let data = [T::DISCRIMINATOR, bytemuck::bytes_of(value)].concat();
        let lamports = self.svm.minimum_balance_for_rent_exemption(account_bytes::<T>());
        self.put_raw(address, Account { lamports, data, owner: T::OWNER, ..Account::default() });
    }

    /// A copy of the account at `address`, at a new address: same owner, type and bytes, but not where it belongs.
    pub fn copy_elsewhere(&mut self, address: Address) -> Address {
        let Some(account) = self.raw(address) else { panic!("there is no account at {address}") };
        let copy = self.some_address();
        self.put_raw(copy, account);
        copy
    }

    pub fn lamports(&self, address: Address) -> u64 {
        self.raw(address).map_or(0, |account| account.lamports)
    }

    /// The mint at `address`.
    pub fn mint_state(&self, address: Address) -> MintState {
        let data = self.spl_data(address, 82);
        MintState {
            authority: optional_address(&data[..36]),
            supply: u64_at(&data, 36),
            decimals: data[44],
            freeze_authority: optional_address(&data[46..82]),
        }
    }

    /// The token account at `address`.
    pub fn token_state(&self, address: Address) -> TokenState {
        let data = self.spl_data(address, 165);
        TokenState { mint: address_at(&data, 0), owner: address_at(&data, 32), amount: u64_at(&data, 64) }
    }

    /// Tokens in the token account at `address`, in the mint's smallest unit.
    pub fn token_balance(&self, address: Address) -> u64 {
        self.token_state(address).amount
    }

    /// Writes the amount of the token account at `address`, past the token program.
    pub fn forge_token_balance(&mut self, address: Address, amount: u64) {
        self.edit_raw(address, |account| account.data[64..72].copy_from_slice(&amount.to_le_bytes()));
    }

    /// Opens the wallet's associated token account for `mint`.
    pub fn create_token_account(&mut self, wallet: Address, mint: Address) -> Address {
        let payer = self.payer();
        expect_success(self.run(create_associated_token_account(&payer, &wallet, &mint, &SPL_TOKEN_ID), &[]));
        addresses::associated_token_account(&wallet, &mint)
    }

    /// A mint that belongs to no network; `authority` mints.
    pub fn create_foreign_mint(&mut self, authority: Address) -> Address {
        let mint = self.unfunded_keypair();
        let mut data = vec![0; 82];
        data[..4].copy_from_slice(&1u32.to_le_bytes());
        data[4..36].copy_from_slice(authority.as_ref());
        data[44] = 9;
        data[45] = 1;
        let lamports = self.svm.minimum_balance_for_rent_exemption(data.len());
        self.put_raw(mint.pubkey(), Account { lamports, data, owner: SPL_TOKEN_ID, ..Account::default() });
        mint.pubkey()
    }

    fn spl_data(&self, address: Address, bytes: usize) -> Vec<u8> {
        let Some(account) = self.raw(address) else { panic!("there is no account at {address}") };
        assert_eq!(account.owner, SPL_TOKEN_ID, "{address} is not the token program's");
        assert_eq!(account.data.len(), bytes, "{address} is not of the type asked for");
        account.data
    }
}

/// Every field of the two is the same, reserved bytes included.
#[track_caller]
pub fn assert_same<T: ProgramAccount>(actual: &T, wanted: &T) {
    let (actual, wanted) = (bytemuck::bytes_of(actual), bytemuck::bytes_of(wanted));
    let differing: Vec<usize> = (0..wanted.len()).filter(|&at| actual[at] != wanted[at]).collect();
    assert!(differing.is_empty(), "{} differs at bytes {differing:?}:\n{actual:?}\n{wanted:?}", T::NAME);
}

/// An SPL option: four bytes of tag, then the address.
fn optional_address(bytes: &[u8]) -> Option<Address> {
    (bytes[..4] == 1u32.to_le_bytes()).then(|| address_at(bytes, 4))
}

fn address_at(data: &[u8], offset: usize) -> Address {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&data[offset..offset + 32]);
    Address::new_from_array(bytes)
}

fn u64_at(data: &[u8], offset: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&data[offset..offset + 8]);
    u64::from_le_bytes(bytes)
}
