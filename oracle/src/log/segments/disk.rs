//! Files and folders, with errors that name them.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use crate::log::LogError;

/// How the name of a file ends that is not whole yet.
pub const UNFINISHED: &str = ".new";

/// Makes an I/O error into the log's: what could not be done to which path.
pub fn error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LogError {
    let path = path.display().to_string();
    move |source| LogError::Io { action, path, source }
}

/// Brings a file, or the names in a folder, to the disk.
pub fn sync(path: &Path) -> Result<(), LogError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(error("sync", path))
}

/// Puts `bytes` at `path` so that a crash leaves either what was there before or all of it.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), LogError> {
    let unfinished = unfinished(path);
    fs::write(&unfinished, bytes).map_err(error("write", &unfinished))?;
    sync(&unfinished)?;
    fs::rename(&unfinished, path).map_err(error("write", path))?;
    sync(parent(path))
}

/// Where a file is written that will stand at `path` once it is whole.
pub fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(UNFINISHED);
    path.with_file_name(name)
}

/// Makes a folder that survives a crash.
pub fn make_folder(path: &Path) -> Result<(), LogError> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(error("create", path))?;
    sync(parent(path))
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
