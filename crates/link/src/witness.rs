//! Asking a witness for its cosignature (c2sp.org/tlog-witness), over plain HTTP: all of it is signed and public.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header;
use proof::{AddCheckpoint, Hash, NOTE_BYTES_MAX, NoteError, SignedCheckpoint, plain_decimal};
use reqwest::Url;
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;
use tokio::time::timeout;

use crate::tls::provider;

/// Longest wait for a connection to a witness.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest exchange with a witness: the request has a few kilobytes, the answer a few hundred bytes.
const EXCHANGE: Duration = Duration::from_secs(30);
/// Longest words of a refusal that are kept, in characters.
const WORDS_MAX: usize = 200;

/// What a witness answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WitnessReply {
    /// Its cosignature lines, not yet verified: [`proof::merge`] does that.
    Cosigned(String),
    /// The newest checkpoint that it cosigned has this size: ask again with a proof from there. If that is the size
    /// that was asked with, it has another root at this size, and somebody should look.
    Has(u64),
    /// It refused, with an HTTP status: 403 not signed, 404 the log is not known there, 422 the proof does not hold,
    /// 400 malformed; others come from the network.
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said, cut to 200 characters.
        words: String,
    },
}

/// Why there is no answer of a witness.
#[derive(Debug, Error)]
pub enum WitnessError {
    /// The address is not one. Only `http` is spoken.
    #[error("{0:?} is no address of a witness, such as http://witness.example:8448")]
    Address(String),
    /// The client could not be made.
    #[error("the client could not be set up: {0}")]
    Setup(String),
    /// What was to be cosigned is no checkpoint.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Nobody answers there, or the connection broke.
    #[error("the witness cannot be reached: {0}")]
    Unreachable(String),
    /// No whole answer came in time.
    #[error("the witness did not answer within {} s", EXCHANGE.as_secs())]
    Silent,
    /// The answer is none of the protocol's.
    #[error("the witness's answer is not understood: {0}")]
    Answer(&'static str),
}

/// Asks the witness whose submission prefix is `url` (`http://host:port`, perhaps with a path) to cosign `note`, with a
/// consistency proof from size `old`, the newest it is believed to have cosigned; 0 without proof if nothing is known.
///
/// # Errors
/// [`WitnessError`] if there is no answer that can be used. A refusal is an answer.
pub async fn add_checkpoint(url: &str, note: &str, old: u64, proof: &[Hash]) -> Result<WitnessReply, WitnessError> {
    let address = || WitnessError::Address(url.to_owned());
    let url = Url::parse(&format!("{}/add-checkpoint", url.trim_end_matches('/'))).map_err(|_| address())?;
    if url.scheme() != "http" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(address());
    }
    let request = AddCheckpoint {
        old,
        proof: proof.to_vec(),
        checkpoint: SignedCheckpoint::parse(note)?,
    };
    let http = http()?;
    let exchange = async {
        let sent = http.post(url).body(request.encode()).send().await;
        read(sent.map_err(|error| unreachable(&error))?).await
    };
    timeout(EXCHANGE, exchange).await.map_err(|_| WitnessError::Silent)?
}

async fn read(mut response: reqwest::Response) -> Result<WitnessReply, WitnessError> {
    let status = response.status().as_u16();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_size = kind.is_some_and(|kind| kind.as_bytes() == b"text/x.tlog.size");
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        if body.len() + chunk.len() > NOTE_BYTES_MAX {
            return Err(WitnessError::Answer("it is longer than a note may be"));
        }
        body.extend_from_slice(&chunk);
    }
    let words = String::from_utf8_lossy(&body);
    match status {
        200 => String::from_utf8(body)
            .map(WitnessReply::Cosigned)
            .map_err(|_| WitnessError::Answer("it is no text")),
        409 if is_size => words
            .strip_suffix('\n')
            .and_then(plain_decimal)
            .map(WitnessReply::Has)
            .ok_or(WitnessError::Answer("it is no size")),
        _ => {
            let words = words.trim().chars().take(WORDS_MAX).collect();
            Ok(WitnessReply::Refused { status, words })
        }
    }
}

fn http() -> Result<reqwest::Client, WitnessError> {
    let setup = |error: &dyn std::fmt::Display| WitnessError::Setup(error.to_string());
    // Never used, but the library wants one, and its own would take the process's default provider.
    let tls = ClientConfig::builder_with_provider(Arc::clone(&provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| setup(&error))?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .http1_only()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT)
        .build()
        .map_err(|error| setup(&error))
}

fn unreachable(error: &reqwest::Error) -> WitnessError {
    // The last cause is the plainest: "connection refused", not "error sending request".
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    WitnessError::Unreachable(causes.last().map_or_else(String::new, ToString::to_string))
}
