//! What a program with pages is, and what its porch holds.

use std::sync::Arc;

use accounts::Prefs;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use link::{Problem, ProblemKind, Surroundings};
use screen::office::{Frame, message};
use tokio::sync::Semaphore;

use crate::AccountsKept;
use crate::door::{lang, prefs_of};

/// A program that has pages: the state of its routes.
pub trait Site: Clone + Send + Sync + 'static {
    /// Who may come in, and what is needed to find out.
    fn porch(&self) -> &Porch;

    /// Now, by the time that the program trusts, in milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> u64;

    /// The frame of a page for nobody in particular: whose pages they are, the time, the clock's standing. Language,
    /// type size and the sheet's address are put in by whoever asks.
    fn frame(&self) -> Frame;

    /// Adds what only somebody who is signed in gets to see: the strip.
    fn furnish(&self, frame: &mut Frame);
}

/// What stands before the pages.
#[derive(Clone)]
pub struct Porch {
    /// Who may sign in.
    pub accounts: AccountsKept,
    /// Randomness for tokens and salts.
    pub surroundings: Surroundings,
    /// One hash at a time: each takes 19 MiB.
    pub(crate) hashing: Arc<Semaphore>,
    /// Name of the cookie; it has the port, because cookies are told apart by host alone.
    pub(crate) cookie: Arc<str>,
    /// Names under which the pages may be opened, beside `localhost` and addresses in digits.
    pub(crate) names: Arc<[String]>,
}

impl Porch {
    /// The porch of pages at this port. `names` are host names, without a port, under which they may be opened too: those of
    /// a proxy that stands before them with encryption, for instance.
    #[must_use]
    pub fn new(accounts: AccountsKept, surroundings: Surroundings, port: u16, names: Vec<String>) -> Self {
        Self {
            accounts,
            surroundings,
            hashing: Arc::new(Semaphore::new(1)),
            cookie: format!("minqing-{port}").into(),
            names: names.into(),
        }
    }
}

/// The frame of a page of this site for somebody who likes it so.
pub(crate) fn frame_for<S: Site>(site: &S, prefs: Prefs) -> Frame {
    Frame {
        lang: lang(prefs),
        large: prefs.large,
        sheet: format!("/office.css?{}", env!("CARGO_PKG_VERSION")),
        back: "/".to_owned(),
        ..site.frame()
    }
}

/// Says that the accounts cannot be read.
pub(crate) fn no_accounts<S: Site>(site: &S, headers: &HeaderMap) -> Response {
    let frame = frame_for(site, prefs_of(headers));
    let w = frame.words();
    let page = message(&frame, w.trouble(), w.accounts_damaged());
    (StatusCode::SERVICE_UNAVAILABLE, Html(page)).into_response()
}

/// Does something that may block, on a thread for that.
///
/// # Errors
/// `internal` if it panicked.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Problem::new(ProblemKind::Internal, error.to_string()))
}
