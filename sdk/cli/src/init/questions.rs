//! Asking at the terminal. Questions go to standard error, so that standard output holds the result alone.

use std::{
    fmt::Display,
    io::{BufRead, Write},
    str::FromStr,
};

use super::{Answers, answers::LOCAL};

/// Asks for what `answers` leave open, and asks again when an answer cannot be. An empty line takes what is offered; so
/// does the end of the input.
///
/// # Errors
/// Input or output fails.
pub fn ask(
    answers: &mut Answers,
    folder_name: &str,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> std::io::Result<()> {
    let mut terminal = Terminal { input, output };
    let check = |answers: &Answers| answers.settle(folder_name).map(|_| ()).map_err(|error| error.to_string());
    let name = folder_name.to_owned();
    terminal.fill(answers, "What is the network called?", name, |answers| &mut answers.name, check)?;
    let question = "Where shall it live: local, devnet, mainnet-beta, or the URL of a cluster?";
    terminal.fill(answers, question, LOCAL.to_owned(), |answers| &mut answers.url, check)?;
    let offered = answers.default_epoch_seconds();
    terminal.fill(
        answers,
        "How long is an epoch, in seconds?",
        offered,
        |answers| &mut answers.epoch_seconds,
        check,
    )?;
    let offered = answers.default_interval_seconds();
    let question = "How often does a device report, in seconds? An epoch is a multiple of it.";
    terminal.fill(answers, question, offered, |answers| &mut answers.interval_seconds, check)?;
    let question = "How much power can a device feed in at most, in watts?";
    terminal.fill(answers, question, 10_000, |answers| &mut answers.rated_power_watts, check)?;
    let question = "How many tokens does the first epoch bring?";
    terminal.fill(answers, question, 1_000, |answers| &mut answers.tokens_per_epoch, check)
}

struct Terminal<'a> {
    input: &'a mut dyn BufRead,
    output: &'a mut dyn Write,
}

impl Terminal<'_> {
    /// Asks for one answer, unless it is there.
    fn fill<T: Clone + Display + FromStr>(
        &mut self,
        answers: &mut Answers,
        question: &str,
        offered: T,
        place: impl Fn(&mut Answers) -> &mut Option<T>,
        check: impl Fn(&Answers) -> Result<(), String>,
    ) -> std::io::Result<()> {
        if place(answers).is_some() {
            return Ok(());
        }
        loop {
            write!(self.output, "{question} [{offered}] ")?;
            self.output.flush()?;
            let mut line = String::new();
            let ended = self.input.read_line(&mut line)? == 0;
            let answer = match line.trim() {
                "" => Some(offered.clone()),
                text => text.parse().ok(),
            };
            let Some(answer) = answer else {
                writeln!(self.output, "`{}` is no whole number", line.trim())?;
                continue;
            };
            *place(answers) = Some(answer);
            match check(answers) {
                // With what is offered, other answers are to blame: they are said at the end.
                Err(wrong) if !ended && !line.trim().is_empty() => writeln!(self.output, "{wrong}")?,
                _ => return Ok(()),
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn answered(text: &str) -> (Answers, String) {
        let (mut answers, mut said) = (Answers::default(), Vec::new());
        ask(&mut answers, "my-network", &mut text.as_bytes(), &mut said).unwrap();
        (answers, String::from_utf8(said).unwrap())
    }

    #[test]
    fn ask_takes_what_is_offered_for_empty_lines_and_at_the_end() {
        for text in ["", "\n\n\n\n\n\n"] {
            let (answers, said) = answered(text);
            assert_eq!(answers.settle("my-network").unwrap(), Answers::default().settle("my-network").unwrap());
            assert_eq!(said.matches('?').count(), 6, "{said}");
        }
    }

    #[test]
    fn ask_asks_again_for_what_cannot_be() {
        let (answers, said) = answered("Wind\ndevnet\nabc\n59\n3600\n7\n60\n\n\n");
        assert!(said.contains("`abc` is no whole number") && said.contains("epoch_seconds is 59"), "{said}");
        assert!(said.contains("interval_seconds is 7"), "{said}");
        let settled = answers.settle("x").unwrap();
        assert_eq!((settled.name.as_str(), settled.epoch_seconds, settled.interval_seconds), ("Wind", 3_600, 60));
    }

    #[test]
    fn ask_leaves_given_answers_alone() {
        let mut answers = Answers { name: Some("Given".to_owned()), ..Answers::default() };
        let mut said = Vec::new();
        ask(&mut answers, "my-network", &mut "local\n".as_bytes(), &mut said).unwrap();
        assert_eq!(answers.name.as_deref(), Some("Given"));
        assert!(!String::from_utf8(said).unwrap().contains("called"));
    }
}
