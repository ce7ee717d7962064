//! Programs as processes, which end with the test.

use std::{
    io::Read,
    os::unix::process::{CommandExt, ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use nix::{
    errno::Errno,
    sys::signal::{self, Signal},
    unistd::Pid,
};

use super::eventually;

/// The built program `name`, which lies in the folder above the test's own.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join(name);
    assert!(
        path.is_file(),
        "{} is not there: run `make test`, or `cargo build --ignore-rust-version -p trellis-cli -p trellis-oracle` first",
        path.display()
    );
    path
}

/// How a process ended, and everything it said.
#[derive(Debug)]
pub struct Finished {
    /// `None` if a signal ended it.
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    /// The first JSON value on standard output.
    pub fn json(&self) -> serde_json::Value {
        let mut values = serde_json::Deserializer::from_str(&self.stdout).into_iter();
        values.next().unwrap_or_else(|| panic!("no JSON on standard output: {self:?}")).unwrap()
    }
}

/// Panics unless `text` is something that a person can read: no panic, no backtrace, no value as the debugger shows it.
pub fn assert_words(text: &str) {
    assert!(text.split_whitespace().count() >= 3, "that says nothing: `{text}`");
    for wrong in ["panicked", "stack backtrace", "RUST_BACKTRACE", "Some(", "Err(", "Os {", "kind:", "unwrap"] {
        assert!(!text.contains(wrong), "`{wrong}` in: {text}");
    }
}

/// A process that leads a group of its own. The group is killed on drop, with whatever it has started.
pub struct Process {
    child: Child,
    group: Pid,
    stdout: Said,
    stderr: Said,
}

/// What a pipe has brought so far.
struct Said {
    text: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Said {
    fn listen(mut pipe: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4_096];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                heard.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        Self { text, reader }
    }

    fn get(&self) -> String {
        self.text.lock().unwrap().clone()
    }
}

impl Process {
    pub fn spawn(program: &Path, change: impl FnOnce(&mut Command) -> &mut Command) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        // If anything panics, it shall show.
        command.env("RUST_BACKTRACE", "1");
        let mut child = change(&mut command).spawn().unwrap();
        // There is no pipe where `change` put another end.
        let stdout = child.stdout.take().map_or_else(|| Said::listen(std::io::empty()), Said::listen);
        let stderr = child.stderr.take().map_or_else(|| Said::listen(std::io::empty()), Said::listen);
        let group = Pid::from_raw(i32::try_from(child.id()).unwrap());
        Self { child, group, stdout, stderr }
    }

    pub fn stdout(&self) -> String {
        self.stdout.get()
    }

    pub fn stderr(&self) -> String {
        self.stderr.get()
    }

    /// Sends `signal` to this process alone.
    pub fn signal(&self, signal: Signal) {
        signal::kill(self.group, signal).unwrap();
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until the process has ended and everything it said is read.
    pub fn wait(&mut self) -> Finished {
        let status = eventually("the end of the process", || self.child.try_wait().unwrap());
        eventually("the end of its output", || {
            (self.stdout.reader.is_finished() && self.stderr.reader.is_finished()).then_some(())
        });
        Finished { code: status.code(), signal: status.signal(), stdout: self.stdout(), stderr: self.stderr() }
    }

    /// Kills the process as a power cut would, and waits until it is gone.
    pub fn kill_hard(&mut self) {
        self.signal(Signal::SIGKILL);
        self.child.wait().unwrap();
    }

    /// Is nothing left of the process and of what it has started?
    pub fn group_is_gone(&self) -> bool {
        signal::killpg(self.group, None) == Err(Errno::ESRCH)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Mostly nothing is left to be killed.
        let _ = signal::killpg(self.group, Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

/// Runs `trellis` to its end.
pub fn trellis(arguments: &[&str]) -> Finished {
    Process::spawn(&program("trellis"), |command| command.args(arguments)).wait()
}

/// It ended with this code, and its JSON has an error in words that names all of these.
pub fn assert_refused(finished: &Finished, code: i32, named: &[&str]) {
    assert_eq!(finished.code, Some(code), "{finished:?}");
    let said = finished.json();
    let error = said["error"].as_str().unwrap();
    assert_words(error);
    for named in named {
        assert!(error.contains(named), "`{named}` is not in: {error}");
    }
}
