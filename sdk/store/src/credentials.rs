//! The keys of an S3 account, in a file of the form that S3's own tools use:
//!
//! ```text
//! [default]
//! aws_access_key_id = …
//! aws_secret_access_key = …
//! aws_session_token = …
//! ```

use std::{fmt, fs, os::unix::fs::PermissionsExt, path::Path};

use crate::StoreError;

/// What requests to a store are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    /// Without the secrets: this may go into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.access_key_id)
    }
}

impl Credentials {
    /// Reads the section `default` of the file. Refuses a file that others may read.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        let unusable = |reason: String| StoreError::Credentials { path: path.to_owned(), reason };
        let metadata = fs::metadata(path).map_err(|error| unusable(format!("it cannot be read: {error}")))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let shown = path.display();
            return Err(unusable(format!("it may be read by others (mode {mode:o}): run `chmod 600 {shown}`")));
        }
        let text = fs::read_to_string(path).map_err(|error| unusable(format!("it cannot be read: {error}")))?;
        Self::parse(&text).map_err(unusable)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let (mut id, mut secret, mut session_token) = (None, None, None);
        // Lines before the first section belong to it.
        let mut in_default = true;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                in_default = section.trim() == "default";
                continue;
            }
            // The line itself may hold a secret: it is not shown.
            let (name, value) = line.split_once('=').ok_or(format!("line {} is no `name = value`", number + 1))?;
            if !in_default {
                continue;
            }
            let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
            match name.trim() {
                "aws_access_key_id" => id = value,
                "aws_secret_access_key" => secret = value,
                "aws_session_token" => session_token = value,
                // Tools keep other things there, such as a region.
                _ => {}
            }
        }
        let missing = |name| format!("its section [default] has no `{name}`");
        Ok(Self {
            access_key_id: id.ok_or(missing("aws_access_key_id"))?,
            secret_access_key: secret.ok_or(missing("aws_secret_access_key"))?,
            session_token,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str, mode: u32) -> Result<Credentials, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        Credentials::read(&file).map_err(|error| error.to_string())
    }

    #[test]
    fn read_takes_the_default_section_of_a_private_file() {
        let text = "# ours\n[other]\naws_access_key_id = WRONG\n[default]\nregion = x\naws_access_key_id=ID\n\
                    aws_secret_access_key = s=e/c+r\n";
        let found = read(text, 0o600).unwrap();
        assert_eq!((found.access_key_id.as_str(), found.secret_access_key.as_str()), ("ID", "s=e/c+r"));
        assert_eq!(found.session_token, None);
        assert!(!format!("{found:?}").contains("s=e"), "{found:?}");
        let with_token = format!("{text}aws_session_token = t\n");
        assert_eq!(read(&with_token, 0o400).unwrap().session_token.as_deref(), Some("t"));
    }

    #[test]
    fn read_says_what_is_wrong_and_shows_no_secret() {
        let refused = read("aws_access_key_id = ID\naws_secret_access_key = s\n", 0o640).unwrap_err();
        assert!(refused.contains("chmod 600"), "{refused}");
        for (text, words) in [
            ("", "aws_access_key_id"),
            ("[default]\naws_access_key_id = ID\naws_secret_access_key =\n", "aws_secret_access_key"),
            ("[default]\naws_access_key_id ID topsecret\n", "line 2"),
            ("[work]\naws_access_key_id = ID\naws_secret_access_key = topsecret\n", "[default]"),
        ] {
            let refused = read(text, 0o600).unwrap_err();
            assert!(refused.contains(words) && !refused.contains("topsecret"), "{refused}");
        }
        assert!(Credentials::read(Path::new("no/such/file")).unwrap_err().to_string().contains("no/such/file"));
    }
}
