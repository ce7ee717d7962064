//! `trellis completions` and `trellis man`.

use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Unusable, arguments::Arguments};
use crate::output;

/// Prints what makes a shell complete `trellis`'s commands and flags.
///
/// For bash: trellis completions bash > ~/.local/share/bash-completion/completions/trellis
///
/// For zsh, into a folder of its fpath: trellis completions zsh > ~/.zfunc/_trellis
#[derive(Clone, Debug, clap::Args)]
pub struct CompletionsArgs {
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// Writes man pages for all commands into a folder.
#[derive(Clone, Debug, clap::Args)]
pub struct ManArgs {
    /// Where to put them, such as ~/.local/share/man/man1
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// # Errors
/// Standard output cannot be written.
pub fn run_completions(args: &CompletionsArgs) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "trellis", &mut script);
    Ok(output::result(String::from_utf8_lossy(&script).trim_end())?)
}

/// # Errors
/// The folder cannot be written.
pub fn run_man(args: &ManArgs) -> anyhow::Result<()> {
    let folder = args.folder.display().to_string();
    let unwritable = |error: std::io::Error| Unusable(format!("cannot write man pages into {folder}: {error}"));
    std::fs::create_dir_all(&args.folder).map_err(unwritable)?;
    // One page a command: `man trellis-audit` finds it.
    clap_mangen::generate_to(Arguments::command(), &args.folder).map_err(unwritable)?;
    Ok(output::result(format!("man pages are in {folder}: man -l {folder}/trellis.1"))?)
}
