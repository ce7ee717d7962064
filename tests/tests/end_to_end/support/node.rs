//! Programs of Node.js with packages of npm, in folders below the build's own, installed once.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use super::python::run;

/// The program `name` of the folder `source`, copied to where the packages that its lockfile pins are installed.
pub fn program(source: &Path, name: &str) -> PathBuf {
    let folder = source.file_name().unwrap().to_str().unwrap();
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("npm-{folder}"));
    let (lockfile, stamp) = ("package-lock.json", home.join("installed"));
    let pinned = fs::read_to_string(source.join(lockfile)).unwrap();
    // Several tests, of several processes, may want it at once.
    let lock = File::create(home.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    if fs::read_to_string(&stamp).unwrap_or_default() != pinned {
        let _ = fs::remove_dir_all(&home);
        fs::create_dir_all(&home).unwrap();
        for file in ["package.json", lockfile] {
            fs::copy(source.join(file), home.join(file)).unwrap();
        }
        // What packages would run when they are installed is not needed, and not trusted.
        let flags = ["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"];
        run(Command::new("npm").args(flags).current_dir(&home));
        fs::write(stamp, pinned).unwrap();
    }
    fs::copy(source.join(name), home.join(name)).unwrap();
    home.join(name)
}
