//! Numbered JSON files in a folder.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

/// Why statements could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error("cannot reach {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} is damaged: {source}; restore it from a copy")]
    Damaged { path: PathBuf, source: serde_json::Error },
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> FilesError {
    let path = path.to_owned();
    move |source| FilesError::Io { path, source }
}

/// A folder of statements.
#[derive(Debug)]
pub struct NumberedFiles(PathBuf);

impl NumberedFiles {
    /// Opens or creates the folder.
    pub fn open(folder: PathBuf) -> Result<Self, FilesError> {
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync(parent)?;
        }
        Ok(Self(folder))
    }

    fn path(&self, number: u64) -> PathBuf {
        self.0.join(format!("{number:08}.json"))
    }

    /// Returns once the statement is on the disk, whole and under its name. One that has the number is replaced.
    pub fn write<T: Serialize>(&self, number: u64, statement: &T) -> Result<(), FilesError> {
        let path = self.path(number);
        let mut bytes = serde_json::to_vec_pretty(statement)
            .map_err(|source| FilesError::Damaged { path: path.clone(), source })?;
        bytes.push(b'\n');
        let partial = self.0.join(format!(".{number:08}.partial"));
        let written = File::create(&partial).and_then(|mut file| {
            file.write_all(&bytes)?;
            file.sync_all()
        });
        written.map_err(at(&partial))?;
        fs::rename(&partial, &path).map_err(at(&path))?;
        sync(&self.0)
    }

    /// All of them, in order of their numbers. What a crash left half written has no name yet, and is passed over.
    pub fn read<T: DeserializeOwned>(&self) -> Result<Vec<(u64, T)>, FilesError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(at(&self.0))? {
            let path = entry.map_err(at(&self.0))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".json"));
            let Some(number) = name.and_then(|name| name.parse().ok()) else { continue };
            let bytes = fs::read(&path).map_err(at(&path))?;
            let statement = serde_json::from_slice(&bytes);
            found.push((number, statement.map_err(|source| FilesError::Damaged { path: path.clone(), source })?));
        }
        found.sort_by_key(|(number, _)| *number);
        Ok(found)
    }
}

fn sync(folder: &Path) -> Result<(), FilesError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_in_order_and_what_is_half_written_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = NumberedFiles::open(folder.path().join("statements")).unwrap();
        for number in [10u64, 2, 100_000_000_000] {
            files.write(number, &number.to_string()).unwrap();
        }
        files.write(2, &"again").unwrap();
        fs::write(folder.path().join("statements/.00000003.partial"), "\"thr").unwrap();
        fs::write(folder.path().join("statements/notes.json"), "{").unwrap();
        let read: Vec<(u64, String)> = files.read().unwrap();
        assert_eq!(
            read.iter().map(|(number, text)| (*number, text.as_str())).collect::<Vec<_>>(),
            [(2, "again"), (10, "10"), (100_000_000_000, "100000000000"),]
        );
    }

    #[test]
    fn damaged_and_unreachable_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let files = NumberedFiles::open(folder.path().join("statements")).unwrap();
        fs::write(folder.path().join("statements/00000001.json"), "{").unwrap();
        let error = files.read::<String>().unwrap_err();
        assert!(matches!(error, FilesError::Damaged { .. }) && error.to_string().contains("00000001.json"), "{error}");
        fs::write(folder.path().join("file"), "").unwrap();
        let error = NumberedFiles::open(folder.path().join("file")).unwrap_err();
        assert!(matches!(error, FilesError::Io { .. }) && error.to_string().contains("file"), "{error}");
    }
}
