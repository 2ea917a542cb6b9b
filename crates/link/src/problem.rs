//! Refusals as documents (RFC 9457): one form for people and for programs.

use std::fmt;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::{PROBLEM_PREFIX, ProblemKind};

/// The content type of a problem document.
pub const PROBLEM_CONTENT_TYPE: &str = "application/problem+json";
/// Longest problem document that is read, in bytes.
pub const PROBLEM_BYTES_MAX: usize = 8 * 1024;
/// Longest detail that is written, in characters.
const DETAIL_CHARS_MAX: usize = 1_000;

/// Why something was refused, whether to try again, and whether what is acknowledged is safe.
///
/// Unknown fields are passed over when reading, and an unknown type is kept as text: a newer hub may
/// say more than an older village understands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:minqing:problem:` and the slug of a [`ProblemKind`].
    #[serde(rename = "type")]
    pub type_: String,
    /// The kind in words, Chinese and English.
    #[serde(default)]
    pub title: String,
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// What happened this time, for a person. Never personal data, never a secret.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Whether the sender may try again without a person doing something first.
    #[serde(default)]
    pub retry: bool,
    /// How long to wait before, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    /// Whether everything acknowledged before is known to be sound.
    #[serde(default)]
    pub data_safe: bool,
    /// What a program needs to know beyond that; flat among the other fields in the document.
    #[serde(flatten)]
    pub fields: Box<ProblemFields>,
}

/// The machine-readable fields that some kinds carry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemFields {
    /// The sequence the hub waits for (`gap`, `root-mismatch`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_sequence: Option<u64>,
    /// How many entries of this origin the hub holds (`gap`, `root-mismatch`, `fork`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub_size: Option<u64>,
    /// The bound that was passed, in bytes (`too-large`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
    /// The journal the hub keeps now (`other-journal`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<String>,
    /// Where the evidence is kept (`fork`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

impl Problem {
    /// A problem of this kind. The detail is for a person and is cut at 1,000 characters.
    #[must_use]
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        if let Some((end, _)) = detail.char_indices().nth(DETAIL_CHARS_MAX) {
            detail.truncate(end);
        }
        Self {
            type_: format!("{PROBLEM_PREFIX}{}", kind.slug()),
            title: format!("{} · {}", kind.title_zh(), kind.title_en()),
            status: kind.status(),
            detail,
            retry: kind.retry(),
            retry_after_s: None,
            data_safe: kind.data_safe(),
            fields: Box::default(),
        }
    }

    /// The same, asking the sender to wait this many seconds.
    #[must_use]
    pub const fn after_s(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The same, naming the sequence the hub waits for and how many entries it holds.
    #[must_use]
    pub fn expecting(mut self, expected_sequence: u64, hub_size: u64) -> Self {
        self.fields.expected_sequence = Some(expected_sequence);
        self.fields.hub_size = Some(hub_size);
        self
    }

    /// The same, naming the bound that was passed, in bytes.
    #[must_use]
    pub fn at_most_bytes(mut self, max_bytes: u64) -> Self {
        self.fields.max_bytes = Some(max_bytes);
        self
    }

    /// The same, naming the journal the hub keeps now.
    #[must_use]
    pub fn in_journal(mut self, journal: impl Into<String>) -> Self {
        self.fields.journal = Some(journal.into());
        self
    }

    /// The same, naming where the evidence is kept.
    #[must_use]
    pub fn with_evidence(mut self, evidence: impl Into<String>) -> Self {
        self.fields.evidence = Some(evidence.into());
        self
    }

    /// The kind, if this version knows it.
    #[must_use]
    pub fn kind(&self) -> Option<ProblemKind> {
        ProblemKind::from_slug(self.type_.strip_prefix(PROBLEM_PREFIX)?)
    }

    /// Reads a problem document; `None` if it is none, or longer than [`PROBLEM_BYTES_MAX`].
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > PROBLEM_BYTES_MAX {
            None
        } else {
            serde_json::from_slice(bytes).ok()
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.detail.as_str() {
            "" => write!(f, "{} ({})", self.title, self.status),
            detail => write!(f, "{} ({}): {detail}", self.title, self.status),
        }
    }
}

impl std::error::Error for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // A problem has only strings, numbers and flags: writing it as JSON cannot fail.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_CONTENT_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_slug_and_is_read_back() {
        for (index, kind) in ProblemKind::all().iter().enumerate() {
            let problem = Problem::new(*kind, "detail")
                .after_s(9)
                .expecting(4, 3)
                .at_most_bytes(7)
                .in_journal("j")
                .with_evidence("e");
            let read = Problem::parse(&serde_json::to_vec(&problem).unwrap()).unwrap();
            assert_eq!(read, problem);
            assert_eq!(read.fields.expected_sequence, Some(4));
            assert_eq!(read.kind(), Some(*kind));
            assert!(
                !ProblemKind::all()[..index]
                    .iter()
                    .any(|earlier| earlier.slug() == kind.slug())
            );
            assert!((400..600).contains(&kind.status()), "{}", kind.slug());
        }
    }

    #[test]
    fn what_a_newer_hub_says_is_still_read() {
        let text = r#"{"type":"urn:minqing:problem:of-tomorrow","status":409,"retry":true,"colour":"red"}"#;
        let problem = Problem::parse(text.as_bytes()).unwrap();
        assert_eq!((problem.kind(), problem.retry, problem.data_safe), (None, true, false));
        assert_eq!(Problem::parse(b"<html>a captive portal</html>"), None);
        assert_eq!(Problem::parse(&vec![b' '; PROBLEM_BYTES_MAX + 1]), None);
    }

    #[test]
    fn a_long_detail_is_cut_between_characters() {
        let problem = Problem::new(ProblemKind::Gap, "民".repeat(5_000));
        assert_eq!(problem.detail.chars().count(), DETAIL_CHARS_MAX);
        assert!(serde_json::to_vec(&problem).unwrap().len() < PROBLEM_BYTES_MAX);
    }
}
