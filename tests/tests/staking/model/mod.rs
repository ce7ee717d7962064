//! A reference model of staking: exact fractions, recomputed from the whole history; and random histories, against the
//! bookkeeping alone and against the program on the VM.

mod books;
mod exact;
mod fraction;
mod history;
mod vm;
