//! `GET /`: villages.

use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use pages::Visitor;
use screen::office::{Here, message};

use super::Web;

pub(super) async fn show(State(web): State<Web>, visitor: Visitor) -> Response {
    let frame = visitor.frame(&web, Here::Villages, "/");
    Html(message(&frame, frame.words().office_villages(), "")).into_response()
}
