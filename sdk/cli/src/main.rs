//! `trellis`: runs and checks networks of Trellis.

use std::process::ExitCode;

use clap::Parser;
use trellis_cli::{
    commands::{CheckFailed, Said, Unusable, advice::explained, arguments::Arguments},
    output,
};

/// Exit code for arguments and files that cannot be used.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return misused(&error),
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into(), arguments.json),
    };
    let outcome = runtime.block_on(arguments.command.run(arguments.json));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, arguments.json),
    }
}

/// Help and version, and what is wrong with the arguments: as clap says it, or as JSON if that was asked for.
fn misused(error: &clap::Error) -> ExitCode {
    let json = std::env::args_os().any(|argument| argument == "--json");
    if !json || !error.use_stderr() {
        error.exit();
    }
    let shown = error.render().to_string();
    // The usage and the hint at --help come after an empty line.
    let message = shown.split("\n\n").next().unwrap_or_default();
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    say_in_json(message.strip_prefix("error: ").unwrap_or(&message));
    ExitCode::from(UNUSABLE)
}

/// Says what went wrong, in words or as JSON, and picks the exit code.
fn fail(error: &anyhow::Error, json: bool) -> ExitCode {
    if error.is::<Said>() {
        return ExitCode::FAILURE;
    }
    let (message, check_failed) = (explained(error.as_ref()), error.is::<CheckFailed>());
    match (json, check_failed) {
        (true, _) => say_in_json(&message),
        (false, true) => output::note(format!("FAILED: {message}")),
        (false, false) => output::note(format!("error: {message}")),
    }
    match error.is::<Unusable>() {
        true => ExitCode::from(UNUSABLE),
        false => ExitCode::FAILURE,
    }
}

fn say_in_json(message: &str) {
    output::progress(serde_json::json!({ "ok": false, "error": message }));
}
