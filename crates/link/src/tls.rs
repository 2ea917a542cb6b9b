//! What every TLS configuration here has in common: the provider, the version, the time and the
//! protocols offered.

use std::sync::Arc;
use std::time::Duration;

use proof::PublicKey;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::time_provider::TimeProvider;
use thiserror::Error;

/// A TLS configuration could not be built.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A certificate or key that rustls does not take.
    #[error("the TLS configuration was not accepted: {0}")]
    Rustls(#[from] rustls::Error),
    /// The listening socket gave no address.
    #[error("the listening socket is not usable: {0}")]
    Socket(#[from] std::io::Error),
}

/// DER of a SubjectPublicKeyInfo for Ed25519 (RFC 8410) up to the 32 key bytes.
const ED25519_SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The only moment TLS knows here: 2001-09-09, inside the validity of every certificate we make.
const FIXED_TIME: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(1_000_000_000));

/// HTTP/2 where the road allows it, else HTTP/1.1: some middle boxes break the first.
pub(crate) const ALPN_H2: &[u8] = b"h2";
const ALPN_HTTP1: &[u8] = b"http/1.1";

/// TLS without a clock: a machine that boots in 1970 or in 2036 connects all the same. Tickets then
/// never seem old to the client; the server's bounded memory of sessions decides.
#[derive(Debug)]
pub(crate) struct NoClock;

impl TimeProvider for NoClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(FIXED_TIME)
    }
}

/// The moment at which certificate chains are checked, whatever the machine's clock says.
pub(crate) const fn checked_at() -> UnixTime {
    FIXED_TIME
}

/// The `ring` provider.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The protocols offered in the handshake, best first.
pub(crate) fn alpn() -> Vec<Vec<u8>> {
    vec![ALPN_H2.to_vec(), ALPN_HTTP1.to_vec()]
}

/// The SubjectPublicKeyInfo of a certificate, as DER.
///
/// # Errors
/// What the certificate parser says of bytes that are no certificate.
pub(crate) fn public_key_info(certificate: &CertificateDer<'_>) -> Result<Vec<u8>, rustls::Error> {
    Ok(ParsedCertificate::try_from(certificate)?
        .subject_public_key_info()
        .as_ref()
        .to_vec())
}

/// The Ed25519 key a certificate is over; `None` if it is over a key of another kind, or unreadable.
pub(crate) fn ed25519_key(certificate: &CertificateDer<'_>) -> Option<PublicKey> {
    let info = public_key_info(certificate).ok()?;
    let key = info.strip_prefix(&ED25519_SPKI_PREFIX)?;
    Some(PublicKey(key.try_into().ok()?))
}
