//! Whether the tests assert every error that a program can give.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The names of `variants` that no test names as `<enumeration>::<variant>`, in any file under `tests/tests`.
/// Comments do not count.
pub fn never_asserted(enumeration: &str, variants: impl IntoIterator<Item = &'static str>) -> Vec<&'static str> {
    let code = test_sources();
    variants.into_iter().filter(|variant| !names(&code, &format!("{enumeration}::{variant}"))).collect()
}

/// Does `code` hold `path` as a whole path, not as the beginning of a longer one?
fn names(code: &str, path: &str) -> bool {
    code.match_indices(path).any(|(start, _)| {
        let following = code[start + path.len()..].chars().next();
        !following.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    })
}

fn test_sources() -> String {
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"), &mut files);
    let mut code = String::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for line in text.lines() {
            code.push_str(line.split("//").next().unwrap_or_default());
            code.push('\n');
        }
    }
    code
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.unwrap_or_else(|error| panic!("{}: {error}", folder.display())).path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn names_of_a_longer_variant_finds_nothing() {
        assert!(!names("assert(Error::WrongMintTwice)", "Error::WrongMint"));
        assert!(names("assert(Error::WrongMintTwice, Error::WrongMint)", "Error::WrongMint"));
    }
}
