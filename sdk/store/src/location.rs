//! Where bundles are.

use std::{fmt, path::PathBuf};

use crate::StoreError;

/// A place for bundles, or one bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// `s3://bucket/prefix`: in a bucket of S3, or of a server that speaks like it. The prefix has no slash at its ends.
    S3 {
        bucket: String,
        prefix: String,
    },
    /// `http://…` or `https://…`: on a web server, to read only. No slash at its end.
    Web(String),
    Folder(PathBuf),
}

impl Location {
    /// Reads what an operator wrote.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let unusable = |reason| StoreError::Location { location: text.to_owned(), reason };
        if let Some(rest) = text.strip_prefix("s3://") {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            if bucket.is_empty() || bucket.contains(|c: char| !(c.is_ascii_alphanumeric() || ".-_".contains(c))) {
                return Err(unusable("a bucket's name is wanted after s3://, such as s3://bucket/prefix"));
            }
            let prefix = prefix.trim_matches('/').to_owned();
            if prefix.split('/').any(|part| part == "." || part == "..") || prefix.contains("//") {
                return Err(unusable("its prefix has a part that is empty, . or .."));
            }
            return Ok(Self::S3 { bucket: bucket.to_owned(), prefix });
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            return match reqwest::Url::parse(text) {
                Ok(url) if url.has_host() && url.query().is_none() && url.fragment().is_none() => {
                    Ok(Self::Web(text.trim_end_matches('/').to_owned()))
                }
                _ => Err(unusable("an address such as https://example.org/bundles, without ? and #, is wanted")),
            };
        }
        match text.split_once("://") {
            Some(_) => Err(unusable("it begins with neither s3://, https:// nor http://")),
            None if text.is_empty() => Err(unusable("s3://bucket/prefix or a folder is wanted")),
            None => Ok(Self::Folder(text.into())),
        }
    }

    /// What lies below this one under `name`.
    pub fn join(&self, name: &str) -> Self {
        match self {
            Self::S3 { bucket, prefix } => {
                let prefix = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
                Self::S3 { bucket: bucket.clone(), prefix }
            }
            Self::Web(url) => Self::Web(format!("{url}/{name}")),
            Self::Folder(folder) => Self::Folder(folder.join(name)),
        }
    }

    /// What lies beside this one under `name`; `None` if nothing is above it.
    pub fn beside(&self, name: &str) -> Option<Self> {
        match self {
            Self::S3 { prefix, .. } if prefix.is_empty() => None,
            Self::S3 { bucket, prefix } => {
                let above = prefix.rsplit_once('/').map_or("", |(above, _)| above);
                Some(Self::S3 { bucket: bucket.clone(), prefix: above.to_owned() }.join(name))
            }
            Self::Web(url) => {
                let (above, _) = url.rsplit_once('/')?;
                // "https:/" has nothing above it.
                (!above.ends_with('/')).then(|| Self::Web(format!("{above}/{name}")))
            }
            Self::Folder(folder) => Some(Self::Folder(folder.parent()?.join(name))),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
            Self::Web(url) => f.write_str(url),
            Self::Folder(folder) => folder.display().fmt(f),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn parse_reads_what_display_shows() {
        for text in ["s3://bucket", "s3://b.u-c/some/prefix", "https://example.org/bundles", "http://[::1]:8/x", "a/b"]
        {
            assert_eq!(Location::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Location::parse("s3://b//a/").unwrap().to_string(), "s3://b/a");
        assert_eq!(Location::parse("https://h/a/").unwrap().to_string(), "https://h/a");
    }

    #[test]
    fn parse_refuses_what_names_no_place_and_says_why() {
        for (text, words) in [
            ("", "a folder is wanted"),
            ("s3://", "a bucket's name"),
            ("s3:///prefix", "a bucket's name"),
            ("s3://user@bucket", "a bucket's name"),
            ("s3://bucket/a/../b", "or .."),
            ("s3://bucket/a//b", "empty"),
            ("gs://bucket", "neither s3://"),
            ("https://", "https://example.org"),
            ("https://h/x?token=1", "without ?"),
        ] {
            let refused = Location::parse(text).unwrap_err().to_string();
            assert!(refused.contains(words) && refused.contains(&format!("`{text}`")), "{refused}");
        }
    }

    #[test]
    fn beside_is_the_neighbour_and_join_what_is_below() {
        let beside = |text: &str| Location::parse(text).unwrap().beside("n").map(|found| found.to_string());
        assert_eq!(beside("s3://b/p/e").as_deref(), Some("s3://b/p/n"));
        assert_eq!(beside("s3://b/e").as_deref(), Some("s3://b/n"));
        assert_eq!(beside("s3://b"), None);
        assert_eq!(beside("https://h/e").as_deref(), Some("https://h/n"));
        assert_eq!(beside("https://h"), None);
        let joined = |text: &str| Location::parse(text).unwrap().join("n").to_string();
        assert_eq!(
            [joined("s3://b"), joined("s3://b/p"), joined("https://h"), joined("f")],
            ["s3://b/n", "s3://b/p/n", "https://h/n", "f/n"]
        );
    }
}
