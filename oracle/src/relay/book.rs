//! What the relay has spent, on the disk.
//!
//! What a transaction may cost is written down before it is sent, and corrected when it is known what it did cost. So
//! whatever requests come at the same time, and whenever the process dies, no more than the budget is spent in a day.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use solana_address::Address;

const FILE: &str = "relay.json";
const DAY_SECONDS: i64 = 86_400;

/// The file's content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Entries {
    /// Days since 1970: the one in which `spent_lamports` were spent.
    day: i64,
    spent_lamports: u64,
    /// Wallets, in base58, whose token account the relay has paid for.
    created_accounts: BTreeSet<String>,
    /// Invitations that were used: the hash of the code in hex, and the wallet that used it.
    invitations: BTreeMap<String, String>,
    /// Devices that the relay has paid for, by their owner's wallet.
    devices: BTreeMap<String, u32>,
}

/// What an owner is to get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sponsoring {
    pub owner: Address,
    /// Does the founder's list name the owner?
    pub is_listed: bool,
    /// Hash of a code that the founder gave out.
    pub invitation: Option<[u8; 32]>,
    pub devices: u32,
    pub makes_token_account: bool,
    pub most_devices: u32,
}

/// The relay's spending. One for a data folder.
pub struct Book {
    path: PathBuf,
    daily_budget_lamports: u64,
    entries: Mutex<Entries>,
}

/// Part of a day's budget that is about to be spent.
#[must_use = "it counts as spent until it is settled"]
#[derive(Debug, PartialEq, Eq)]
pub struct Reservation {
    day: i64,
    lamports: u64,
}

/// Why nothing more is spent.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    #[error(
        "this would cost up to {lamports} lamports, and {left_lamports} are left of the relay's budget for the day: try \
         again in {renews_in_seconds} s, or send the claim yourself"
    )]
    OverBudget { lamports: u64, left_lamports: u64, renews_in_seconds: u32 },
    #[error(
        "the budget of this relay is for owners that its founder invited, and {owner} is none: ask for an invitation code"
    )]
    NotInvited { owner: Address },
    #[error("there is no such invitation code: was it copied whole?")]
    UnknownInvitation,
    #[error("this invitation code was used by another wallet: ask for one of your own")]
    InvitationUsed,
    #[error(
        "this relay pays for {most} devices of an owner, and has paid for {paid} of {owner}: register more with SOL of your own"
    )]
    TooManyDevices { owner: Address, paid: u32, most: u32 },
    #[error("this relay paid for a token account of {owner} once, which was closed since: make one")]
    AccountPaidBefore { owner: Address },
    #[error("the relay's book cannot be written: {0:#}")]
    Unwritable(anyhow::Error),
}

impl Book {
    /// # Errors
    /// The book in `data_dir` is damaged.
    pub fn open(data_dir: &Path, daily_budget_lamports: u64) -> anyhow::Result<Self> {
        let path = data_dir.join(FILE);
        let entries = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is damaged: restore it from a backup, or remove it", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Entries::default(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        Ok(Self { path, daily_budget_lamports, entries: Mutex::new(entries) })
    }

    /// Sets `lamports` of the day's budget aside. Blocks until the disk has it.
    pub fn reserve(&self, now_unix: i64, lamports: u64) -> Result<Reservation, BookError> {
        self.change(|entries| entries.reserve(now_unix, lamports, self.daily_budget_lamports))
    }

    /// The same for what an owner is to get, who is counted too. Blocks until the disk has it.
    pub fn sponsor(
        &self,
        now_unix: i64,
        lamports: u64,
        sponsoring: Option<Sponsoring>,
    ) -> Result<Reservation, BookError> {
        self.change(|entries| {
            if let Some(sponsoring) = sponsoring {
                entries.sponsor(&sponsoring)?;
            }
            entries.reserve(now_unix, lamports, self.daily_budget_lamports)
        })
    }

    /// The owner did not get it after all. An invitation stays the wallet's that used it.
    pub fn not_sponsored(&self, sponsoring: Option<Sponsoring>) -> Result<(), BookError> {
        let Some(Sponsoring { owner, devices, makes_token_account, .. }) = sponsoring else { return Ok(()) };
        self.change(|entries| {
            if let Some(paid) = entries.devices.get_mut(&owner.to_string()) {
                *paid = paid.saturating_sub(devices);
            }
            if makes_token_account {
                entries.created_accounts.remove(&owner.to_string());
            }
            Ok(())
        })
    }

    /// No more than `spent_lamports` were spent of what was set aside. Blocks until the disk has it.
    pub fn settle(&self, reservation: Reservation, spent_lamports: u64) -> Result<(), BookError> {
        self.change(|entries| {
            if entries.day == reservation.day {
                let unspent = reservation.lamports.saturating_sub(spent_lamports);
                entries.spent_lamports = entries.spent_lamports.saturating_sub(unspent);
            }
            Ok(())
        })
    }

    /// Takes down that the relay pays for the token account of `wallet`; false if it did before. Blocks until the disk
    /// has it.
    pub fn create_account(&self, wallet: &Address) -> Result<bool, BookError> {
        self.change(|entries| Ok(entries.created_accounts.insert(wallet.to_string())))
    }

