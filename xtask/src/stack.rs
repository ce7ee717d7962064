//! How much stack each function of a program uses, read from its instructions.
//!
//! In sBPF version 3 every call gets a frame of [`FRAME_BYTES`], whatever the function needs, and frames follow
//! one another without gaps. r10 points to a frame's end and never changes; locals are below it. A function that
//! reaches below its frame overwrites its caller's, and nothing in the virtual machine notices.
//!
//! Arguments past the fifth are written by the caller to the bottom of the frame that the callee will get, which
//! is above the caller's r10. They leave that much less for the callee's locals.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::elf::{INSTRUCTION_BYTES, Program, TEXT_ADDRESS};

/// The bytes of stack that a call gets.
pub const FRAME_BYTES: u64 = 4096;

/// No function takes more than these on the stack; what is read further up is a local, whose writing stands before a
/// split in two that is none.
const MOST_ARGUMENTS_BYTES: u64 = 512;

const FRAME_POINTER: usize = 10;
const LOAD_CONSTANT: u8 = 0x18;
const MOVE: u8 = 0xbf;
const ADD_CONSTANT: u8 = 0x07;
const CALL: u8 = 0x85;
/// The source register of a call to a function in the program; calls into the runtime have another.
const CALL_INSIDE: usize = 1;

/// What one function keeps on the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The address of the function's first instruction.
    pub address: u64,
    /// From the end of the frame down to the lowest local.
    pub locals_bytes: u64,
    /// From the bottom of the frame up to the highest argument that is passed on the stack.
    pub arguments_bytes: u64,
}

impl Frame {
    /// What the function needs of its [`FRAME_BYTES`].
    pub fn bytes(&self) -> u64 {
        self.locals_bytes + self.arguments_bytes
    }
}

/// The frame of the function that needs most. Fails if the program moves r10, as older versions of sBPF do.
pub fn largest_frame(program: &Program) -> Result<Frame> {
    let starts = function_starts(program);
    let mut largest = Frame { address: program.entry, ..Frame::default() };
    let mut ends = starts.iter().skip(1).copied().chain([TEXT_ADDRESS + program.text.len() as u64]);
    for &start in &starts {
        let end = ends.next().unwrap_or(start);
        let range = (start - TEXT_ADDRESS) as usize..(end - TEXT_ADDRESS) as usize;
        let frame = frame(start, &program.text[range])?;
        if frame.bytes() > largest.bytes() {
            largest = frame;
        }
    }
    Ok(largest)
}

/// Where functions begin: the entry, what is called, what symbols name, and every constant that could be a
/// function's address. One too many splits a function in two, which can hide an argument but never a local.
fn function_starts(program: &Program) -> BTreeSet<u64> {
    let end = TEXT_ADDRESS + program.text.len() as u64;
    let mut starts = BTreeSet::from([TEXT_ADDRESS, program.entry]);
    starts.extend(program.names.keys());
    for (address, instruction) in instructions(TEXT_ADDRESS, program.text) {
        match instruction.opcode {
            CALL if instruction.source == CALL_INSIDE => {
                let distance = (i64::from(instruction.constant) + 1) * INSTRUCTION_BYTES as i64;
                starts.insert(address.wrapping_add_signed(distance));
            }
            LOAD_CONSTANT => {
                starts.insert(instruction.wide_constant);
            }
            _ => {}
        }
    }
    starts.extend(program.constants.chunks_exact(8).map(word));
    starts.retain(|start| (TEXT_ADDRESS..end).contains(start) && start % INSTRUCTION_BYTES as u64 == 0);
    starts
}

/// The stack use of the function at `address` that has these instructions.
fn frame(address: u64, text: &[u8]) -> Result<Frame> {
    let mut frame = Frame { address, ..Frame::default() };
    let mut reads = BTreeSet::new();
    // Which registers are copies of r10, on the way to being the address of a local.
    let mut copies = [false; 16];
    for (at, instruction) in instructions(address, text) {
        let Instruction { opcode, target, source, offset, constant, .. } = instruction;
        let depth = |offset: i64| u64::try_from(-offset).unwrap_or(0);
        match opcode {
            ADD_CONSTANT if target == FRAME_POINTER => {
                bail!("the instruction at {at:#x} moves the frame pointer: this is not sBPF version 3");
            }
            0x61 | 0x69 | 0x71 | 0x79 if source == FRAME_POINTER => {
                reads.insert(depth(i64::from(offset)));
            }
            0x62 | 0x6a | 0x72 | 0x7a | 0x63 | 0x6b | 0x73 | 0x7b if target == FRAME_POINTER => {
                frame.locals_bytes = frame.locals_bytes.max(depth(i64::from(offset)));
            }
            ADD_CONSTANT if copies[target] => {
                frame.locals_bytes = frame.locals_bytes.max(depth(i64::from(constant)));
            }
            _ => {}
        }
        copies[target] = opcode == MOVE && source == FRAME_POINTER;
    }
    // What is read and lies deeper than everything that the function writes was written by its caller.
    if let Some(shallowest) = reads.range((frame.locals_bytes + 1).max(FRAME_BYTES - MOST_ARGUMENTS_BYTES)..).next() {
        frame.arguments_bytes = (FRAME_BYTES + 8).saturating_sub(*shallowest);
    }
    Ok(frame)
}

