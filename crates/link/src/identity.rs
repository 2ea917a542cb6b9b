//! A machine's certificate: self-signed, over the key of its origin.

use std::fmt;

use proof::{OriginKey, PublicKey};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, PKCS_ED25519,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use thiserror::Error;

/// A certificate could not be made from a key.
#[derive(Debug, Error)]
#[error("no certificate could be made over this key: {0}")]
pub struct IdentityError(#[from] rcgen::Error);

/// What a client shows the hub: a certificate over its origin's Ed25519 key, and that key.
///
/// The certificate carries the key and nothing else that is believed: who the key belongs to stands
/// in the hub's journal, and its dates (1975 to 4096) are never read. The same key always gives the
/// same certificate, so nothing but the key needs keeping.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
    public: PublicKey,
}

impl Identity {
    /// The certificate over this origin's key.
    ///
    /// # Errors
    /// [`IdentityError`] if the certificate library refuses the key.
    pub fn new(key: &OriginKey) -> Result<Self, IdentityError> {
        let pkcs8 = PrivatePkcs8KeyDer::from(key.to_pkcs8_der());
        let pair = ed25519_pair(&pkcs8)?;
        let mut params = lasting(&format!("minqing {}", key.origin()), Vec::new())?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.self_signed(&pair)?.der().clone();
        Ok(Self {
            certificate,
            key: pkcs8,
            public: key.public(),
        })
    }

    /// The certificate, as DER.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The key the certificate is over.
    #[must_use]
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.clone_key())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

/// The key pair behind an Ed25519 PKCS#8 document.
pub(crate) fn ed25519_pair(pkcs8: &PrivatePkcs8KeyDer<'_>) -> Result<KeyPair, rcgen::Error> {
    KeyPair::from_pkcs8_der_and_sign_algo(pkcs8, &PKCS_ED25519)
}

/// Parameters with a common name, alternative names and a validity no clock falls out of. The serial
/// number stays unset: the library then derives it from the key.
pub(crate) fn lasting(common_name: &str, names: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.not_before = rcgen::date_time_ymd(1975, 1, 1);
    params.not_after = rcgen::date_time_ymd(4096, 1, 1);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_follows_from_its_key_alone() {
        let key = OriginKey::from_seed([7; 32]);
        let one = Identity::new(&key).unwrap();
        let two = Identity::new(&key).unwrap();
        assert_eq!(one.certificate(), two.certificate());
        assert_eq!(crate::tls::ed25519_key(one.certificate()), Some(key.public()));
        assert!(
            !format!("{one:?}").contains("key:"),
            "a private key never reaches a log"
        );
    }
}