    /// The relay did not pay for it after all.
    pub fn account_not_created(&self, wallet: &Address) -> Result<(), BookError> {
        self.change(|entries| {
            entries.created_accounts.remove(&wallet.to_string());
            Ok(())
        })
    }

    /// What is left for the day that `now_unix` falls into.
    pub fn left_lamports(&self, now_unix: i64) -> u64 {
        let mut entries = self.entries().clone();
        entries.turn_page(now_unix);
        self.daily_budget_lamports.saturating_sub(entries.spent_lamports)
    }

    /// What is not written is not so: an error changes nothing.
    fn change<T>(&self, change: impl FnOnce(&mut Entries) -> Result<T, BookError>) -> Result<T, BookError> {
        let mut held = self.entries();
        let mut changed = held.clone();
        let outcome = change(&mut changed)?;
        if changed != *held {
            write(&self.path, &changed).map_err(BookError::Unwritable)?;
            *held = changed;
        }
        Ok(outcome)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // They are replaced in one step.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn reserve(&mut self, now_unix: i64, lamports: u64, budget_lamports: u64) -> Result<Reservation, BookError> {
        self.turn_page(now_unix);
        let left_lamports = budget_lamports.saturating_sub(self.spent_lamports);
        if lamports > left_lamports {
            let renews_in_seconds = seconds_until(renews_unix(now_unix), now_unix);
            return Err(BookError::OverBudget { lamports, left_lamports, renews_in_seconds });
        }
        self.spent_lamports = self.spent_lamports.saturating_add(lamports);
        Ok(Reservation { day: self.day, lamports })
    }

    fn sponsor(&mut self, sponsoring: &Sponsoring) -> Result<(), BookError> {
        let Sponsoring { owner, is_listed, invitation, devices, makes_token_account, most_devices } = *sponsoring;
        let wallet = owner.to_string();
        if !is_listed && !self.invitations.values().any(|invited| *invited == wallet) {
            let code = hex::encode(invitation.ok_or(BookError::NotInvited { owner })?);
            if self.invitations.contains_key(&code) {
                return Err(BookError::InvitationUsed);
            }
            self.invitations.insert(code, wallet.clone());
        }
        let paid = self.devices.entry(wallet.clone()).or_default();
        let counted = paid.saturating_add(devices);
        if counted > most_devices {
            return Err(BookError::TooManyDevices { owner, paid: *paid, most: most_devices });
        }
        *paid = counted;
        if makes_token_account && !self.created_accounts.insert(wallet) {
            return Err(BookError::AccountPaidBefore { owner });
        }
        Ok(())
    }

    /// A new day has its budget whole. A clock that goes back gives no day twice.
    fn turn_page(&mut self, now_unix: i64) {
        let day = now_unix.div_euclid(DAY_SECONDS);
        if day > self.day {
            self.day = day;
            self.spent_lamports = 0;
        }
    }
}

/// When the next day begins.
pub fn renews_unix(now_unix: i64) -> i64 {
    now_unix.div_euclid(DAY_SECONDS).saturating_add(1).saturating_mul(DAY_SECONDS)
}

fn seconds_until(unix: i64, now_unix: i64) -> u32 {
    u32::try_from(unix.saturating_sub(now_unix)).unwrap_or(u32::MAX).max(1)
}

