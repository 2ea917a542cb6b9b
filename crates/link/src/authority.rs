//! The hub's certificate authority and its server certificate, as files.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proof::OriginKey;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::ServerSessionMemoryCache;
use rustls::version::TLS13;
use thiserror::Error;

use crate::Pin;
use crate::file::{read_bounded, write_new};
use crate::identity::{ed25519_pair, lasting};
use crate::peer::KeyVerifier;
use crate::tls::{NoClock, TlsError, alpn, provider};

const CA_CERTIFICATE: &str = "ca.pem";
const CA_KEY: &str = "ca.key";
const SERVER_CHAIN: &str = "server.pem";
const SERVER_KEY: &str = "server.key";
/// Longest of these files we read, in bytes.
const PEM_BYTES_MAX: u64 = 64 * 1024;
/// Sessions that can be resumed without a full handshake: one per machine of a large county.
const SESSIONS_MAX: usize = 4_096;

/// The hub's certificates could not be made, written or read.
#[derive(Debug, Error)]
pub enum AuthorityError {
    /// A key or a name that no certificate can be made of.
    #[error("no certificate could be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A certificate that cannot be read back, or a key that does not belong to it.
    #[error("the hub's certificates do not fit together: {0}")]
    Tls(#[from] TlsError),
    /// A file could not be written or read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what its name says.
    #[error("{path}: not a PEM file with the expected content")]
    Pem {
        /// The file.
        path: PathBuf,
    },
}

/// The hub's certificate authority (whose key every village pins) and the server certificate under it.
///
/// Both keys are Ed25519. The authority's key signs nothing but server certificates; losing it means
/// that every village must be enrolled again, so it belongs into the hub's backup.
pub struct Authority {
    ca_key: PrivatePkcs8KeyDer<'static>,
    chain: Vec<CertificateDer<'static>>,
    server_key: PrivatePkcs8KeyDer<'static>,
    fingerprint: Pin,
}

impl Authority {
    /// A new authority and a server certificate for these names (host names or addresses). The names
    /// are for browsers; villages and auditors go by the fingerprint. Two fresh 32-byte seeds are the keys.
    ///
    /// # Errors
    /// [`AuthorityError::Certificate`] for a name that cannot stand in a certificate.
    pub fn create(ca_seed: [u8; 32], server_seed: [u8; 32], names: &[String]) -> Result<Self, AuthorityError> {
        let ca_key = PrivatePkcs8KeyDer::from(OriginKey::from_seed(ca_seed).to_pkcs8_der());
        let ca_pair = ed25519_pair(&ca_key)?;
        let ca = ca_params()?.self_signed(&ca_pair)?.der().clone();
        Self::with_server(ca_key, ca, server_seed, names)
    }

    /// The same authority with another server key and other names: no village needs to be told.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn renewed(&self, server_seed: [u8; 32], names: &[String]) -> Result<Self, AuthorityError> {
        let [_, ca] = self.chain.as_slice() else {
            return Err(AuthorityError::Tls(rustls::Error::NoCertificatesPresented.into()));
        };
        Self::with_server(self.ca_key.clone_key(), ca.clone(), server_seed, names)
    }

    fn with_server(
        ca_key: PrivatePkcs8KeyDer<'static>,
        ca: CertificateDer<'static>,
        server_seed: [u8; 32],
        names: &[String],
    ) -> Result<Self, AuthorityError> {
        let fingerprint = Pin::of(&ca).map_err(TlsError::from)?;
        let issuer = Issuer::new(ca_params()?, ed25519_pair(&ca_key)?);
        let server_key = PrivatePkcs8KeyDer::from(OriginKey::from_seed(server_seed).to_pkcs8_der());
        let mut params = lasting("minqing hub", names.to_vec())?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = params.signed_by(&ed25519_pair(&server_key)?, &issuer)?.der().clone();
        Ok(Self {
            ca_key,
            chain: vec![leaf, ca],
            server_key,
            fingerprint,
        })
    }

    /// What villages and auditors pin: SHA-256 of the authority's SubjectPublicKeyInfo.
    #[must_use]
    pub const fn ca_fingerprint(&self) -> Pin {
        self.fingerprint
    }

    /// The server certificate, then the authority's.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// Writes `ca.pem`, `ca.key`, `server.pem` and `server.key` into an existing directory, synced;
    /// the keys readable by their owner alone. Nothing that exists is overwritten.
    ///
    /// # Errors
    /// [`AuthorityError::File`] if a file exists already or cannot be written.
    pub fn save(&self, dir: &Path) -> Result<(), AuthorityError> {
        write(
            dir.join(CA_KEY),
            0o600,
            &pem("PRIVATE KEY", &[self.ca_key.secret_pkcs8_der()]),
        )?;
        write(
            dir.join(CA_CERTIFICATE),
            0o644,
            &pem("CERTIFICATE", self.chain.get(1..).unwrap_or_default()),
        )?;
        write(
            dir.join(SERVER_KEY),
            0o600,
            &pem("PRIVATE KEY", &[self.server_key.secret_pkcs8_der()]),
        )?;
        write(dir.join(SERVER_CHAIN), 0o644, &pem("CERTIFICATE", &self.chain))?;
        std::fs::File::open(dir)
            .and_then(|dir| dir.sync_all())
            .map_err(|source| AuthorityError::File {
                path: dir.to_path_buf(),
                source,
            })
    }