struct Instruction {
    opcode: u8,
    target: usize,
    source: usize,
    offset: i16,
    constant: i32,
    /// The constant of [`LOAD_CONSTANT`], of 64 bits.
    wide_constant: u64,
}

/// The instructions of `text` with their addresses, the first of which is `start`.
fn instructions(start: u64, text: &[u8]) -> impl Iterator<Item = (u64, Instruction)> {
    let mut index = 0;
    std::iter::from_fn(move || {
        let bytes = text.get(index..index + INSTRUCTION_BYTES)?;
        let address = start + index as u64;
        index += INSTRUCTION_BYTES;
        let constant = i32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
        let mut wide_constant = 0;
        if bytes[0] == LOAD_CONSTANT {
            let upper = text.get(index + 4..index + INSTRUCTION_BYTES)?;
            index += INSTRUCTION_BYTES;
            wide_constant = word(&[&bytes[4..], upper].concat());
        }
        let (target, source) = (usize::from(bytes[1] & 0xf), usize::from(bytes[1] >> 4));
        let offset = i16::from_le_bytes([bytes[2], bytes[3]]);
        Some((address, Instruction { opcode: bytes[0], target, source, offset, constant, wide_constant }))
    })
}

fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf;

    const EXIT: [u8; 8] = [0x95, 0, 0, 0, 0, 0, 0, 0];

    fn code(opcode: u8, target: u8, source: u8, offset: i16, constant: i32) -> [u8; 8] {
        let (o, c) = (offset.to_le_bytes(), constant.to_le_bytes());
        [opcode, source << 4 | target, o[0], o[1], c[0], c[1], c[2], c[3]]
    }

    fn largest(instructions: &[[u8; 8]], constants: &[u8]) -> Result<Frame> {
        let file = elf::tests::file(&instructions.concat(), constants, 3);
        largest_frame(&Program::parse(&file).unwrap())
    }

    #[test]
    fn store_below_the_frame_pointer_counts_to_its_lowest_byte() {
        let frame = largest(&[code(0x7b, 10, 1, -24, 0), code(0x73, 10, 1, -7, 0), EXIT], b"").unwrap();
        assert_eq!((frame.locals_bytes, frame.arguments_bytes), (24, 0));
    }

    #[test]
    fn address_of_a_local_counts_and_other_sums_do_not() {
        let address = [code(MOVE, 1, 10, 0, 0), code(ADD_CONSTANT, 1, 0, 0, -512), EXIT];
        assert_eq!(largest(&address, b"").unwrap().bytes(), 512);
        let overwritten = [code(MOVE, 1, 10, 0, 0), code(MOVE, 1, 2, 0, 0), code(ADD_CONSTANT, 1, 0, 0, -512), EXIT];
        assert_eq!(largest(&overwritten, b"").unwrap().bytes(), 0);
    }

    #[test]
    fn called_function_is_reported_by_its_own_address() {
        let call = code(CALL, 0, 1, 0, 1);
        let frame = largest(&[call, EXIT, code(0x7b, 10, 1, -64, 0), EXIT], b"").unwrap();
        assert_eq!((frame.address, frame.bytes()), (TEXT_ADDRESS + 16, 64));
    }

    #[test]
    fn function_reached_through_a_table_is_reported_by_its_own_address() {
        let table = (TEXT_ADDRESS + 8).to_le_bytes();
        let frame = largest(&[EXIT, code(0x7b, 10, 1, -64, 0), EXIT], &table).unwrap();
        assert_eq!(frame.address, TEXT_ADDRESS + 8);
    }

    #[test]
    fn stack_arguments_take_room_from_locals() {
        // Two arguments, at 8 and 16 above the bottom, and 4,080 bytes of locals: they overlap.
        let read = |above: i16| code(0x79, 1, 10, above - 4096, 0);
        let frame = largest(&[code(0x7b, 10, 1, -4080, 0), read(8), EXIT], b"").unwrap();
        assert_eq!((frame.locals_bytes, frame.arguments_bytes), (4080, 16));
        assert!(frame.bytes() <= FRAME_BYTES);
        let frame = largest(&[code(0x7b, 10, 1, -4076, 0), read(8), read(16), EXIT], b"").unwrap();
        assert!(frame.bytes() > FRAME_BYTES);
    }

    #[test]
    fn local_read_by_a_function_that_was_split_in_two_is_no_argument() {
        // A constant that looks like the address of the second half.
        let table = (TEXT_ADDRESS + 8).to_le_bytes();
        let halves = [code(0x7b, 10, 1, -64, 0), code(0x79, 1, 10, -64, 0), EXIT];
        assert_eq!(largest(&halves, &table).unwrap().bytes(), 64);
    }

    #[test]
    fn store_for_a_callee_is_not_a_local() {
        assert_eq!(largest(&[code(0x7b, 10, 1, 16, 0), EXIT], b"").unwrap().bytes(), 0);
    }

    #[test]
    fn moved_frame_pointer_is_an_error() {
        let error = largest(&[code(ADD_CONSTANT, 10, 0, 0, -64), EXIT], b"").unwrap_err().to_string();
        assert!(error.contains("0x100000000"), "{error}");
    }
}
