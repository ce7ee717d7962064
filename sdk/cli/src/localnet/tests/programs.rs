//! Placing programs.

use std::path::{Path, PathBuf};

use serde_json::json;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use tempfile::TempDir;

use super::support::{SOL, account_data, block_hash, call, quick, send, start, transaction};
use crate::localnet::{LocalChain, LocalChainConfig, LocalChainError, ProgramFile, deploy_dir};

/// The memo program, which each chain has at its own id: a real program to place at another one.
const MEMO: &str = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";

const UPGRADEABLE_LOADER: &str = "BPFLoaderUpgradeab1e11111111111111111111111";

fn config(path: &Path) -> LocalChainConfig {
    LocalChainConfig {
        programs: vec![ProgramFile {
            id: Keypair::new().pubkey(),
            path: path.to_owned(),
            upgrade_authority: Keypair::new().pubkey(),
        }],
        ..quick()
    }
}

fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program.so");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// The memo program's ELF file, as a chain has it.
async fn memo_elf() -> Vec<u8> {
    let chain = start(quick());
    let data = account_data(&chain.rpc_url(), MEMO).await;
    let begin = data.windows(4).position(|w| w == b"\x7fELF");
    match begin {
        Some(begin) => data[begin..].to_vec(),
        None => panic!("no program in the {} bytes of {MEMO}", data.len()),
    }
}

#[tokio::test]
async fn start_with_program_has_it_running_at_its_id() {
    let (_folder, path) = file(&memo_elf().await);
    let payer = Keypair::new();
    let config = LocalChainConfig { airdrops: vec![(payer.pubkey(), SOL)], ..config(&path) };
    let ProgramFile { id, upgrade_authority, .. } = config.programs[0].clone();
    let chain = start(config);
    let url = chain.rpc_url();

    // At once: a client needn't wait for a slot after the chain's start.
    let hash = block_hash(&url).await;
    send(&url, &transaction(&payer, &id, &[], b"a memo", &hash)).await;

    let params = json!([id.to_string(), { "encoding": "jsonParsed" }]);
    let account = call(&url, "getAccountInfo", params).await;
    assert_eq!(account["value"]["owner"], UPGRADEABLE_LOADER);
    let program_data = &account["value"]["data"]["parsed"]["info"]["programData"];
    let params = json!([program_data, { "encoding": "jsonParsed" }]);
    let account = call(&url, "getAccountInfo", params).await;
    assert_eq!(account["value"]["data"]["parsed"]["info"]["authority"], upgrade_authority.to_string());
}

#[test]
fn start_with_missing_program_says_how_to_build_it() {
    let (folder, _) = file(b"");
    let path = folder.path().join("missing.so");
    let error = LocalChain::start(config(&path)).unwrap_err();
    assert!(matches!(&error, LocalChainError::ProgramUnreadable { path: p, .. } if *p == path), "{error}");
    assert!(error.to_string().contains("cargo xtask build-sbf"));
}

#[test]
fn start_with_empty_program_is_refused() {
    let (_folder, path) = file(b"");
    let error = LocalChain::start(config(&path)).unwrap_err();
    assert!(matches!(&error, LocalChainError::ProgramEmpty { path: p } if *p == path), "{error}");
}

#[test]
fn start_with_garbage_program_is_refused() {
    let (_folder, path) = file(b"garbage");
    let error = LocalChain::start(config(&path)).unwrap_err();
    assert!(matches!(&error, LocalChainError::ProgramNotElf { head, .. } if head == b"garb"), "{error}");
}

#[tokio::test]
async fn start_with_truncated_program_is_refused() {
    let mut elf = memo_elf().await;
    elf.truncate(elf.len() / 2);
    let (_folder, path) = file(&elf);
    let error = LocalChain::start(config(&path)).unwrap_err();
    assert!(matches!(&error, LocalChainError::ProgramRefused { path: p, .. } if *p == path), "{error}");
}

#[test]
fn start_with_program_at_the_id_of_another_is_refused() {
    let (_folder, path) = file(b"\x7fELF");
    let mut config = config(&path);
    // The system program.
    config.programs[0].id = Address::default();
    let error = LocalChain::start(config).unwrap_err();
    assert!(matches!(error, LocalChainError::ProgramRefused { id, .. } if id == Address::default()), "{error}");
}

/// Trellis's own programs, where they have been built.
#[test]
fn start_with_built_programs_places_them() {
    let programs: Vec<_> = std::fs::read_dir(deploy_dir())
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "so"))
        .flat_map(|path| config(&path).programs)
        .collect();
    let count = programs.len();
    let chain = start(LocalChainConfig { programs, ..quick() });
    assert!(chain.is_running(), "with {count} programs");
}
