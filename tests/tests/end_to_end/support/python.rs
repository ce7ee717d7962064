//! Programs of Python packages, in virtual environments below the build's own folder, installed once.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

/// Runs to the end; panics with everything that was said unless it succeeds.
pub fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
}

/// The program `name` of the first of `packages`, which are pinned, with spaces between them.
pub fn program(packages: &str, name: &str) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let (program, stamp) = (home.join("bin").join(name), home.join("installed"));
    // Several tests, of several processes, may want it at once.
    let lock = File::create(home.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == packages) {
        return program;
    }
    let _ = std::fs::remove_dir_all(&home);
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(&home);
    if !venv.output().is_ok_and(|output| output.status.success()) {
        // Debian's Python comes without it.
        run(Command::new("apt-get").args(["install", "-y", "--no-install-recommends", "python3-venv", "python3-pip"]));
        let _ = std::fs::remove_dir_all(&home);
        run(&mut venv);
    }
    run(Command::new(home.join("bin/pip"))
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(packages.split(' ')));
    std::fs::write(stamp, packages).unwrap();
    program
}
