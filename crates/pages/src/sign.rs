//! Signing in and out, the first time with a code, language and type size.

use accounts::{
    ATTEMPTS_MAX, Accounts, Checked, HashedSecret, NameError, PasswordError, Prefs, Refusal, SESSION_ABSOLUTE_MS,
    Token, WAIT_MS, Wanted,
};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use event::PersonId;
use screen::Words;
use screen::office::{FirstCode, SignIn, first_code, sign_in as sign_in_page};
use serde::Deserialize;

use crate::door::{LANG_COOKIE, Visitor, prefs_of, token_of};
use crate::site::{Site, frame_for, no_accounts};
use crate::{Fields, blocking};

/// Longest address that is gone back to, in bytes.
const NEXT_BYTES_MAX: usize = 200;

/// What the address of the sign-in page says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Coming {
    next: String,
    ended: Option<String>,
}

/// An address of these pages, and of nothing else.
fn own_address(text: &str) -> &str {
    let is_own = text.starts_with('/') && !text.starts_with("//") && text.len() <= NEXT_BYTES_MAX;
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/-_:?=&".contains(&byte));
    if is_own && is_plain { text } else { "/" }
}

fn limit(w: Words) -> String {
    w.sign_in_limit(ATTEMPTS_MAX, WAIT_MS / 60_000)
}

pub(crate) async fn ask<S: Site>(State(site): State<S>, headers: HeaderMap, Query(coming): Query<Coming>) -> Response {
    let prefs = prefs_of(&headers);
    let now = site.now_ms();
    let Ok(is_new) = site
        .porch()
        .accounts
        .ask(|accounts| accounts.all().is_empty() && accounts.has_code(now))
    else {
        return no_accounts(&site, &headers);
    };
    if is_new {
        return Redirect::to("/first").into_response();
    }
    let mut frame = frame_for(&site, prefs);
    "/sign-in".clone_into(&mut frame.back);
    let w = frame.words();
    let page = SignIn {
        next: own_address(&coming.next).to_owned(),
        note: coming.ended.map(|ended| {
            let words = if ended == "kept" {
                w.sign_in_kept()
            } else {
                w.sign_in_expired()
            };
            words.to_owned()
        }),
        limit: limit(w),
        ..SignIn::default()
    };
    Html(sign_in_page(&frame, &page)).into_response()
}

/// A refusal as a sentence.
fn said(w: Words, refusal: Refusal, of_code: bool) -> String {
    match refusal {
        Refusal::Wrong { left } if of_code => w.code_wrong(left),
        Refusal::Wrong { left } => w.sign_in_wrong(left),
        Refusal::Wait { wait_ms } => w.sign_in_wait(wait_ms.div_ceil(60_000)),
        Refusal::CodeGone => w.code_gone().to_owned(),
        Refusal::Name(NameError::Empty) => w.name_empty().to_owned(),
        Refusal::Name(NameError::Long) => w.name_long().to_owned(),
        Refusal::Name(NameError::Invisible) => w.name_invisible().to_owned(),
        Refusal::NameTaken => w.name_taken().to_owned(),
        Refusal::Password(PasswordError::Short) => w.password_short().to_owned(),
        Refusal::Password(PasswordError::Long) => w.password_long().to_owned(),
        Refusal::Password(PasswordError::Common) => w.password_common().to_owned(),
        Refusal::Full => w.accounts_full().to_owned(),
    }
}

/// Counts an attempt and compares it, one at a time.
async fn attempt<S: Site>(site: &S, name: Option<&str>, secret: &str) -> Result<Result<Checked, Refusal>, Response> {
    let (salt, now) = (site.porch().surroundings.random(), site.now_ms());
    let accounts = &site.porch().accounts;
    let wanted = name.map(str::to_owned);
    let asked = wanted.clone();
    let begun =
        accounts.change(move |accounts| accounts.begin(asked.as_deref().map_or(Wanted::Code, Wanted::Name), salt, now));
    let begun = match begun.await {
        Ok(Ok(attempt)) => attempt,
        Ok(Err(refusal)) => return Ok(Err(refusal)),
        Err(problem) => return Err(problem.into_response()),
    };
    let secret = secret.to_owned();
    let checked = hash(site, move || begun.check(&secret)).await?;
    let wrong = || {
        let wanted = wanted.as_deref().map_or(Wanted::Code, Wanted::Name);
        accounts.ask(|accounts| accounts.wrong(wanted))
    };
    match checked {
        Some(checked) => Ok(Ok(checked)),
        None => wrong().map(Err).map_err(|problem| problem.into_response()),
    }
}

