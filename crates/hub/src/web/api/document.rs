//! The document: made from the handlers and the answers, so that none of them is missing in it.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::Web;
use super::shown::ProblemShown;
use super::{figures, requests, villages};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Minqing: the township's desk",
        description = "What the pages of the township's desk show, as JSON. Every answer names its cut: the last receipt \
                       that is counted, the version of the rules, and the digests of the ledgers at that cut. Two answers \
                       may be compared where their cuts are equal. Days are those of UTC+8; instants are milliseconds \
                       since 1970-01-01T00:00:00Z. Names, telephone numbers and wordings are not in it. Nothing can be \
                       written here: acts of the desk are forms of its pages.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact()
    ),
    components(schemas(ProblemShown)),
    modifiers(&Session),
    security(("session" = [])),
    tags(
        (name = "villages", description = "Who needs a hand, and how the machines are doing."),
        (name = "requests", description = "Requests, and the entries behind each."),
        (name = "ledgers", description = "The ledgers, as of a day and as known at an instant.")
    )
)]
struct Document;

/// The session of the pages is that of the API.
struct Session;

impl Modify for Session {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let cookie = ApiKeyValue::with_description(
            "minqing-<port>",
            "The cookie that signing in at /sign-in gives; <port> is that of the pages.",
        );
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// Every operation, with what describes it.
pub(super) fn described() -> OpenApiRouter<Web> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(villages::villages))
        .routes(routes!(villages::village))
        .routes(routes!(requests::requests))
        .routes(routes!(requests::request))
        .routes(routes!(requests::entries))
        .routes(routes!(requests::uncounted))
        .routes(routes!(figures::coverage))
        .routes(routes!(figures::request_rows))
        .routes(routes!(figures::households))
        .routes(routes!(figures::diary))
}

/// The document.
pub(in super::super) fn document() -> utoipa::openapi::OpenApi {
    described().into_openapi()
}
