//! Where this workspace's programs and build output are.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process;

/// The sources that a build reads.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// The folder of the workspace's Cargo.toml.
    pub root: PathBuf,
    /// The folder of every package.
    pub members: Vec<PathBuf>,
    /// The name of every package.
    pub member_names: Vec<String>,
    /// The on-chain programs, by name.
    pub programs: Vec<Program>,
    /// Programs of dApps that show how to use ours, by name: built and tested, but nobody's to deploy.
    pub examples: Vec<Program>,
}

/// A package under `programs/` or `examples/` that is linked as a shared object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// The package's name, such as `trellis-registry`.
    pub name: String,
    /// Its Cargo.toml.
    pub manifest: PathBuf,
    /// Its version.
    pub version: String,
    /// How everything that goes into it is optimised, if its manifest says so (`package.metadata.sbf.opt-level`): for size
    /// where nothing in it is hot. Packages with a level of their own in the workspace's Cargo.toml keep it.
    pub opt_level: Option<String>,
}

impl Program {
    /// The name that people use, such as `registry`.
    pub fn short_name(&self) -> &str {
        self.name.strip_prefix("trellis-").unwrap_or(&self.name)
    }

    /// The name of the library, such as `trellis_registry`.
    pub fn crate_name(&self) -> String {
        self.name.replace('-', "_")
    }

    /// The name of the deployable file, such as `trellis_registry.so`.
    pub fn file_name(&self) -> String {
        format!("{}.so", self.crate_name())
    }
}

impl Workspace {
    /// Reads the workspace that this tool was compiled from.
    pub fn load() -> Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.parent().context("xtask is not in a folder of a workspace")?;
        Self::load_from(root)
    }

    /// Reads the workspace in `root`.
    pub fn load_from(root: &Path) -> Result<Self> {
        let text = process::capture(
            process::clean_command(&cargo())
                .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
                .current_dir(root),
        )?;
        let metadata: Value = serde_json::from_slice(&text).context("cargo metadata is not JSON")?;
        let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
        let mut workspace = Self { root: root.to_owned(), ..Self::default() };
        for package in packages {
            let (Some(name), Some(manifest)) = (package["name"].as_str(), package["manifest_path"].as_str()) else {
                bail!("cargo metadata gives a package without a name or a manifest: {package}");
            };
            let manifest = PathBuf::from(manifest);
            let folder = manifest.parent().context("a manifest without a folder")?.to_owned();
            let is_shared_object = package["targets"].as_array().is_some_and(|all| {
                all.iter()
                    .any(|one| one["crate_types"].as_array().is_some_and(|kinds| kinds.contains(&"cdylib".into())))
            });
            let is_in = |above: &str| folder.parent() == Some(root.join(above).as_path());
            if is_shared_object && (is_in("programs") || is_in("examples")) {
                let version = package["version"].as_str().unwrap_or_default().to_owned();
                let opt_level = package["metadata"]["sbf"]["opt-level"].as_str().map(str::to_owned);
                let program = Program { name: name.to_owned(), manifest, version, opt_level };
                if is_in("programs") { workspace.programs.push(program) } else { workspace.examples.push(program) }
            }
            workspace.members.push(folder);
            workspace.member_names.push(name.to_owned());
        }
        workspace.programs.sort_by(|a, b| a.name.cmp(&b.name));
        workspace.examples.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(workspace)
    }

    /// The programs and examples of these names (see [`select`](Self::select)); all when there are none.
    pub fn select_with_examples(&self, names: &[String]) -> Result<Vec<Program>> {
        let programs = self.programs.iter().chain(&self.examples).cloned().collect();
        Self { programs, ..self.clone() }.select(names)
    }

    /// The programs of these names (`registry` and `trellis-registry` are the same); all when there are none.
    pub fn select(&self, names: &[String]) -> Result<Vec<Program>> {
        if self.programs.is_empty() {
            bail!("no packages under {}", self.root.join("programs").display());
        }
        if names.is_empty() {
            return Ok(self.programs.clone());
        }
        let mut chosen: Vec<Program> = Vec::new();
        for name in names {
            let program = self.programs.iter().find(|p| p.name == *name || p.name == format!("trellis-{name}"));
            let Some(program) = program else {
                let known: Vec<&str> = self.programs.iter().map(|p| p.name.as_str()).collect();
                bail!("no program is called `{name}`; the programs are {}", known.join(", "));
            };
            if !chosen.contains(program) {
                chosen.push(program.clone());
            }
        }
        Ok(chosen)
    }

    /// The packages that a program is made of beside its own, such as `trellis-registry-interface`.
    pub fn parts_of(&self, program: &Program) -> impl Iterator<Item = &str> {
        let prefix = format!("{}-", program.name);
        self.member_names.iter().map(String::as_str).filter(move |name| name.starts_with(&prefix))
    }

    /// Where build output goes: `$TRELLIS_TARGET`, or `target` in the workspace, whatever cargo itself is told
    /// by `CARGO_TARGET_DIR`, so that tests find programs in one place.
    pub fn target_folder(&self) -> PathBuf {
        self.root.join(process::variable("TRELLIS_TARGET").unwrap_or_else(|| "target".to_owned()))
    }
}

/// The folder of deployable programs inside a target folder. Tests and the CLI look here, and nowhere else.
pub fn deploy_folder(target: &Path) -> PathBuf {
    target.join("deploy")
}

/// The folder in which cargo builds programs, inside a target folder.
pub fn sbf_folder(target: &Path) -> PathBuf {
    target.join("sbf")
}

/// The cargo that runs this tool, or the one on the path.
pub fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Workspace {
        let program = |name: &str| Program { name: name.to_owned(), ..Program::default() };
        Workspace {
            root: PathBuf::from("/w"),
            programs: vec![program("trellis-registry"), program("trellis-token")],
            ..Workspace::default()
        }
    }

    #[test]
    fn select_without_names_gives_every_program() {
        assert_eq!(example().select(&[]).unwrap().len(), 2);
    }

    #[test]
    fn select_takes_short_and_full_names_once() {
        let names = ["token".to_owned(), "trellis-token".to_owned()];
        let chosen = example().select(&names).unwrap();
        assert_eq!(chosen.len(), 1);
        assert_eq!(chosen[0].file_name(), "trellis_token.so");
    }

    #[test]
    fn select_unknown_name_lists_the_known_ones() {
        let error = example().select(&["vault".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("`vault`") && error.contains("trellis-registry, trellis-token"), "{error}");
    }

    #[test]
    fn load_finds_programs_by_folder() {
        let workspace = Workspace::load().unwrap();
        assert!(workspace.programs.iter().any(|p| p.name == "trellis-registry"));
        assert!(workspace.programs.iter().all(|p| p.manifest.is_file()));
        assert!(!workspace.programs.iter().any(|p| p.name == "xtask"));
        let with_examples = workspace.select_with_examples(&[]).unwrap();
        assert_eq!(with_examples.len(), workspace.programs.len() + workspace.examples.len());
        assert!(with_examples.iter().any(|p| p.name == "trellis-example-co-owned"));
    }
}
