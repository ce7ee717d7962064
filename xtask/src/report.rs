//! What a built program is like: its size, and its largest stack frame.

use std::path::Path;

use anyhow::Result;

use crate::elf::Program;
use crate::stack::{self, FRAME_BYTES, Frame};

/// Figures of one program.
pub struct Report {
    size_bytes: usize,
    frame: Frame,
    /// The name of the function with that frame, where the file has names.
    function: Option<String>,
}

impl Report {
    /// Reads the figures from a program's file.
    pub fn of(file: &[u8]) -> Result<Self> {
        let program = Program::parse(file)?;
        let frame = stack::largest_frame(&program)?;
        let function = program.names.get(&frame.address).cloned();
        Ok(Self { size_bytes: file.len(), frame, function })
    }

    /// One line for the terminal.
    pub fn line(&self, path: &Path) -> String {
        format!(
            "{}: {} bytes, largest stack frame {} of {FRAME_BYTES} bytes ({})",
            path.display(),
            self.size_bytes,
            self.frame.bytes(),
            self.function()
        )
    }

    /// What is wrong, if the largest frame is too large.
    pub fn excess(&self) -> Option<String> {
        let bytes = self.frame.bytes();
        (bytes > FRAME_BYTES).then(|| {
            format!(
                "{} needs {bytes} bytes of stack ({} of locals, {} of arguments), and a call gets {FRAME_BYTES}; put \
                 its larger locals into a Box, or split it into functions marked #[inline(never)]",
                self.function(),
                self.frame.locals_bytes,
                self.frame.arguments_bytes
            )
        })
    }

    fn function(&self) -> String {
        match &self.function {
            Some(name) => format!("function {name}"),
            None => format!("function at {:#x}", self.frame.address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf;

    fn report(offset: i16) -> Report {
        let [low, high] = offset.to_le_bytes();
        let text = [[0x7b, 0x1a, low, high, 0, 0, 0, 0], [0x95, 0, 0, 0, 0, 0, 0, 0]].concat();
        Report::of(&elf::tests::file(&text, b"", 3)).unwrap()
    }

    #[test]
    fn line_gives_path_size_and_frame() {
        let line = report(-4096).line(Path::new("a.so"));
        assert_eq!(line, "a.so: 192 bytes, largest stack frame 4096 of 4096 bytes (function at 0x100000000)");
    }

    #[test]
    fn excess_is_reported_above_the_limit_alone() {
        assert!(report(-4096).excess().is_none());
        let excess = report(-4097).excess().unwrap();
        assert!(excess.contains("function at 0x100000000 needs 4097 bytes"), "{excess}");
    }
}
