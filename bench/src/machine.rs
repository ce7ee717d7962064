//! What the figures were measured on.

use std::{fs, thread};

/// Cores, processor and memory, in words.
pub fn describe() -> String {
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let processor = first("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let memory = first("/proc/meminfo", "MemTotal").unwrap_or_else(|| "unknown memory".to_owned());
    format!("{cores} cores of {processor}, {memory}, {} {}", std::env::consts::OS, std::env::consts::ARCH)
}

fn first(file: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
