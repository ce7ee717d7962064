//! What the commands say. Who reads it may go away at any time (`trellis audit … | head`): that is no error.

use std::{
    fmt::Display,
    io::{ErrorKind, Result, Write, stderr, stdout},
};

/// A line on standard output: the result.
///
/// # Errors
/// The line could not be written, and not because nobody reads it.
pub fn result(line: impl Display) -> Result<()> {
    match writeln!(stdout(), "{line}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// A line on standard output that the result does not depend on.
pub fn progress(line: impl Display) {
    // There is nobody to tell.
    let _ = result(line);
}

/// A line on standard error.
pub fn note(line: impl Display) {
    // There is nobody to tell.
    let _ = writeln!(stderr(), "{line}");
}

/// Tells of progress: on standard output, or on standard error when standard output is for JSON.
#[derive(Clone, Copy)]
pub struct Say {
    json: bool,
}

impl Say {
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    pub fn line(self, text: impl AsRef<str>) {
        match self.json {
            true => note(text.as_ref()),
            false => progress(text.as_ref()),
        }
    }
}

const LAMPORTS_PER_SOL: u64 = 1_000_000_000;

/// Lamports as an amount of SOL, exactly, such as `1.5`.
pub fn sol(lamports: u64) -> String {
    let (whole, fraction) = (lamports / LAMPORTS_PER_SOL, lamports % LAMPORTS_PER_SOL);
    match fraction {
        0 => whole.to_string(),
        _ => format!("{whole}.{fraction:09}").trim_end_matches('0').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::sol;

    #[test]
    fn sol_is_exact() {
        let shown = [0, 1, 1_500_000_000, 2_000_000_000, u64::MAX].map(sol);
        assert_eq!(shown, ["0", "0.000000001", "1.5", "2", "18446744073.709551615"]);
    }
}
