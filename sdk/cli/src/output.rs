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
