//! The little of an ELF file that a program for sBPF version 3 has: a header, and segments at fixed addresses.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

/// Where instructions are in the virtual machine's memory.
pub const TEXT_ADDRESS: u64 = 1 << 32;
/// The bytes of one instruction (64-bit constants take two).
pub const INSTRUCTION_BYTES: usize = 8;

const MACHINE_BPF: [u16; 2] = [247, 263];
const SEGMENT_LOAD: u32 = 1;
const SECTION_SYMBOLS: u32 = 2;
const SYMBOL_FUNCTION: u8 = 2;

/// A program, as views into the file.
pub struct Program<'a> {
    /// The instructions, which start at [`TEXT_ADDRESS`].
    pub text: &'a [u8],
    /// Constants, among them tables of function addresses; may be empty.
    pub constants: &'a [u8],
    /// The address at which the program is entered.
    pub entry: u64,
    /// Names of functions by address, if the file has symbols. sbpf-linker leaves them out.
    pub names: BTreeMap<u64, String>,
}

impl<'a> Program<'a> {
    /// Reads a file. Fails if it is not an ELF file for sBPF version 3.
    pub fn parse(file: &'a [u8]) -> Result<Self> {
        if file.get(..6) != Some(b"\x7fELF\x02\x01".as_slice()) {
            bail!("it is not a 64-bit little-endian ELF file");
        }
        let machine = number::<2>(file, 18)?;
        if !MACHINE_BPF.iter().any(|known| u64::from(*known) == machine) {
            bail!("it is made for machine {machine}, not for BPF");
        }
        let version = number::<4>(file, 48)?;
        if version != 3 {
            bail!("it is made for sBPF version {version}, and this deploys version 3");
        }
        let mut program = Self { text: &[], constants: &[], entry: number::<8>(file, 24)?, names: symbols(file)? };
        let (table, size, count) = (number::<8>(file, 32)?, number::<2>(file, 54)?, number::<2>(file, 56)?);
        for index in 0..count {
            let header = part(file, table + index * size, size)?;
            if number::<4>(header, 0)? != u64::from(SEGMENT_LOAD) {
                continue;
            }
            let bytes = part(file, number::<8>(header, 8)?, number::<8>(header, 32)?)?;
            match number::<8>(header, 16)? {
                TEXT_ADDRESS => program.text = bytes,
                0 => program.constants = bytes,
                _ => {}
            }
        }
        if program.text.is_empty() || !program.text.len().is_multiple_of(INSTRUCTION_BYTES) {
            bail!("it has {} bytes of instructions, which cannot be", program.text.len());
        }
        let end = TEXT_ADDRESS + program.text.len() as u64;
        if !(TEXT_ADDRESS..end).contains(&program.entry) {
            bail!("it is entered at {:#x}, where it has no instructions", program.entry);
        }
        Ok(program)
    }
}

/// The names of functions, from the symbol table if there is one.
fn symbols(file: &[u8]) -> Result<BTreeMap<u64, String>> {
    let (table, size, count) = (number::<8>(file, 40)?, number::<2>(file, 58)?, number::<2>(file, 60)?);
    let section = |index: u64| part(file, table + index * size, size);
    let contents = |header: &[u8]| part(file, number::<8>(header, 24)?, number::<8>(header, 32)?);
    let mut names = BTreeMap::new();
    for index in 0..count {
        let header = section(index)?;
        if number::<4>(header, 4)? != u64::from(SECTION_SYMBOLS) {
            continue;
        }
        let strings = contents(section(number::<4>(header, 40)?)?)?;
        for symbol in contents(header)?.chunks_exact(24) {
            let start = number::<4>(symbol, 0)?;
            let is_function = symbol[4] & 0xf == SYMBOL_FUNCTION;
            if is_function && let Some(text) = usize::try_from(start).ok().and_then(|start| strings.get(start..)) {
                let name = text.split(|byte| *byte == 0).next().unwrap_or_default();
                names.insert(number::<8>(symbol, 8)?, String::from_utf8_lossy(name).into_owned());
            }
        }
    }
    Ok(names)
}

/// A little-endian number of `N` bytes.
fn number<const N: usize>(bytes: &[u8], offset: u64) -> Result<u64> {
    let mut wide = [0; 8];
    wide[..N].copy_from_slice(part(bytes, offset, N as u64)?);
    Ok(u64::from_le_bytes(wide))
}

fn part(bytes: &[u8], offset: u64, length: u64) -> Result<&[u8]> {
    let start = usize::try_from(offset).ok();
    let end = start.and_then(|start| start.checked_add(usize::try_from(length).ok()?));
    start
        .zip(end)
        .and_then(|(start, end)| bytes.get(start..end))
        .with_context(|| format!("it ends before byte {offset} + {length}"))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A file with one text segment, and a segment of constants if there are any.
    pub fn file(text: &[u8], constants: &[u8], version: u32) -> Vec<u8> {
        let mut file = b"\x7fELF\x02\x01\x01".to_vec();
        file.resize(16, 0);
        let mut put = |bytes: &[u8]| file.extend_from_slice(bytes);
        put(&3u16.to_le_bytes());
        put(&247u16.to_le_bytes());
        put(&1u32.to_le_bytes());
        put(&TEXT_ADDRESS.to_le_bytes());
        put(&64u64.to_le_bytes());
        put(&0u64.to_le_bytes());
        put(&version.to_le_bytes());
        for half in [64u16, 56, 2, 64, 0, 0] {
            put(&half.to_le_bytes());
        }
        let start = 64 + 2 * 56;
        for (flags, address, offset, length) in
            [(4u32, 0u64, start, constants.len()), (1, TEXT_ADDRESS, start + constants.len(), text.len())]
        {
            put(&SEGMENT_LOAD.to_le_bytes());
            put(&flags.to_le_bytes());
            for word in [offset as u64, address, address, length as u64, length as u64, 8] {
                put(&word.to_le_bytes());
            }
        }
        put(constants);
        put(text);
        file
    }

    #[test]
    fn parse_gives_text_constants_and_entry() {
        let file = file(&[0x95, 0, 0, 0, 0, 0, 0, 0], b"constant", 3);
        let program = Program::parse(&file).unwrap();
        assert_eq!((program.text.len(), program.constants), (8, b"constant".as_slice()));
        assert_eq!(program.entry, TEXT_ADDRESS);
        assert!(program.names.is_empty());
    }

    #[test]
    fn parse_other_version_is_refused_with_its_number() {
        let error = Program::parse(&file(&[0; 8], b"", 0)).err().unwrap().to_string();
        assert!(error.contains("sBPF version 0"), "{error}");
    }

    #[test]
    fn parse_truncated_or_foreign_file_is_an_error() {
        let whole = file(&[0; 16], b"", 3);
        for length in 0..whole.len() {
            assert!(Program::parse(&whole[..length]).is_err(), "{length}");
        }
        assert!(Program::parse(b"not an ELF file").is_err());
    }
}
