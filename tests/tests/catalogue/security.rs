//! `SECURITY.md` names tests that are there.

use std::{fs, path::Path};

/// What the page calls a test: `folder/file: test`, or a whole file: `folder/file`.
struct Named {
    file: String,
    test: Option<String>,
}

/// Everything between backticks that is a lower-case path of two parts, with or without a test behind it.
fn named(page: &str) -> Vec<Named> {
    let is_word =
        |word: &str| !word.is_empty() && word.chars().all(|letter| matches!(letter, 'a'..='z' | '0'..='9' | '_'));
    let quoted = page.split('`').skip(1).step_by(2);
    let named = quoted.filter_map(|text| {
        let (file, test) = match text.split_once(": ") {
            Some((file, test)) => (file, Some(test)),
            None => (text, None),
        };
        let (folder, name) = file.split_once('/')?;
        let is_named = is_word(folder) && is_word(name) && test.is_none_or(is_word);
        (is_named && folder != "tests" && folder != "folder")
            .then(|| Named { file: file.to_owned(), test: test.map(str::to_owned) })
    });
    named.collect()
}

#[test]
fn tests_that_the_security_page_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../SECURITY.md")).unwrap().replace('\n', " ");
    let named = named(&page);
    assert!(named.len() > 50, "only {} tests are named", named.len());
    let gone = named.iter().filter(|Named { file, test }| {
        let source = fs::read_to_string(root.join("tests").join(format!("{file}.rs"))).unwrap_or_default();
        let wanted = test.as_ref().map_or_else(|| "fn ".to_owned(), |test| format!("fn {test}("));
        !source.contains(&wanted)
    });
    let gone: Vec<String> = gone.map(|Named { file, test }| format!("{file}: {test:?}")).collect();
    assert!(gone.is_empty(), "SECURITY.md names what is not there:\n{}", gone.join("\n"));
}

/// Links into the repository lead somewhere.
#[test]
fn files_that_the_security_page_links_to_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(link.starts_with("http") || root.join(link).exists(), "{link}");
    }
}
