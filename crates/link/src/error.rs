//! Why an exchange with the hub came to nothing, in plain words.

use std::error::Error;
use std::io;
use std::time::Duration;

use thiserror::Error as ThisError;

use crate::Pin;
use crate::pin::WrongHub;

/// No answer, or none that can be used. A refusal by the hub is not among these: that is an answer,
/// a [`crate::Reply`] with a [`crate::Problem`] in it.
#[derive(Debug, ThisError)]
pub enum LinkError {
    /// The client could not be made.
    #[error("the client could not be set up: {0}")]
    Setup(String),
    /// The hub's address or the path asked for is not one.
    #[error("{0:?} is not an address")]
    Address(String),
    /// Nobody answers there.
    #[error("the hub cannot be reached: {0}")]
    Unreachable(String),
    /// Another machine answered: a wrong address, a log-in page of the network, or somebody in between.
    #[error(
        "another machine answered in the hub's place (no certificate for fingerprint {expected}); nothing was sent to it"
    )]
    Impostor {
        /// The fingerprint that was expected.
        expected: Pin,
    },
    /// No TLS connection came about for another reason.
    #[error("no secure connection to the hub: {0}")]
    Handshake(String),
    /// Nothing moved for too long.
    #[error("the hub fell silent for {} s", .0.as_secs_f32())]
    Silent(Duration),
    /// The connection broke in the middle.
    #[error("the connection to the hub broke: {0}")]
    Broken(String),
    /// The answer is longer than the caller takes, in bytes.
    #[error("the hub's answer is longer than {0} bytes")]
    TooLong(usize),
}

impl LinkError {
    /// Whether the same request may well succeed later without a person doing something. If not,
    /// tell a person; a later try on schedule does no harm either way, because every request of the
    /// protocol may be repeated.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::Handshake(_) | Self::Silent(_) | Self::Broken(_)
        )
    }

    /// What went wrong, found in the chain of causes.
    pub(crate) fn from_reqwest(error: &reqwest::Error, waited: Duration) -> Self {
        if let Some(tls) = causes(error).find_map(<dyn Error>::downcast_ref::<rustls::Error>) {
            return match tls {
                rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other)) => {
                    match other.0.downcast_ref::<WrongHub>() {
                        Some(wrong) => Self::Impostor {
                            expected: wrong.expected,
                        },
                        None => Self::Handshake(tls.to_string()),
                    }
                }
                _ => Self::Handshake(tls.to_string()),
            };
        }
        // The last cause is the plainest: "connection refused", not "error sending request".
        let words = causes(error).last().map_or_else(String::new, ToString::to_string);
        if error.is_connect() {
            Self::Unreachable(words)
        } else if error.is_timeout() {
            Self::Silent(waited)
        } else if error.is_builder() {
            Self::Address(words)
        } else {
            Self::Broken(words)
        }
    }
}

/// An error and what it was caused by, outermost first. An I/O error does not name what it wraps as
/// its source, so it is opened up.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let cause = next?;
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = wrapped.map_or_else(|| cause.source(), |inner| Some(inner as &(dyn Error + 'static)));
        Some(cause)
    })
}
