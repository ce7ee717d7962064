//! Takes a new certificate at SIGHUP, and tells when the one that is served ends.

use std::time::Duration;

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    time::{MissedTickBehavior, interval},
};

use super::{CertificateCell, Loaded, load};
use crate::{
    alarms::{Alarms, CERTIFICATE_EXPIRES},
    clock::machine_unix,
    metrics::Metrics,
    settings::tls::CertificateFiles,
};

/// Alarm when a certificate holds no longer than this: 14 days. Authorities give new ones well before.
pub const EXPIRES_SOON_SECONDS: i64 = 14 * 86_400;
const LOOK_EVERY: Duration = Duration::from_secs(3_600);

/// What is wrong with the certificate's time at `now_unix`, in words.
pub fn expiry_problem(loaded: &Loaded, now_unix: i64) -> Option<String> {
    let left = loaded.not_after_unix.saturating_sub(now_unix);
    if let Some(problem) = not_valid(loaded, now_unix) {
        return Some(format!("{problem}: callers will refuse it; put a new one in its place and send SIGHUP"));
    }
    (left < EXPIRES_SOON_SECONDS).then(|| {
        format!("the certificate ends in {} days: put a new one in its place and send SIGHUP", left.max(0) / 86_400)
    })
}

fn not_valid(loaded: &Loaded, now_unix: i64) -> Option<String> {
    let (from, to) = (loaded.not_before_unix, loaded.not_after_unix);
    if now_unix > to {
        return Some(format!("the certificate has ended {} s ago, at unix time {to}", now_unix.saturating_sub(to)));
    }
    (now_unix < from).then(|| format!("the certificate holds only from unix time {from} on; now is {now_unix}"))
}

/// Looks after the certificate of one oracle.
pub struct CertificateKeeper {
    files: CertificateFiles,
    cell: CertificateCell,
    served: Loaded,
    alarms: Alarms,
    metrics: Metrics,
    hangup: Signal,
}

impl CertificateKeeper {
    /// Reads the certificate. One that has ended is served all the same: an oracle that does not run closes no epochs.
    pub fn start(files: CertificateFiles, alarms: Alarms, metrics: Metrics) -> anyhow::Result<Self> {
        let served = load(&files)?;
        let cell = CertificateCell::new(&served);
        let hangup = signal(SignalKind::hangup())?;
        Ok(Self { files, cell, served, alarms, metrics, hangup })
    }

    pub fn cell(&self) -> CertificateCell {
        self.cell.clone()
    }

    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = looks.tick() => self.look(machine_unix()),
                Some(()) = self.hangup.recv() => self.reload(machine_unix()),
                // An error means that the sender is gone: the process is ending.
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    fn look(&self, now_unix: i64) {
        self.metrics.certificate_expires(self.served.not_after_unix);
        self.alarms.set(CERTIFICATE_EXPIRES, expiry_problem(&self.served, now_unix), now_unix);
    }

    /// Takes what lies in the files now; a bad one is said and changes nothing.
    fn reload(&mut self, now_unix: i64) {
        match load(&self.files).map(|loaded| (not_valid(&loaded, now_unix), loaded)) {
            Ok((None, loaded)) => {
                self.cell.set(&loaded);
                tracing::info!(not_after_unix = loaded.not_after_unix, "new connections get the new certificate");
                self.served = loaded;
                self.look(now_unix);
            }
            Ok((Some(problem), _)) => kept(&problem),
            Err(error) => kept(&error.to_string()),
        }
    }
}

fn kept(problem: &str) {
    tracing::error!("the certificate stays as it is: {problem}");
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio_rustls::rustls::{ServerConfig, crypto::ring, server::ResolvesServerCertUsingSni};

    use super::*;

    /// Holds from second 1,000,000 to second 3,000,000, both included.
    fn loaded() -> Result<Loaded, tokio_rustls::rustls::Error> {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
        let config = Arc::new(config.with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new())));
        Ok(Loaded { config, not_before_unix: 1_000_000, not_after_unix: 3_000_000 })
    }

    #[test]
    fn expiry_is_told_two_weeks_ahead_and_from_the_second_after_the_end() {
        let Ok(loaded) = loaded() else { panic!("no configuration") };
        let soon = 3_000_000 - EXPIRES_SOON_SECONDS;
        for (now, words) in [
            (999_999, Some("only from unix time 1000000")),
            (1_000_000, None),
            (soon, None),
            (soon + 1, Some("ends in 13 days")),
            (3_000_000, Some("ends in 0 days")),
            (3_000_001, Some("has ended 1 s ago")),
        ] {
            let problem = expiry_problem(&loaded, now);
            match words {
                Some(words) => assert!(problem.as_ref().is_some_and(|said| said.contains(words)), "{now}: {problem:?}"),
                None => assert_eq!(problem, None, "{now}"),
            }
        }
    }
}
