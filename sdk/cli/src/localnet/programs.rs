//! Program files: where they are built, what may be placed, and placing them on a chain.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use solana_address::Address;
use surfpool_core::{error::SurfpoolError, surfnet::locker::SurfnetSvmLocker};

use trellis_program_ids::PROGRAMS;

use super::LocalChainError;

/// The first bytes of an ELF file.
const ELF_MAGIC: [u8; 4] = *b"\x7fELF";

/// Trellis's programs: name, id, file below the deploy folder.
pub const TRELLIS_PROGRAMS: [(&str, Address, &str); PROGRAMS.len()] = {
    let mut programs = [("", Address::new_from_array([0; 32]), ""); PROGRAMS.len()];
    let mut place = 0;
    while place < PROGRAMS.len() {
        let program = PROGRAMS[place];
        programs[place] = (program.name, Address::from_str_const(program.id), program.file);
        place += 1;
    }
    programs
};

/// Trellis's programs as built into `folder`, or into [`deploy_dir`] if left out.
pub fn trellis_programs(folder: Option<PathBuf>, upgrade_authority: Address) -> Vec<ProgramFile> {
    let folder = folder.unwrap_or_else(deploy_dir);
    let program =
        |&(_, id, file): &(&str, Address, &str)| ProgramFile { id, path: folder.join(file), upgrade_authority };
    TRELLIS_PROGRAMS.iter().map(program).collect()
}

/// A built program and the id at which it is to be placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramFile {
    /// The id that the program was built for; its keypair is not needed.
    pub id: Address,
    /// The `.so` file.
    pub path: PathBuf,
    /// Who may upgrade the program. Programs that ask for their upgrade authority's signature ask
    /// this address.
    pub upgrade_authority: Address,
}

/// A program file with its bytes, which are an ELF file's by their first four.
pub(super) struct ProgramImage {
    pub file: ProgramFile,
    elf: Vec<u8>,
}

impl ProgramFile {
    /// Reads the file and refuses what can't be a program.
    pub(super) fn read(&self) -> Result<ProgramImage, LocalChainError> {
        let path = self.path.clone();
        let elf = match std::fs::read(&path) {
            Ok(elf) => elf,
            Err(error) => return Err(LocalChainError::ProgramUnreadable { path, error }),
        };
        if elf.is_empty() {
            return Err(LocalChainError::ProgramEmpty { path });
        }
        if !elf.starts_with(&ELF_MAGIC) {
            let head = elf.into_iter().take(ELF_MAGIC.len()).collect();
            return Err(LocalChainError::ProgramNotElf { path, head });
        }
        Ok(ProgramImage { file: self.clone(), elf })
    }
}

impl ProgramImage {
    /// Places the program at its id, under the upgradeable loader.
    pub async fn place(&self, locker: &SurfnetSvmLocker) -> Result<(), LocalChainError> {
        let id = self.file.id;
        let refused = |reason: String| LocalChainError::ProgramRefused { id, path: self.file.path.clone(), reason };
        locker
            .write_program(id, Some(self.file.upgrade_authority), 0, &self.elf, &None)
            .await
            .map_err(|error| refused(error.to_string()))?;
        // Writing takes any bytes and keeps quiet if they don't load. Setting the program's
        // account again loads them again, and says what is wrong with them.
        locker
            .with_svm_writer(move |svm| match svm.get_account(&id)? {
                Some(account) => svm.set_account(&id, account),
                None => Err(SurfpoolError::account_not_found(id)),
            })
            .map_err(|error| refused(error.to_string()))
    }
}

/// Where `cargo xtask build-sbf` puts the programs: `$TRELLIS_TARGET/deploy` if that variable is set, otherwise the folder
/// `deploy` of the build folder that this executable lies in, otherwise `target/deploy` of the current directory.
pub fn deploy_dir() -> PathBuf {
    deploy_dir_of(std::env::var_os("TRELLIS_TARGET"), std::env::current_exe().ok().as_deref())
}

fn deploy_dir_of(trellis_target: Option<OsString>, executable: Option<&Path>) -> PathBuf {
    if let Some(target) = trellis_target.filter(|value| !value.is_empty()) {
        return PathBuf::from(target).join("deploy");
    }
    // <target>/<profile>/trellis, and <target>/<profile>/deps/… for tests.
    let folder = executable.and_then(Path::parent);
    let profile = folder.and_then(|folder| if folder.ends_with("deps") { folder.parent() } else { Some(folder) });
    let beside = profile.and_then(Path::parent).map(|target| target.join("deploy"));
    beside.filter(|folder| folder.is_dir()).unwrap_or_else(|| PathBuf::from("target/deploy"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn deploy_dir_with_trellis_target_is_below_it() {
        let dir = deploy_dir_of(Some("/somewhere".into()), Some(Path::new("/target/debug/trellis")));
        assert_eq!(dir, Path::new("/somewhere/deploy"));
    }

    #[test]
    fn deploy_dir_without_the_variable_is_that_of_the_executables_build_folder() {
        let target = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(target.path().join("deploy")).unwrap();
        for executable in ["debug/trellis", "debug/deps/trellis-0123"] {
            for unset in [None, Some(OsString::new())] {
                let dir = deploy_dir_of(unset, Some(&target.path().join(executable)));
                assert_eq!(dir, target.path().join("deploy"));
            }
        }
    }

    #[test]
    fn deploy_dir_of_an_installed_executable_is_below_the_current_directory() {
        let installed = tempfile::tempdir().unwrap();
        let executable = installed.path().join("bin/trellis");
        assert_eq!(deploy_dir_of(None, Some(&executable)), Path::new("target/deploy"));
        assert_eq!(deploy_dir_of(None, None), Path::new("target/deploy"));
    }
}
