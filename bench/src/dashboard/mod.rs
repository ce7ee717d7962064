//! What the dashboard bench is made of: a running network, a crowd of devices put into it, and visits in a browser.

pub mod crowd;
pub mod process;
pub mod rpc;
pub mod stage;
pub mod visits;
