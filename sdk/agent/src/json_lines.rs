//! Files of JSON lines that survive a power loss: receipts, and what was refused.

use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::Serialize;

/// Why a line could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be written: {source}")]
pub struct KeepError {
    pub path: PathBuf,
    pub source: std::io::Error,
}

/// Appends the lines to the file, which is made if it is not there, and returns when they survive a power loss. What an
/// earlier power loss left of a line at its end is cut off: it was never counted on.
pub fn append<T: Serialize>(path: &Path, lines: impl IntoIterator<Item = T>) -> Result<(), KeepError> {
    let mut text = Vec::new();
    for line in lines {
        // Numbers, texts and lists always serialize.
        text.extend(serde_json::to_vec(&line).unwrap_or_default());
        text.push(b'\n');
    }
    let write = || -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let is_new = !path.exists();
        let mut file = File::options().read(true).append(true).create(true).open(path)?;
        let whole = whole_lines(&mut file)?;
        file.set_len(whole)?;
        file.write_all(&text)?;
        file.sync_data()?;
        if is_new {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    };
    write().map_err(|source| KeepError { path: path.to_owned(), source })
}

/// Length of the file up to its last end of a line.
fn whole_lines(file: &mut File) -> std::io::Result<u64> {
    const BLOCK_BYTES: u64 = 4_096;
    let mut end = file.seek(SeekFrom::End(0))?;
    while end > 0 {
        let start = end.saturating_sub(BLOCK_BYTES);
        let mut block = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        (&mut *file).take(end - start).read_to_end(&mut block)?;
        if let Some(last) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + last as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_appended_and_a_torn_one_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("receipts/epoch.jsonl");
        append(&path, [1, 2]).unwrap();
        for torn in [0, 1, 4_096, 9_000] {
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, format!("{text}{}", "x".repeat(torn))).unwrap();
            append(&path, [torn]).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n0\n1\n4096\n9000\n");
        let blocked = append(&path.join("below"), [1]).unwrap_err();
        assert!(blocked.to_string().contains("epoch.jsonl/below cannot be written"), "{blocked}");
    }
}
