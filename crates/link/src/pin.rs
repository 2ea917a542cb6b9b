//! How a client knows its hub: by the fingerprint of the hub's certificate authority, and by nothing else.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, PeerIncompatible, RootCertStore, SignatureScheme,
};
use sha2::{Digest as _, Sha256};
use thiserror::Error as ThisError;

use crate::hex;
use crate::tls::{checked_at, public_key_info};

/// SHA-256 of the SubjectPublicKeyInfo (DER) of a hub's certificate authority.
///
/// It names a key, not a certificate: the hub may renew certificates, move to another address or
/// another name without any village noticing, as long as it keeps that key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin(pub [u8; 32]);

impl Pin {
    /// The pin of a certificate authority's certificate.
    ///
    /// # Errors
    /// What the certificate parser says of bytes that are no certificate.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Result<Self, Error> {
        Ok(Self(Sha256::digest(public_key_info(certificate)?).into()))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({self})")
    }
}

/// A pin is 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[error("a hub's fingerprint is 64 hexadecimal digits")]
pub struct PinError;

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        hex::decode(text).map(Self).ok_or(PinError)
    }
}

/// The machine that answered showed no certificate of the pinned authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[error("the machine that answered is not the hub with the fingerprint {expected}")]
pub(crate) struct WrongHub {
    pub(crate) expected: Pin,
}

/// Takes a server whose leaf is signed by the pinned authority, under any name and on any date.
///
/// The authority's certificate must be part of the chain shown. Its bytes are not trusted: only its
/// key counts, and the leaf's signature is checked under that key. Names are not compared, because a
/// hub's address changes (a new line, a tunnel, a number in place of a name) and the pin says more
/// than a name can.
#[derive(Debug)]
pub(crate) struct PinVerifier {
    pin: Pin,
    provider: Arc<CryptoProvider>,
}

impl PinVerifier {
    pub(crate) const fn new(pin: Pin, provider: Arc<CryptoProvider>) -> Self {
        Self { pin, provider }
    }

    fn wrong_hub(&self) -> Error {
        let wrong = WrongHub { expected: self.pin };
        Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(wrong))))
    }
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let leaf = ParsedCertificate::try_from(end_entity)?;
        let authority = intermediates
            .iter()
            .find(|shown| Pin::of(shown).is_ok_and(|pin| pin == self.pin));
        let authority = authority.ok_or_else(|| self.wrong_hub())?;
        let mut anchors = RootCertStore::empty();
        anchors.add(authority.clone().into_owned())?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&leaf, &anchors, &[], checked_at(), algorithms)
            .map_err(|_| self.wrong_hub())?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::PeerIncompatible(PeerIncompatible::Tls12NotOfferedOrEnabled))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Authority;

    fn verify(pin: Pin, chain: &[CertificateDer<'_>], at_s: u64) -> Result<ServerCertVerified, Error> {
        let name = ServerName::try_from("another.name.invalid").unwrap();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(at_s));
        PinVerifier::new(pin, crate::tls::provider()).verify_server_cert(&chain[0], &chain[1..], &name, &[], now)
    }

    #[test]
    fn neither_name_nor_date_matters_but_the_key_does() {
        let hub = Authority::create([1; 32], [2; 32], &["hub.example".to_owned()]).unwrap();
        let other = Authority::create([3; 32], [2; 32], &["hub.example".to_owned()]).unwrap();
        for at_s in [0, 1_790_000_000, 2_082_758_400, 90_000_000_000] {
            assert!(verify(hub.ca_fingerprint(), hub.chain(), at_s).is_ok(), "at {at_s} s");
            assert!(
                verify(hub.ca_fingerprint(), other.chain(), at_s).is_err(),
                "at {at_s} s"
            );
        }
        // The right authority's certificate beside a leaf that it never signed.
        let forged = [other.chain()[0].clone(), hub.chain()[1].clone()];
        assert!(verify(hub.ca_fingerprint(), &forged, 0).is_err());
        // A leaf alone: the authority that signed it is not shown.
        assert!(verify(hub.ca_fingerprint(), &hub.chain()[..1], 0).is_err());
    }

    #[test]
    fn a_pin_is_read_back_from_its_text() {
        let pin = Pin([0xa5; 32]);
        assert_eq!(pin.to_string().parse(), Ok(pin));
        assert_eq!("a5".parse::<Pin>(), Err(PinError));
    }
}