/// The new file is whole on the disk before it takes the old one's place.
fn write(path: &Path, entries: &Entries) -> anyhow::Result<()> {
    let new = path.with_extension("json.new");
    let context = || format!("cannot write {}", path.display());
    let mut file = File::create(&new).with_context(context)?;
    file.write_all(&serde_json::to_vec(entries)?).with_context(context)?;
    file.sync_all().with_context(context)?;
    fs::rename(&new, path).with_context(context)?;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(context)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    const NOON: i64 = 20_000 * DAY_SECONDS + DAY_SECONDS / 2;

    #[test]
    fn reservation_counts_as_spent_until_it_is_settled_and_after_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let book = Book::open(folder.path(), 100).unwrap();
        let first = book.reserve(NOON, 60).unwrap();
        assert_eq!(book.left_lamports(NOON), 40);
        book.settle(first, 10).unwrap();
        assert_eq!(book.left_lamports(NOON), 90);
        let _lost = book.reserve(NOON, 50).unwrap();
        drop(book);
        let book = Book::open(folder.path(), 100).unwrap();
        assert_eq!(book.left_lamports(NOON), 40, "what became of the last one is not known");
        let refused = book.reserve(NOON, 41).unwrap_err().to_string();
        assert!(refused.contains("41 lamports, and 40 are left") && refused.contains("43200 s"), "{refused}");
    }

    #[test]
    fn day_that_begins_has_its_budget_whole_and_a_clock_that_goes_back_gives_no_day_twice() {
        let folder = tempfile::tempdir().unwrap();
        let book = Book::open(folder.path(), 100).unwrap();
        let yesterdays = book.reserve(NOON, 100).unwrap();
        let tomorrow = NOON + DAY_SECONDS;
        assert_eq!((book.left_lamports(NOON), book.left_lamports(tomorrow)), (0, 100));
        let _todays = book.reserve(tomorrow, 70).unwrap();
        book.settle(yesterdays, 0).unwrap();
        assert_eq!(book.left_lamports(tomorrow), 30, "yesterday's is not given back today");
        assert_eq!(book.left_lamports(NOON), 30);
        assert_eq!(renews_unix(-1), 0);
    }

    #[test]
    fn account_is_paid_for_once_even_after_a_start() {
        let folder = tempfile::tempdir().unwrap();
        let wallet = Address::new_from_array([7; 32]);
        let book = Book::open(folder.path(), 1).unwrap();
        assert!(book.create_account(&wallet).unwrap());
        assert!(!Book::open(folder.path(), 1).unwrap().create_account(&wallet).unwrap());
        book.account_not_created(&wallet).unwrap();
        assert!(Book::open(folder.path(), 1).unwrap().create_account(&wallet).unwrap());
    }

    fn sponsoring(owner: u8, invitation: Option<[u8; 32]>, devices: u32) -> Option<Sponsoring> {
        let owner = Address::new_from_array([owner; 32]);
        let most_devices = 3;
        Some(Sponsoring { owner, is_listed: false, invitation, devices, makes_token_account: false, most_devices })
    }

    #[test]
    fn invitation_is_one_wallets_and_counts_its_devices_even_after_a_start() {
        let folder = tempfile::tempdir().unwrap();
        let code = Some([9; 32]);
        let book = Book::open(folder.path(), 100).unwrap();
        let refused = |book: &Book, sponsoring| book.sponsor(NOON, 1, sponsoring).unwrap_err().to_string();
        assert!(refused(&book, sponsoring(1, None, 1)).contains("ask for an invitation code"));
        let _ = book.sponsor(NOON, 1, sponsoring(1, code, 1)).unwrap();
        let book = Book::open(folder.path(), 100).unwrap();
        assert!(refused(&book, sponsoring(2, code, 1)).contains("used by another wallet"));
        let _ = book.sponsor(NOON, 1, sponsoring(1, None, 2)).unwrap();
        assert!(refused(&book, sponsoring(1, code, 1)).contains("has paid for 3"));
        book.not_sponsored(sponsoring(1, None, 2)).unwrap();
        let _ = book.sponsor(NOON, 1, sponsoring(1, None, 1)).unwrap();
        assert_eq!(book.left_lamports(NOON), 97);
        assert!(matches!(book.sponsor(NOON, 98, sponsoring(1, None, 1)), Err(BookError::OverBudget { .. })));
        let _ = book.sponsor(NOON, 1, sponsoring(1, None, 1)).unwrap();
        let listed = Sponsoring { is_listed: true, makes_token_account: true, ..sponsoring(3, None, 1).unwrap() };
        let _ = book.sponsor(NOON, 1, Some(listed.clone())).unwrap();
        assert!(refused(&book, Some(listed)).contains("was closed since"));
    }

    #[test]
    fn requests_at_the_same_time_get_no_more_than_the_budget() {
        let folder = tempfile::tempdir().unwrap();
        let book = Arc::new(Book::open(folder.path(), 50).unwrap());
        let asking: Vec<_> = (0..8)
            .map(|_| {
                let book = Arc::clone(&book);
                std::thread::spawn(move || (0..20).filter(|_| book.reserve(NOON, 3).is_ok()).count())
            })
            .collect();
        let granted: usize = asking.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!((granted, book.left_lamports(NOON)), (16, 2));
    }

    #[test]
    fn book_that_is_damaged_or_cannot_be_written_is_said() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{").unwrap();
        let damaged = Book::open(folder.path(), 1).err().unwrap();
        assert!(format!("{damaged:#}").contains("is damaged"), "{damaged:#}");
        fs::remove_file(folder.path().join(FILE)).unwrap();
        let book = Book::open(&folder.path().join("not there"), 10).unwrap();
        let refused = book.reserve(NOON, 1).unwrap_err();
        assert!(matches!(refused, BookError::Unwritable(_)) && refused.to_string().contains("relay.json"), "{refused}");
        assert_eq!(book.left_lamports(NOON), 10, "what is not written is not spent");
    }

    proptest! {
        /// Whatever is reserved and settled when: a day's spending never goes over its budget.
        #[test]
        fn spending_of_a_day_never_goes_over_its_budget(
            steps in prop::collection::vec((0i64..3, 0u64..80, 0u64..80), 1..30),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let book = Book::open(folder.path(), 100).unwrap();
            let mut spent = std::collections::BTreeMap::<i64, u64>::new();
            for (day, lamports, actual) in steps {
                let now_unix = NOON + day * DAY_SECONDS;
                if let Ok(reservation) = book.reserve(now_unix, lamports) {
                    *spent.entry(reservation.day).or_default() += actual.min(lamports);
                    book.settle(reservation, actual.min(lamports)).unwrap();
                }
            }
            prop_assert!(spent.values().all(|spent| *spent <= 100), "{:?}", spent);
        }
    }
}
