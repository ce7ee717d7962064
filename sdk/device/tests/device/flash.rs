//! Flash in memory, whose power can be cut at any byte.

use std::{cell::RefCell, rc::Rc};

use trellis_device::storage::{Bank, ERASED, Storage, WRITE_BYTES};

/// What survives a power loss, and what does not yet.
#[derive(Clone)]
struct Cells {
    synced: [Vec<u8>; 2],
    /// Appended since the last sync: bank, offset, bytes.
    on_the_way: Vec<(usize, usize, Vec<u8>)>,
    /// So many bytes can still be written or erased; `None`: power stays.
    left: Option<u64>,
    written: u64,
}

/// Clones are the same flash.
#[derive(Clone)]
pub struct Flash {
    cells: Rc<RefCell<Cells>>,
    bank_bytes: u32,
    /// Whether it can tell how much is written, as files can.
    tells: bool,
}

/// The power is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerLoss;

impl std::fmt::Display for PowerLoss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the power is gone")
    }
}

const fn place(bank: Bank) -> usize {
    match bank {
        Bank::A => 0,
        Bank::B => 1,
    }
}

impl Flash {
    pub fn new(bank_bytes: u32) -> Self {
        let erased = || vec![ERASED; bank_bytes as usize];
        let cells = Cells { synced: [erased(), erased()], on_the_way: Vec::new(), left: None, written: 0 };
        Self { cells: Rc::new(RefCell::new(cells)), bank_bytes, tells: false }
    }

    pub fn telling(self) -> Self {
        Self { tells: true, ..self }
    }

    /// Bytes written and erased so far.
    pub fn written(&self) -> u64 {
        self.cells.borrow().written
    }

    pub fn cut_after(&self, bytes: u64) {
        self.cells.borrow_mut().left = Some(bytes);
    }

    /// The power is back. Of what was not synced, the writes and parts of writes that `survives` picks are there: by their
    /// number, in the order of writing.
    pub fn power_on(&self, survives: impl Fn(usize) -> bool) {
        let mut cells = self.cells.borrow_mut();
        cells.left = None;
        let pieces: Vec<_> = cells.on_the_way.drain(..).flat_map(pieces).collect();
        for (number, (bank, offset, bytes)) in pieces.into_iter().enumerate() {
            if survives(number) {
                cells.synced[bank][offset..offset + bytes.len()].copy_from_slice(&bytes);
            }
        }
    }

    /// Turns a bit of what is synced.
    pub fn damage(&self, bank: Bank, offset: usize) {
        self.cells.borrow_mut().synced[place(bank)][offset] ^= 1;
    }
}

/// A write reaches the cells in pieces, one independent of the other.
fn pieces((bank, offset, bytes): (usize, usize, Vec<u8>)) -> Vec<(usize, usize, Vec<u8>)> {
    let cut = bytes.chunks(WRITE_BYTES / 2).enumerate();
    cut.map(|(number, piece)| (bank, offset + number * WRITE_BYTES / 2, piece.to_vec())).collect()
}

impl Cells {
    /// How many of `bytes` the power lasts for.
    fn spend(&mut self, bytes: usize) -> usize {
        self.written += bytes as u64;
        let Some(left) = &mut self.left else { return bytes };
        let spent = bytes.min(usize::try_from(*left).unwrap());
        *left -= spent as u64;
        spent
    }

    fn is_on(&self) -> Result<(), PowerLoss> {
        if self.left == Some(0) { Err(PowerLoss) } else { Ok(()) }
    }

    /// What reads from `from` up to `to`.
    fn shown(&self, bank: usize, from: usize, to: usize) -> Vec<u8> {
        let mut shown = self.synced[bank][from..to].to_vec();
        for (_, offset, bytes) in self.on_the_way.iter().filter(|one| one.0 == bank) {
            let (start, end) = ((*offset).max(from), (offset + bytes.len()).min(to));
            if start < end {
                shown[start - from..end - from].copy_from_slice(&bytes[start - offset..end - offset]);
            }
        }
        shown
    }
}

impl Storage for Flash {
    type Error = PowerLoss;

    fn bank_bytes(&self) -> u32 {
        self.bank_bytes
    }

    fn written_bytes(&mut self, bank: Bank) -> Result<u32, PowerLoss> {
        let shown = self.cells.borrow().shown(place(bank), 0, self.bank_bytes as usize);
        let used = shown.iter().rposition(|byte| *byte != ERASED).map_or(0, |last| last + 1);
        Ok(if self.tells { used.next_multiple_of(WRITE_BYTES) as u32 } else { self.bank_bytes })
    }

    fn read(&mut self, bank: Bank, offset: u32, into: &mut [u8]) -> Result<(), PowerLoss> {
        let cells = self.cells.borrow();
        cells.is_on()?;
        let offset = offset as usize;
        into.copy_from_slice(&cells.shown(place(bank), offset, offset + into.len()));
        Ok(())
    }

    fn append(&mut self, bank: Bank, offset: u32, bytes: &[u8]) -> Result<(), PowerLoss> {
        let mut cells = self.cells.borrow_mut();
        cells.is_on()?;
        let offset = offset as usize;
        assert!(offset.is_multiple_of(WRITE_BYTES) && bytes.len().is_multiple_of(WRITE_BYTES));
        let behind = cells.shown(place(bank), offset, self.bank_bytes as usize);
        assert!(behind.iter().all(|byte| *byte == ERASED), "written twice, or not at the end");
        let spent = cells.spend(bytes.len());
        cells.on_the_way.push((place(bank), offset, bytes[..spent].to_vec()));
        if spent < bytes.len() { Err(PowerLoss) } else { Ok(()) }
    }

    fn sync(&mut self, bank: Bank) -> Result<(), PowerLoss> {
        let mut cells = self.cells.borrow_mut();
        // The moment of the sync is one of those at which the power can go.
        if cells.spend(1) == 0 {
            return Err(PowerLoss);
        }
        let (there, rest): (Vec<_>, Vec<_>) = cells.on_the_way.drain(..).partition(|one| one.0 == place(bank));
        cells.on_the_way = rest;
        for (bank, offset, bytes) in there {
            cells.synced[bank][offset..offset + bytes.len()].copy_from_slice(&bytes);
        }
        Ok(())
    }

    fn erase(&mut self, bank: Bank) -> Result<(), PowerLoss> {
        let mut cells = self.cells.borrow_mut();
        cells.is_on()?;
        let size = self.bank_bytes as usize;
        cells.on_the_way.retain(|one| one.0 != place(bank));
        // A page at a time, and from both ends: what is left of a bank need not be its beginning.
        let pages = size / WRITE_BYTES;
        let spent = cells.spend(pages);
        for page in 0..spent {
            let at = if page % 2 == 0 { page / 2 } else { pages - 1 - page / 2 } * WRITE_BYTES;
            cells.synced[place(bank)][at..at + WRITE_BYTES].fill(ERASED);
        }
        if spent < pages { Err(PowerLoss) } else { Ok(()) }
    }
}
