//! Signed statements that people hand in: corrections by the network, appeals by operators. Few and small, so each is a
//! JSON file of its own in the data folder, on the disk before it is acknowledged.

mod appeals;
mod corrections;
mod files;

pub use appeals::{Appeals, NewAppeal, StoredAppeal};
pub use corrections::{Corrections, NotTaken};
pub use files::FilesError;
