//! `GET /`: villages, those that need help first; `GET /villages/help`: the same for paper.

use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use link::Problem;
use pages::{Visitor, blocking};
use screen::office::{Frame, Here};
use screen::township::{Villages, help_list, villages};
use screen::{Words, text};

use super::Web;
use crate::villages::{Figures, town};

/// How much of a digest stands on a page, in hexadecimal digits; all of it is in the answers of the API.
const DIGEST_DIGITS: usize = 4;

pub(super) async fn show(State(web): State<Web>, visitor: Visitor) -> Response {
    answer(&web, &visitor, "/", villages).await
}

pub(super) async fn help(State(web): State<Web>, visitor: Visitor) -> Response {
    answer(&web, &visitor, "/villages/help", help_list).await
}

async fn answer(web: &Web, visitor: &Visitor, back: &str, draw: fn(&Frame, &Villages) -> String) -> Response {
    let frame = visitor.frame(web, Here::Villages, back);
    match page(web, visitor.words()).await {
        Ok(page) => Html(draw(&frame, &page)).into_response(),
        Err(problem) => visitor.trouble(web, &problem),
    }
}

async fn page(web: &Web, w: Words) -> Result<Villages, Problem> {
    let (office, now_ms) = (web.office.clone(), super::now_ms(web));
    blocking(move || {
        let town = town(&office, &office.desks.get(), now_ms);
        let (position, digest) = cut(&town.figures, w);
        Villages {
            quarter: town.figures.quarter.map_or(0, |(quarter, _)| quarter),
            lines: town.villages.into_iter().map(|known| known.line).collect(),
            position,
            digest,
        }
    })
    .await
}

/// Up to which receipt, and the beginning of the digest.
pub(super) fn cut(figures: &Figures, w: Words) -> (String, String) {
    let position = figures.cut.position.map_or_else(
        || w.before_first_receipt().to_owned(),
        |position| w.receipt(&text::number(position.0)),
    );
    let digest: String = figures.digest.to_string().chars().take(DIGEST_DIGITS).collect();
    (position, digest + "…")
}
