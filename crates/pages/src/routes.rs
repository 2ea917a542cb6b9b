//! What every site's routes have around them.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use link::{Limits, guarded};
use tower_http::csrf::CsrfLayer;

use crate::{Site, door, sign};

/// Longest form, in bytes.
const FORM_BYTES_MAX: u64 = 64 * 1024;
/// What a page may load: the sheet of its own origin. No script, no frame, no other address.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a page with a form may load beside that: the one script, which talks to nobody but this site.
const POLICY_WITH_SCRIPT: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src data:; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Marks an answer whose page has the script that keeps what is being typed.
#[derive(Clone, Copy, Debug)]
pub struct WithScript;

/// A site's own routes with what every site has: signing in and out, preferences, the sheet, what is said where there is no
/// page; and around all of them the checks and bounds.
pub fn routes<S: Site>(site: S, own: Router<S>) -> Router {
    let limits = Limits {
        body_bytes_max: FORM_BYTES_MAX,
        ..Limits::default()
    };
    let csrf = CsrfLayer::new().with_rejection_response(|_| door::cross_site());
    let routes = own
        .route("/sign-in", get(sign::ask::<S>).post(sign::sign_in::<S>))
        .route("/first", get(sign::ask_code::<S>).post(sign::first::<S>))
        .route("/sign-out", post(sign::sign_out::<S>))
        .route("/prefs", post(sign::prefer::<S>))
        .fallback(door::not_found::<S>)
        .layer(from_fn_with_state(site.clone(), door::note_use::<S>))
        .layer(csrf)
        .route("/office.css", get(sheet))
        .route("/office.js", get(script))
        .layer(from_fn_with_state(site.clone(), door::own_host::<S>))
        .layer(from_fn(headers))
        .with_state(site);
    guarded(routes, &limits)
}

async fn sheet() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (StatusCode::OK, kind, screen::office::SHEET).into_response()
}

async fn script() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (StatusCode::OK, kind, screen::office::SCRIPT).into_response()
}

/// Every answer says what may be loaded and that it is not to be kept: pages show personal text.
async fn headers(request: Request, next: Next) -> Response {
    let is_asset = matches!(request.uri().path(), "/office.css" | "/office.js");
    let mut response = next.run(request).await;
    let policy = match response.extensions().get::<WithScript>() {
        Some(WithScript) => POLICY_WITH_SCRIPT,
        None => POLICY,
    };
    let headers = response.headers_mut();
    let keep = if is_asset { "public, max-age=86400" } else { "no-store" };
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, keep),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
