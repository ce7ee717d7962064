// Reads `program-ids.toml`: lines of `name = "address"`, in TOML's form, without sections. For the build script beside
// it and for xtask, so that programs build without a TOML parser.

/// Characters of base58.
const BASE58: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Names and addresses, in the order of the lines.
pub fn program_ids(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut ids: Vec<(String, String)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, id) =
            program_id(line).ok_or_else(|| format!("`{line}` is not a line like registry = \"ADDRESS\""))?;
        if let Some((twin, _)) = ids.iter().find(|(other, address)| other == name || address == id) {
            return Err(format!("{name} has its name or its address in common with {twin}"));
        }
        ids.push((name.to_owned(), id.to_owned()));
    }
    Ok(ids)
}

/// Name and address in one line.
pub fn program_id(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let (name, id) = (name.trim(), value.trim().strip_prefix('"')?.strip_suffix('"')?);
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let is_id = (32..=44).contains(&id.len()) && id.chars().all(|digit| BASE58.contains(digit));
    (is_name && is_id).then_some((name, id))
}
