//! Running other programs, with errors that say what was run and what it said.

use std::env;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// What `cargo run` and a user's own settings put into the environment, and what must not reach a build whose
/// flags and tools are fixed here.
const BUILD_VARIABLES: [&str; 10] = [
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "LD_LIBRARY_PATH",
    "RUSTC",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
];

/// A command without the variables that would change a build behind our back.
pub fn clean_command(program: &str) -> Command {
    let mut command = Command::new(program);
    for name in BUILD_VARIABLES {
        command.env_remove(name);
    }
    command
}

/// Runs to the end and gives what was written to standard output; fails with the tail of standard error.
pub fn capture(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {}", name_of(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed ({}): {}", name_of(command), output.status, said.trim());
    }
    Ok(output.stdout)
}

/// Like [`capture`], as text.
pub fn capture_text(command: &mut Command) -> Result<String> {
    let bytes = capture(command)?;
    String::from_utf8(bytes).with_context(|| format!("{} wrote something that is not UTF-8", name_of(command)))
}

/// Runs to the end with this terminal as its output.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("cannot start {}", name_of(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", name_of(command));
    }
    Ok(())
}

/// Whether a program of this name is on the search path.
pub fn is_on_path(program: &str) -> bool {
    let Some(path) = env::var_os("PATH") else { return false };
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// An environment variable's value; unset and empty mean the same.
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn name_of(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}
