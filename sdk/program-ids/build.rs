//! Turns `program-ids.toml` into constants.

use std::{env, fmt::Write as _, fs, path::Path};

#[path = "parse.rs"]
mod parse;

fn main() -> Result<(), String> {
    let file = match env::var("TRELLIS_PROGRAM_IDS") {
        // Cargo runs this in another folder than the one that it was called in.
        Ok(file) if !file.is_empty() && !Path::new(&file).is_absolute() => {
            return Err(format!("TRELLIS_PROGRAM_IDS is {file}: give the whole path, from / on"));
        }
        Ok(file) if !file.is_empty() => file,
        _ => format!("{}/program-ids.toml", variable("CARGO_MANIFEST_DIR")?),
    };
    println!("cargo:rerun-if-env-changed=TRELLIS_PROGRAM_IDS");
    println!("cargo:rerun-if-changed={file}");
    println!("cargo:rerun-if-changed=parse.rs");
    let text = fs::read_to_string(&file).map_err(|error| format!("cannot read {file}: {error}"))?;
    let ids = parse::program_ids(&text).map_err(|error| format!("{file}: {error}"))?;
    let target = Path::new(&variable("OUT_DIR")?).join("ids.rs");
    fs::write(&target, constants(&ids)).map_err(|error| format!("cannot write {}: {error}", target.display()))
}

fn constants(ids: &[(String, String)]) -> String {
    let (mut each, mut all) = (String::new(), String::new());
    for (name, id) in ids {
        let constant = name.to_uppercase();
        // Writing to a String cannot fail.
        let _ =
            writeln!(each, "/// Address of the program `{name}`, in base58.\npub const {constant}: &str = \"{id}\";");
        let _ = writeln!(all, "Program {{ name: \"{name}\", id: {constant}, file: \"trellis_{name}.so\" }},");
    }
    let count = ids.len();
    format!("{each}/// All of them, in the file's order.\npub const PROGRAMS: [Program; {count}] = [\n{all}];\n")
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set: this is run by cargo"))
}
