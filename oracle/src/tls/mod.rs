//! HTTPS for the API: certificate, handshakes, a new certificate while the oracle runs.
//!
//! TLS 1.2 and 1.3 by rustls; HTTP/2 where the caller asks for it. Connections keep what they were opened with when the
//! certificate changes.

mod certificate;
mod keeper;
mod listener;

pub use certificate::{CertificateCell, Loaded, TlsError, load};
pub use keeper::{CertificateKeeper, EXPIRES_SOON_SECONDS, expiry_problem};
pub use listener::{HandshakeLimits, WebListener};
