//! Errors for people.

use std::error::Error;

/// The error and its causes in one line, without those that the words before them have told already.
pub fn in_words(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let told = error.to_string();
        if !words.contains(&told) {
            words = format!("{words}: {told}");
        }
        cause = error.source();
    }
    words
}