    /// Reads the four files back and checks that they belong together.
    ///
    /// # Errors
    /// [`AuthorityError`] names the file that is missing, unreadable or of another authority.
    pub fn load(dir: &Path) -> Result<Self, AuthorityError> {
        let ca_key = read_key(&dir.join(CA_KEY))?;
        let server_key = read_key(&dir.join(SERVER_KEY))?;
        let chain_path = dir.join(SERVER_CHAIN);
        let chain = read_certificates(&chain_path)?;
        let ca_path = dir.join(CA_CERTIFICATE);
        let ca = read_certificates(&ca_path)?;
        if chain.len() != 2 {
            return Err(AuthorityError::Pem { path: chain_path });
        }
        if ca.as_slice() != &chain[1..] {
            return Err(AuthorityError::Pem { path: ca_path });
        }
        let fingerprint = Pin::of(&chain[1]).map_err(TlsError::from)?;
        let authority = Self {
            ca_key,
            chain,
            server_key,
            fingerprint,
        };
        authority.server_config()?;
        Ok(authority)
    }

    /// What the listener speaks: TLS 1.3 only, a client certificate asked for but not demanded,
    /// resumption from a bounded memory, one ticket per handshake.
    pub(crate) fn server_config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let provider = provider();
        let mut config = ServerConfig::builder_with_details(provider.clone(), Arc::new(NoClock))
            .with_protocol_versions(&[&TLS13])?
            .with_client_cert_verifier(Arc::new(KeyVerifier::new(provider)))
            .with_single_cert(self.chain.clone(), PrivateKeyDer::Pkcs8(self.server_key.clone_key()))?;
        config.alpn_protocols = alpn();
        config.session_storage = ServerSessionMemoryCache::new(SESSIONS_MAX);
        config.send_tls13_tickets = 1;
        Ok(Arc::new(config))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

/// The authority's own certificate: always the same but for its key.
fn ca_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = lasting("minqing hub authority", Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    Ok(params)
}

/// One PEM section (RFC 7468) per document.
fn pem(label: &str, documents: &[impl AsRef<[u8]>]) -> String {
    let section = |document: &dyn AsRef<[u8]>| {
        let text = STANDARD.encode(document.as_ref());
        let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    };
    documents.iter().map(|document| section(document)).collect()
}

fn write(path: PathBuf, mode: u32, text: &str) -> Result<(), AuthorityError> {
    write_new(&path, mode, text.as_bytes()).map_err(|source| AuthorityError::File { path, source })
}

fn read(path: &Path) -> Result<Vec<u8>, AuthorityError> {
    read_bounded(path, PEM_BYTES_MAX).map_err(|source| AuthorityError::File {
        path: path.to_path_buf(),
        source,
    })
}

fn read_key(path: &Path) -> Result<PrivatePkcs8KeyDer<'static>, AuthorityError> {
    PrivatePkcs8KeyDer::from_pem_slice(&read(path)?).map_err(|_| AuthorityError::Pem {
        path: path.to_path_buf(),
    })
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, AuthorityError> {
    CertificateDer::pem_slice_iter(&read(path)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| AuthorityError::Pem {
            path: path.to_path_buf(),
        })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn names() -> Vec<String> {
        vec!["hub.example".to_owned(), "192.0.2.7".to_owned()]
    }

    #[test]
    fn an_authority_survives_its_files() {
        let dir = tempfile::tempdir().unwrap();
        let hub = Authority::create([1; 32], [2; 32], &names()).unwrap();
        hub.save(dir.path()).unwrap();
        for key in [CA_KEY, SERVER_KEY] {
            let mode = std::fs::metadata(dir.path().join(key)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{key}");
        }
        let read = Authority::load(dir.path()).unwrap();
        assert_eq!(read.chain(), hub.chain());
        assert_eq!(read.ca_fingerprint(), hub.ca_fingerprint());
        assert!(hub.save(dir.path()).is_err(), "a key file is never overwritten");
    }

    #[test]
    fn files_of_two_authorities_are_not_mixed() {
        let dir = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        Authority::create([1; 32], [2; 32], &names())
            .unwrap()
            .save(dir.path())
            .unwrap();
        Authority::create([3; 32], [4; 32], &names())
            .unwrap()
            .save(other.path())
            .unwrap();
        std::fs::copy(other.path().join(SERVER_KEY), dir.path().join(SERVER_KEY)).unwrap();
        assert!(matches!(Authority::load(dir.path()), Err(AuthorityError::Tls(_))));
        std::fs::copy(other.path().join(SERVER_CHAIN), dir.path().join(SERVER_CHAIN)).unwrap();
        assert!(matches!(Authority::load(dir.path()), Err(AuthorityError::Pem { .. })));
    }

    #[test]
    fn a_renewed_server_certificate_keeps_the_pin() {
        let hub = Authority::create([1; 32], [2; 32], &names()).unwrap();
        let renewed = hub.renewed([5; 32], &["new.example".to_owned()]).unwrap();
        assert_eq!(renewed.ca_fingerprint(), hub.ca_fingerprint());
        assert_ne!(renewed.chain()[0], hub.chain()[0]);
    }
}
