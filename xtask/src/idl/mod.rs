//! `cargo xtask idl`: the programs' interface descriptions, `sdk/idl/*.json`.
//!
//! Anchor's macros generate tests that print the parts of an IDL, under the feature `idl-build`. Its own assembler
//! looks at one package; here accounts, errors and constants are in each program's interface crate, and other parts of it may
//! be in further crates, so the parts of all are put together: see [`assemble`].

mod assemble;

use std::fs;

use anchor_lang_idl_spec::Idl;
use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::{self, Program, Workspace};

/// What the tests that print are called.
const PRINTERS: &str = "__anchor_private_print_idl";

/// Writes every program's IDL; with `check` only compares, and fails if a file is not as it would be written.
pub fn run(check: bool) -> Result<()> {
    let workspace = Workspace::load()?;
    let folder = workspace.root.join("sdk/idl");
    let mut made = Vec::new();
    for program in workspace.select(&[])? {
        let text = generate(&workspace, &program).with_context(|| format!("no IDL of {}", program.name))?;
        let file = folder.join(format!("{}.json", program.short_name()));
        let present = fs::read_to_string(&file).unwrap_or_default();
        made.push((program, file, present, text));
    }
    let own: Vec<(String, String)> = made.iter().filter_map(|(.., present, text)| renamed(present, text)).collect();
    let mut stale = Vec::new();
    for (program, file, present, text) in made {
        // Under a founder's own addresses, the files in the repository are as good: they differ in nothing else.
        let same = own.iter().fold(text.clone(), |text, (here, there)| text.replace(here, there)) == present;
        if present == text || (check && same) {
            println!("{}: up to date", program.short_name());
        } else if check {
            stale.push(format!("{}: {}", file.display(), first_difference(&present, &text)));
        } else {
            fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
            fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
            println!("{}: written", program.short_name());
        }
    }
    if !stale.is_empty() {
        bail!("run `cargo xtask idl` and commit what it writes:\n{}", stale.join("\n"));
    }
    Ok(())
}

/// The program's IDL as JSON.
fn generate(workspace: &Workspace, program: &Program) -> Result<String> {
    let mut printed = print_parts(workspace, &program.name)?;
    for member in workspace.parts_of(program) {
        printed.push_str(&print_parts(workspace, member)?);
    }
    let idl = assemble::assemble(&printed, &program.version)?;
    Ok(serde_json::to_string_pretty(&idl)? + "\n")
}

/// What the printing tests of `package` wrote. They are compiled into a folder of their own, since the feature would
/// otherwise make every other build start again.
fn print_parts(workspace: &Workspace, package: &str) -> Result<String> {
    process::capture_text(
        process::clean_command(&workspace::cargo())
            .args(["test", "--locked", "--ignore-rust-version", "--quiet", "--lib", "--package", package])
            .args(["--features", "idl-build", "--", PRINTERS, "--show-output", "--test-threads=1"])
            .current_dir(&workspace.root)
            .env("CARGO_TARGET_DIR", workspace.target_folder().join("idl")),
    )
}

/// The address in the IDL as generated and that in the file, if both have one.
fn renamed(present: &str, text: &str) -> Option<(String, String)> {
    let address = |text| serde_json::from_str::<Idl>(text).ok().map(|idl| idl.address);
    Some((address(text)?, address(present)?))
}

/// Where two texts differ, in words.
fn first_difference(present: &str, wanted: &str) -> String {
    if present.is_empty() {
        return "is missing".to_owned();
    }
    let lines = present.lines().map(Some).chain(std::iter::repeat(None));
    let line = wanted.lines().zip(lines).position(|(wanted, present)| Some(wanted) != present);
    match line {
        Some(line) => format!("differs from line {}", line + 1),
        None => "has lines too many".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn first_difference_names_the_line_or_says_what_is_wrong() {
        assert_eq!(first_difference("", "a"), "is missing");
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), "differs from line 2");
        assert_eq!(first_difference("a\n", "a\nc\n"), "differs from line 2");
        assert_eq!(first_difference("a\nb\n", "a\n"), "has lines too many");
    }
}
