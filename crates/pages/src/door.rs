//! Who may come in: the session of a request, the host it names, and what is said to everybody else.

use accounts::{Act, Prefs, Signed, may};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use link::{Problem, ProblemKind};
use screen::office::{Frame, Here, message};
use screen::{Lang, Words};

use crate::site::{Site, frame_for, no_accounts};

/// The token that a request shows.
pub(crate) fn token_of<'a, S: Site>(site: &S, headers: &'a HeaderMap) -> Option<&'a str> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == &*site.porch().cookie)
        .map(|(_, token)| token)
}

/// Whether English was chosen before anybody is signed in; Chinese is the default, whatever the browser's own language.
fn chose_english(headers: &HeaderMap) -> bool {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.any(|(name, lang)| name == LANG_COOKIE && lang == "en")
}

/// What is remembered of the language before anybody is signed in.
pub(crate) const LANG_COOKIE: &str = "minqing-lang";

/// How somebody without a session likes the pages.
pub(crate) fn prefs_of(headers: &HeaderMap) -> Prefs {
    Prefs {
        english: chose_english(headers),
        large: false,
    }
}

pub(crate) const fn lang(prefs: Prefs) -> Lang {
    if prefs.english { Lang::En } else { Lang::Zh }
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Their account, and how they like the pages.
    pub signed: Signed,
    pub(crate) token: String,
}

impl Visitor {
    /// The words of their language.
    #[must_use]
    pub const fn words(&self) -> Words {
        Words::new(lang(self.signed.prefs))
    }

    /// The frame of a page for this person, with the strip.
    pub fn frame<S: Site>(&self, site: &S, here: Here, back: &str) -> Frame {
        let mut frame = Frame {
            person: Some(self.signed.account.name.clone()),
            here,
            back: back.to_owned(),
            ..frame_for(site, self.signed.prefs)
        };
        site.furnish(&mut frame);
        frame
    }

    /// The answer to somebody whose account may not do this.
    pub fn refusal<S: Site>(&self, site: &S, act: Act) -> Option<Response> {
        if may(&self.signed.account, act) {
            return None;
        }
        let w = self.words();
        let page = message(&self.frame(site, Here::Nowhere, "/"), w.trouble(), w.not_allowed());
        Some((StatusCode::FORBIDDEN, Html(page)).into_response())
    }

    /// A problem as a page.
    pub fn trouble<S: Site>(&self, site: &S, problem: &Problem) -> Response {
        tracing::info!(%problem, "a page could not be shown");
        let w = self.words();
        let heading = if problem.type_.ends_with(ProblemKind::NotFound.slug()) {
            w.not_found()
        } else {
            w.trouble()
        };
        let page = message(&self.frame(site, Here::Nowhere, "/"), heading, &problem.detail);
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Html(page)).into_response()
    }
}

impl<S: Site> FromRequestParts<S> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &S) -> Result<Self, Response> {
        let now = site.now_ms();
        let token = token_of(site, &parts.headers).map(str::to_owned);
        let signed = match &token {
            None => None,
            Some(token) => match site.porch().accounts.ask(|accounts| accounts.signed(token, now)) {
                Ok(signed) => signed,
                Err(_) => return Err(no_accounts(site, &parts.headers)),
            },
        };
        match (signed, token) {
            (Some(signed), Some(token)) => Ok(Self { signed, token }),
            (_, token) => {
                // Where somebody came from is said only for pages that can be opened again.
                let next = if parts.method == axum::http::Method::GET {
                    parts.uri.path()
                } else {
                    "/"
                };
                let ended = if token.is_some() { "&ended=1" } else { "" };
                Err(Redirect::to(&format!("/sign-in?next={next}{ended}")).into_response())
            }
        }
    }
}

/// Notes that a session was used, now and then.
pub(crate) async fn note_use<S: Site>(State(site): State<S>, request: Request, next: Next) -> Response {
    let (now, accounts) = (site.now_ms(), &site.porch().accounts);
    if let Some(token) = token_of(&site, request.headers()).map(str::to_owned)
        && accounts.ask(|accounts| accounts.is_stale(&token, now)).unwrap_or(false)
    {
        let noted = accounts.change(move |accounts| accounts.saw(&token, now));
        if let Err(problem) = noted.await {
            tracing::warn!(%problem, "the use of a session was not noted");
        }
    }
    next.run(request).await
}

/// Refuses requests under a foreign name: a page elsewhere must not reach this machine by pointing its own name at it.
pub(crate) async fn own_host<S: Site>(State(site): State<S>, request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let is_named = site.porch().names.iter().any(|known| known.eq_ignore_ascii_case(name));
    if is_named || name == "localhost" || name.parse::<std::net::IpAddr>().is_ok() {
        next.run(request).await
    } else {
        let words = Words::new(Lang::Zh).wrong_host().to_owned() + "\n" + Words::new(Lang::En).wrong_host();
        (StatusCode::MISDIRECTED_REQUEST, words).into_response()
    }
}

pub(crate) fn cross_site() -> Response {
    let words = Words::new(Lang::Zh).cross_site().to_owned() + "\n" + Words::new(Lang::En).cross_site();
    (StatusCode::FORBIDDEN, words).into_response()
}

pub(crate) async fn not_found<S: Site>(State(site): State<S>, headers: HeaderMap) -> Response {
    let frame = frame_for(&site, prefs_of(&headers));
    let page = message(&frame, frame.words().not_found(), "");
    (StatusCode::NOT_FOUND, Html(page)).into_response()
}
