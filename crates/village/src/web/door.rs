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

use super::Web;

/// The token that a request shows.
pub(super) fn token_of<'a>(web: &Web, headers: &'a HeaderMap) -> Option<&'a str> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == &*web.cookie).map(|(_, token)| token)
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
pub(super) const LANG_COOKIE: &str = "minqing-lang";

/// How somebody without a session likes the pages.
pub(super) fn prefs_of(headers: &HeaderMap) -> Prefs {
    Prefs {
        english: chose_english(headers),
        large: false,
    }
}

pub(super) const fn lang(prefs: Prefs) -> Lang {
    if prefs.english { Lang::En } else { Lang::Zh }
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) signed: Signed,
    pub(super) token: String,
}

impl Visitor {
    pub(super) const fn words(&self) -> Words {
        Words::new(lang(self.signed.prefs))
    }

    /// The frame of a page for this person, with the strip.
    pub(super) fn frame(&self, web: &Web, here: Here, back: &str) -> Frame {
        Frame {
            person: Some(self.signed.account.name.clone()),
            here,
            back: back.to_owned(),
            strip: Some(super::desk::strip(&web.office)),
            ..web.frame(self.signed.prefs)
        }
    }

    /// The answer to somebody whose account may not do this.
    pub(super) fn refusal(&self, web: &Web, act: Act) -> Option<Response> {
        if may(&self.signed.account, act) {
            return None;
        }
        let w = self.words();
        let page = message(&self.frame(web, Here::Nowhere, "/"), w.trouble(), w.not_allowed());
        Some((StatusCode::FORBIDDEN, Html(page)).into_response())
    }

    /// A problem as a page.
    pub(super) fn trouble(&self, web: &Web, problem: &Problem) -> Response {
        tracing::info!(%problem, "a page could not be shown");
        let w = self.words();
        let heading = if problem.type_.ends_with(ProblemKind::NotFound.slug()) {
            w.not_found()
        } else {
            w.trouble()
        };
        let page = message(&self.frame(web, Here::Nowhere, "/"), heading, &problem.detail);
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Html(page)).into_response()
    }
}

impl Web {
    /// The frame of a page for nobody in particular.
    pub(super) fn frame(&self, prefs: Prefs) -> Frame {
        let bulletin = self.office.bulletin.borrow();
        let (_, quality, _) = bulletin.trusted;
        let now = bulletin.trusted_ms(&self.office.now());
        Frame {
            lang: lang(prefs),
            large: prefs.large,
            place: bulletin.name.clone(),
            now_ms: i64::try_from(now).unwrap_or(i64::MAX),
            clock_in_doubt: matches!(quality, event::ClockQuality::Floor | event::ClockQuality::Unknown),
            sheet: format!("/office.css?{}", env!("CARGO_PKG_VERSION")),
            back: "/".to_owned(),
            ..Frame::default()
        }
    }

    /// Says that the accounts cannot be read.
    pub(super) fn no_accounts(&self, headers: &HeaderMap) -> Response {
        let frame = self.frame(prefs_of(headers));
        let w = frame.words();
        let page = message(&frame, w.trouble(), w.accounts_damaged());
        (StatusCode::SERVICE_UNAVAILABLE, Html(page)).into_response()
    }
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Response> {
        let now = web.office.trusted_ms();
        let token = token_of(web, &parts.headers).map(str::to_owned);
        let signed = match &token {
            None => None,
            Some(token) => match web.office.accounts.ask(|accounts| accounts.signed(token, now)) {
                Ok(signed) => signed,
                Err(_) => return Err(web.no_accounts(&parts.headers)),
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
pub(super) async fn note_use(State(web): State<Web>, request: Request, next: Next) -> Response {
    let now = web.office.trusted_ms();
    if let Some(token) = token_of(&web, request.headers()).map(str::to_owned)
        && web
            .office
            .accounts
            .ask(|accounts| accounts.is_stale(&token, now))
            .unwrap_or(false)
    {
        let noted = web
            .office
            .accounts
            .change(move |accounts| accounts.saw(&token, now))
            .await;
        if let Err(problem) = noted {
            tracing::warn!(%problem, "the use of a session was not noted");
        }
    }
    next.run(request).await
}

/// Refuses requests under a foreign name: a page elsewhere must not reach this machine by pointing its own name at it.
pub(super) async fn own_host(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    if name == "localhost" || name.parse::<std::net::IpAddr>().is_ok() {
        next.run(request).await
    } else {
        let words = Words::new(Lang::Zh).wrong_host().to_owned() + "\n" + Words::new(Lang::En).wrong_host();
        (StatusCode::MISDIRECTED_REQUEST, words).into_response()
    }
}

pub(super) fn cross_site() -> Response {
    let words = Words::new(Lang::Zh).cross_site().to_owned() + "\n" + Words::new(Lang::En).cross_site();
    (StatusCode::FORBIDDEN, words).into_response()
}

pub(super) async fn not_found(State(web): State<Web>, headers: HeaderMap) -> Response {
    let frame = web.frame(prefs_of(&headers));
    let page = message(&frame, frame.words().not_found(), "");
    (StatusCode::NOT_FOUND, Html(page)).into_response()
}
