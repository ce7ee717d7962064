//! Where one of several nodes writes a bundle before it goes into the bundle folder that they share.
//!
//! A node that was stopped in the middle of a bundle, lost its turn and goes on must not touch what the next one writes
//! under the same name. So each process has a folder of its own, and whoever has the turn removes the others'.

use std::{
    fs::{self, File},
    hash::{BuildHasher, RandomState},
    io,
    path::{Path, PathBuf},
};

const PREFIX: &str = ".node-";

/// A process's own folder below the shared one.
pub struct NodeFolder {
    shared: PathBuf,
    name: String,
}

impl NodeFolder {
    pub fn new(shared: &Path) -> Self {
        // Another in every process.
        let name = format!("{PREFIX}{:016x}", RandomState::new().hash_one(std::process::id()));
        Self { shared: shared.to_owned(), name }
    }

    /// The folder, empty of what others began.
    pub fn take(&self) -> io::Result<PathBuf> {
        for entry in fs::read_dir(&self.shared)? {
            let entry = entry?;
            let name = entry.file_name();
            if name.to_string_lossy().starts_with(PREFIX) && name.to_string_lossy() != self.name {
                fs::remove_dir_all(entry.path())?;
            }
        }
        let own = self.shared.join(&self.name);
        fs::create_dir_all(&own)?;
        Ok(own)
    }

    /// Moves what was `written` to its final name, unless something is there already; that stays.
    pub fn publish(&self, written: &Path, folder: &Path) -> io::Result<()> {
        match fs::rename(written, folder) {
            Err(_) if folder.exists() => {}
            renamed => {
                renamed?;
                File::open(&self.shared)?.sync_all()?;
            }
        }
        fs::remove_dir_all(self.shared.join(&self.name))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn bundle_of_a_node_that_lost_its_turn_never_replaces_another() {
        let shared = tempfile::tempdir().unwrap();
        let (slow, next) = (NodeFolder::new(shared.path()), NodeFolder::new(shared.path()));
        let target = shared.path().join("epoch-0");
        let write = |root: &Path, text: &str| {
            let folder = root.join("epoch-0");
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("manifest"), text).unwrap();
            folder
        };
        let begun = slow.take().unwrap();
        write(&begun, "slow");
        let written = write(&next.take().unwrap(), "next");
        assert!(!begun.exists(), "the next node removed it");
        next.publish(&written, &target).unwrap();

        // It goes on, and comes too late.
        let written = write(&begun, "slow");
        slow.publish(&written, &target).unwrap();
        assert_eq!(fs::read_to_string(target.join("manifest")).unwrap(), "next");
        assert_eq!(fs::read_dir(shared.path()).unwrap().count(), 1, "nothing else is left");
        assert!(slow.publish(&written, &shared.path().join("epoch-1")).is_err(), "what is not there");
    }
}
