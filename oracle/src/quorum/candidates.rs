//! Bundles of an epoch that is not decided yet, under their hashes; one of them gets the epoch's name when its root is
//! final.
//!
//! ```text
//! bundle_dir/candidates/<hash>/          whole and synced
//! bundle_dir/candidates/.<hash>.partial/ is being fetched
//! bundle_dir/candidates/.own/            is being computed
//! ```

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use trellis_core::{Epoch, Hash};
use trellis_epoch::bundle::{Bundle, FILES, MANIFEST, folder_name};

use super::{Limits, Peer, client::PeerClient, files};

/// The folder of candidates.
#[derive(Clone, Debug)]
pub struct Candidates {
    bundle_dir: PathBuf,
    folder: PathBuf,
}

impl Candidates {
    /// Of the bundles in `bundle_dir`. The folder is made when there is a candidate.
    pub fn new(bundle_dir: &Path) -> Self {
        Self { bundle_dir: bundle_dir.to_owned(), folder: bundle_dir.join("candidates") }
    }

    pub fn path(&self, hash: &Hash) -> PathBuf {
        self.folder.join(hex::encode(hash))
    }

    /// Where an own candidate is computed.
    pub fn own(&self) -> PathBuf {
        self.folder.join(".own")
    }

    pub fn is_here(&self, hash: &Hash) -> bool {
        self.path(hash).exists()
    }

    /// Gives a whole and synced bundle the name of its hash.
    pub fn put(&self, bundle: &Bundle) -> Result<Bundle> {
        let path = self.path(&bundle.hash);
        match path.exists() {
            true => files::remove_folder(bundle.folder())?,
            false => {
                fs::create_dir_all(&self.folder).with_context(|| format!("cannot create {}", self.folder.display()))?;
                rename(bundle.folder(), &path)?;
            }
        }
        Ok(Bundle::open(&path)?)
    }

    /// Fetches the bundle `hash` from the first of `peers` that gives it whole, unless it is here. Every file has the size
    /// and the hash that its manifest says; nothing else is checked.
    pub async fn fetch(&self, client: &PeerClient, peers: &[Peer], hash: &Hash, limits: &Limits) -> Result<Bundle> {
        if self.is_here(hash) {
            return Ok(Bundle::open(&self.path(hash))?);
        }
        let mut reasons = Vec::new();
        for peer in peers {
            match self.fetch_from(client, peer, hash, limits).await {
                Ok(bundle) => return Ok(bundle),
                Err(error) => reasons.push(format!("{error:#}")),
            }
        }
        if reasons.is_empty() {
            bail!("bundle {} is not here, and there is no peer to ask", hex::encode(hash));
        }
        bail!("bundle {} cannot be fetched: {}", hex::encode(hash), reasons.join("; "))
    }

    async fn fetch_from(&self, client: &PeerClient, peer: &Peer, hash: &Hash, limits: &Limits) -> Result<Bundle> {
        let partial = self.folder.join(format!(".{}.partial", hex::encode(hash)));
        files::remove_folder(&partial)?;
        fs::create_dir_all(&partial).with_context(|| format!("cannot create {}", partial.display()))?;
        let manifest = client.manifest(peer, hash).await?;
        let actual = blake3::hash(&manifest);
        ensure!(
            actual.as_bytes() == hash,
            "oracle {} sends a manifest with BLAKE3 {}, another than was asked for",
            peer.oracle,
            actual.to_hex()
        );
        files::write(&partial.join(MANIFEST), &manifest)?;
        let bundle = Bundle::open(&partial)?;
        let sizes = FILES.map(|name| bundle.manifest.files.get(name).map_or(0, |file| file.bytes));
        let bytes: u128 = sizes.iter().map(|bytes| u128::from(*bytes)).sum();
        ensure!(
            bytes <= u128::from(limits.peer_bytes),
            "it has {bytes} bytes; at most {} are taken (`quorum.max_peer_bytes`)",
            limits.peer_bytes
        );
        for (name, bytes) in FILES.into_iter().zip(sizes) {
            client.bundle_file(peer, hash, name, bytes, &partial.join(name)).await?;
            let checked = bundle.clone();
            tokio::task::spawn_blocking(move || checked.check(name)).await??;
        }
        files::sync(&partial).with_context(|| format!("cannot bring {} to the disk", partial.display()))?;
        self.put(&bundle)
    }

    /// Gives the candidate `bundle` the name of `epoch`.
    pub fn adopt(&self, bundle: &Bundle, epoch: Epoch) -> Result<Bundle> {
        let path = self.bundle_dir.join(folder_name(epoch));
        rename(bundle.folder(), &path)?;
        Ok(Bundle::open(&path)?)
    }

    /// Makes a bundle that lies under `epoch`'s name, though its root is not final, a candidate again: it was written by
    /// an oracle that then had no peers.
    pub fn demote(&self, epoch: Epoch) -> Result<()> {
        let path = self.bundle_dir.join(folder_name(epoch));
        if path.exists() {
            self.put(&Bundle::open(&path)?)?;
        }
        Ok(())
    }

    /// Removes all candidates but these, and what was left half.
    pub fn keep_only(&self, hashes: &[Hash]) -> Result<()> {
        let kept: Vec<String> = hashes.iter().map(hex::encode).collect();
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.with_context(|| format!("cannot read {}", self.folder.display()))?,
        };
        for entry in entries {
            let name = entry.with_context(|| format!("cannot read {}", self.folder.display()))?.file_name();
            let keep = name.to_str().is_some_and(|name| {
                // Another hash's files may be on their way.
                kept.iter().any(|hash| name == hash || name == format!(".{hash}.partial"))
            });
            if !keep {
                files::remove_folder(&self.folder.join(name))?;
            }
        }
        Ok(())
    }
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    let renamed = || -> io::Result<()> {
        fs::rename(from, to)?;
        to.parent().map_or(Ok(()), files::sync)
    };
    renamed().with_context(|| format!("cannot rename {} to {}", from.display(), to.display()))
}
