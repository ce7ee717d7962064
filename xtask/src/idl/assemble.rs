//! One IDL from the parts that Anchor's tests print.

use std::collections::BTreeMap;

use anchor_lang_idl_spec::{Idl, IdlConst, IdlErrorCode, IdlEvent, IdlTypeDef};
use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// What is printed for an event.
#[derive(Deserialize)]
struct EventPart {
    event: IdlEvent,
    types: Vec<IdlTypeDef>,
}

/// Puts the parts in `printed` together, everything in the order of names, errors in the order of codes.
pub fn assemble(printed: &str, version: &str) -> Result<Idl> {
    let mut address = None;
    let mut program: Option<Idl> = None;
    let mut types = BTreeMap::new();
    let (mut events, mut errors, mut constants) = (Vec::new(), Vec::new(), Vec::new());
    for (kind, text) in parts(printed)? {
        match kind {
            "address" => address = Some(text.trim().to_owned()),
            "program" => program = Some(part(kind, &text)?),
            "errors" => errors.extend(part::<Vec<IdlErrorCode>>(kind, &text)?),
            "const" => constants.push(part::<IdlConst>(kind, &text)?),
            "event" => {
                let event: EventPart = part(kind, &text)?;
                events.push(event.event);
                add_types(&mut types, event.types)?;
            }
            _ => bail!("an unknown part, `{kind}`: is this another version of Anchor?"),
        }
    }
    let mut idl = program.context("no program was printed")?;
    idl.address = address.context("no address was printed")?;
    idl.metadata.version = version.to_owned();
    add_types(&mut types, std::mem::take(&mut idl.types))?;
    idl.types = types.into_values().collect();
    (idl.events, idl.errors, idl.constants) = (events, errors, constants);
    idl.instructions.sort_by(|a, b| a.name.cmp(&b.name));
    idl.accounts.sort_by(|a, b| a.name.cmp(&b.name));
    idl.events.sort_by(|a, b| a.name.cmp(&b.name));
    idl.constants.sort_by(|a, b| a.name.cmp(&b.name));
    idl.errors.sort_by_key(|error| error.code);
    Ok(idl)
}

/// Kind and text of everything between `--- IDL begin KIND ---` and its end.
fn parts(printed: &str) -> Result<Vec<(&str, String)>> {
    let marker = |line: &str, edge: &str| -> Option<usize> {
        let kind = line.strip_prefix("--- IDL ")?.strip_prefix(edge)?.strip_suffix(" ---")?;
        Some(kind.len())
    };
    let mut parts = Vec::new();
    let mut open: Option<(&str, String)> = None;
    for line in printed.lines() {
        if let Some(length) = marker(line, "begin ") {
            let start = "--- IDL begin ".len();
            open = Some((&line[start..start + length], String::new()));
        } else if marker(line, "end ").is_some() {
            parts.push(open.take().context("a part ends that did not begin")?);
        } else if let Some((_, text)) = &mut open {
            text.push_str(line);
            text.push('\n');
        }
    }
    match open {
        Some((kind, _)) => bail!("the part `{kind}` does not end"),
        None => Ok(parts),
    }
}

fn part<T: for<'a> Deserialize<'a>>(kind: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).with_context(|| format!("the part `{kind}` is not as expected: {text}"))
}

/// Adds types by name. The same type may be printed many times; two types may not share a name.
fn add_types(types: &mut BTreeMap<String, IdlTypeDef>, more: Vec<IdlTypeDef>) -> Result<()> {
    for one in more {
        match types.get(&one.name) {
            Some(present) if *present != one => bail!("two types are called {}", one.name),
            Some(_) => {}
            None => {
                types.insert(one.name.clone(), one);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = r#"{"address":"","metadata":{"name":"x","version":"0","spec":"0.1.0"},
        "instructions":[{"name":"b","discriminator":[2],"accounts":[],"args":[]},
        {"name":"a","discriminator":[1],"accounts":[],"args":[]}],"accounts":[],"types":[]}"#;

    fn printed(parts: &[(&str, &str)]) -> String {
        let part =
            |(kind, text): &(&str, &str)| format!("noise\n--- IDL begin {kind} ---\n{text}\n--- IDL end {kind} ---\n");
        parts.iter().map(part).collect()
    }

    #[test]
    fn assemble_parts_in_any_order_gives_one_sorted_idl() {
        let errors = r#"[{"code":6420,"name":"B","msg":"b"},{"code":6400,"name":"A","msg":"a"}]"#;
        let idl =
            assemble(&printed(&[("errors", errors), ("program", PROGRAM), ("address", "11111111")]), "1.2.3").unwrap();
        assert_eq!((idl.address.as_str(), idl.metadata.version.as_str()), ("11111111", "1.2.3"));
        assert_eq!(idl.instructions.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(idl.errors.iter().map(|one| one.code).collect::<Vec<_>>(), [6400, 6420]);
    }

    #[test]
    fn assemble_two_types_of_one_name_is_an_error() {
        let event = |kind: &str| {
            format!(
                r#"{{"event":{{"name":"E","discriminator":[1]}},"types":[{{"name":"T","type":{{"kind":"type","alias":"{kind}"}}}}]}}"#
            )
        };
        let parts = [("program", PROGRAM), ("address", "1"), ("event", &event("u8")), ("event", &event("u16"))];
        assert!(assemble(&printed(&parts), "1").unwrap_err().to_string().contains("called T"));
    }

    #[test]
    fn assemble_unknown_or_unfinished_part_is_an_error() {
        assert!(assemble(&printed(&[("riddle", "?")]), "1").unwrap_err().to_string().contains("riddle"));
        assert!(assemble("--- IDL begin program ---\n", "1").unwrap_err().to_string().contains("does not end"));
    }
}