/// Does something that hashes, on a thread for that and one at a time.
async fn hash<S: Site, T: Send + 'static>(site: &S, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Response> {
    // Fails only if somebody closed the semaphore, which nobody does.
    let _place = site.porch().hashing.acquire().await;
    blocking(work).await.map_err(|problem| {
        tracing::error!(%problem, "a password could not be compared");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    })
}

/// To a page, with the session in a cookie.
fn enter<S: Site>(site: &S, token: &Token, next: &str) -> Response {
    let cookie = format!(
        "{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax",
        site.porch().cookie,
        token.as_str(),
        SESSION_ABSOLUTE_MS / 1_000
    );
    with_cookie(Redirect::to(own_address(next)).into_response(), &cookie)
}

/// What remembers the language while nobody is signed in, for a year.
fn lang_cookie(english: bool) -> String {
    let lang = if english { "en" } else { "zh" };
    format!("{LANG_COOKIE}={lang}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax")
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

pub(crate) async fn sign_in<S: Site>(State(site): State<S>, headers: HeaderMap, fields: Fields) -> Response {
    let prefs = prefs_of(&headers);
    let Ok(checked) = attempt(&site, Some(fields.get("name")), fields.get("password")).await else {
        return no_accounts(&site, &headers);
    };
    let (random, now) = (site.porch().surroundings.random(), site.now_ms());
    let entered = match checked {
        Err(refusal) => Err(refusal),
        Ok(checked) => {
            let begun = site
                .porch()
                .accounts
                .change(move |accounts| accounts.sign_in(&checked, prefs, random, now));
            match begun.await {
                Ok(entered) => entered,
                Err(_) => return no_accounts(&site, &headers),
            }
        }
    };
    match entered {
        Ok(token) => enter(&site, &token, fields.get("next")),
        Err(refusal) => {
            let mut frame = frame_for(&site, prefs);
            "/sign-in".clone_into(&mut frame.back);
            let w = frame.words();
            let page = SignIn {
                name: fields.get("name").to_owned(),
                refusal: Some(said(w, refusal, false)),
                note: None,
                next: own_address(fields.get("next")).to_owned(),
                limit: limit(w),
            };
            (StatusCode::UNPROCESSABLE_ENTITY, Html(sign_in_page(&frame, &page))).into_response()
        }
    }
}

pub(crate) async fn ask_code<S: Site>(State(site): State<S>, headers: HeaderMap) -> Response {
    let now = site.now_ms();
    let Ok(has_code) = site.porch().accounts.ask(|accounts| accounts.has_code(now)) else {
        return no_accounts(&site, &headers);
    };
    let mut frame = frame_for(&site, prefs_of(&headers));
    "/first".clone_into(&mut frame.back);
    let page = FirstCode {
        has_code,
        ..FirstCode::default()
    };
    Html(first_code(&frame, &page)).into_response()
}

/// The first time: code, name, password.
pub(crate) async fn first<S: Site>(State(site): State<S>, headers: HeaderMap, fields: Fields) -> Response {
    let prefs = prefs_of(&headers);
    let Ok(opened) = open_account(&site, prefs, &fields).await else {
        return no_accounts(&site, &headers);
    };
    match opened {
        Ok(token) => enter(&site, &token, "/"),
        Err(refusal) => {
            let mut frame = frame_for(&site, prefs);
            "/first".clone_into(&mut frame.back);
            let of = match refusal {
                Refusal::Name(_) | Refusal::NameTaken => 1,
                Refusal::Password(_) => 2,
                Refusal::Wrong { .. } | Refusal::Wait { .. } | Refusal::CodeGone | Refusal::Full => 0,
            };
            let mut errors = [None, None, None];
            errors[of] = Some(said(frame.words(), refusal, true));
            let page = FirstCode {
                code: fields.get("code").to_owned(),
                name: fields.get("name").to_owned(),
                errors,
                has_code: true,
            };
            (StatusCode::UNPROCESSABLE_ENTITY, Html(first_code(&frame, &page))).into_response()
        }
    }
}

async fn open_account<S: Site>(site: &S, prefs: Prefs, fields: &Fields) -> Result<Result<Token, Refusal>, Response> {
    let checked = match attempt(site, None, fields.get("code")).await? {
        Ok(checked) => checked,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (name, password) = (fields.get("name").to_owned(), fields.get("password").to_owned());
    let would = site
        .porch()
        .accounts
        .change({
            let (checked, name, password) = (checked.clone(), name.clone(), password.clone());
            // The code was right: what is wrong with a name or a password does not count against it.
            move |accounts: &mut Accounts| {
                accounts.code_was_right(&checked);
                accounts.would_open(&checked, &name, &password)
            }
        })
        .await
        .map_err(|problem| problem.into_response())?;
    if let Err(refusal) = would {
        return Ok(Err(refusal));
    }
    let surroundings = &site.porch().surroundings;
    let (salt, fresh, random) = (surroundings.random(), surroundings.random(), surroundings.random());
    let secret = password.clone();
    let hashed = hash(site, move || HashedSecret::new(&secret, salt)).await?;
    let now = site.now_ms();
    let opened = site.porch().accounts.change(move |accounts| {
        let fresh = PersonId::from_bytes(fresh);
        accounts.open_account(&checked, (&name, &password, hashed), fresh, (prefs, random), now)
    });
    opened.await.map_err(|problem| problem.into_response())
}

pub(crate) async fn sign_out<S: Site>(
    State(site): State<S>,
    visitor: Result<Visitor, Response>,
    headers: HeaderMap,
) -> Response {
    // Whoever signs in next on this machine finds the language that was left.
    let prefs = visitor.map_or_else(|_| prefs_of(&headers), |visitor| visitor.signed.prefs);
    if let Some(token) = token_of(&site, &headers).map(str::to_owned)
        && let Err(problem) = site
            .porch()
            .accounts
            .change(move |accounts| accounts.sign_out(&token))
            .await
    {
        tracing::warn!(%problem, "a session was not ended");
        return problem.into_response();
    }
    let gone = format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax", site.porch().cookie);
    let left = with_cookie(Redirect::to("/sign-in").into_response(), &gone);
    with_cookie(left, &lang_cookie(prefs.english))
}

/// Language and type size: in the session, or before there is one in a cookie that says nothing else.
pub(crate) async fn prefer<S: Site>(
    State(site): State<S>,
    visitor: Result<Visitor, Response>,
    fields: Fields,
) -> Response {
    let to = Redirect::to(own_address(fields.get("back"))).into_response();
    let Ok(visitor) = visitor else {
        return with_cookie(to, &lang_cookie(fields.get("lang") == "en"));
    };
    let before = visitor.signed.prefs;
    let prefs = Prefs {
        english: fields.some("lang").map_or(before.english, |lang| lang == "en"),
        large: fields.some("large").map_or(before.large, |large| large == "1"),
    };
    let now = site.now_ms();
    let token = visitor.token.clone();
    match site
        .porch()
        .accounts
        .change(move |accounts| accounts.prefer(&token, prefs, now))
        .await
    {
        Ok(()) => to,
        Err(problem) => visitor.trouble(&site, &problem),
    }
}

#[cfg(test)]
mod tests {
    use super::own_address;

    #[test]
    fn one_goes_back_to_these_pages_only() {
        assert_eq!(own_address("/household/01ARZ3"), "/household/01ARZ3");
        for foreign in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/a\r\nb",
            "javascript:1",
        ] {
            assert_eq!(own_address(foreign), "/");
        }
    }
}
