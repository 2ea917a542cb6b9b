//! `GET /proof/{origin}/{sequence}`: what proves that the township has received one entry.

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use event::{Origin, Sequence};
use link::{Problem, ProblemKind};
use pages::Visitor;
use screen::office::{Here, Proof, Shown, proof};

use super::Web;
use super::desk::signed;
use super::lines::Lines;
use crate::slip::{self, Proved, Which};

pub(super) async fn show(
    State(web): State<Web>,
    visitor: Visitor,
    Path((origin, sequence)): Path<(String, u64)>,
) -> Response {
    let frame = visitor.frame(&web, Here::Nowhere, &format!("/proof/{origin}/{sequence}"));
    let page = match (origin.parse::<Origin>(), Sequence::new(sequence)) {
        (Ok(origin), Ok(sequence)) => page(&web, &visitor, origin, sequence).await,
        _ => Err(Problem::new(ProblemKind::NotFound, "")),
    };
    match page {
        Ok(page) => Html(proof(&frame, &page)).into_response(),
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

async fn page(web: &Web, visitor: &Visitor, origin: Origin, sequence: Sequence) -> Result<Proof, Problem> {
    let w = visitor.words();
    let line = web.look(move |web, bulletin, ledger, directory| {
        let mut lines = Lines::new(web, bulletin, ledger, directory, w)?;
        let entry = lines.read(origin, sequence)?;
        let entry = entry.ok_or_else(|| Problem::new(ProblemKind::NotFound, ""))?;
        Ok(lines.line(origin, sequence, &entry))
    });
    let line = line.await?;
    let shown = match slip::prove(&web.office, Which::at(origin, sequence)).await {
        Ok(Proved::Pending { .. }) => Shown::Waiting,
        Ok(Proved::Received { shown, .. }) => Shown::Checked {
            log_size: shown.log_size,
            journal_size: shown.journal_size,
            cosigned: shown
                .cosigned
                .into_iter()
                .map(|(name, seconds)| (name, signed(seconds.saturating_mul(1_000))))
                .collect(),
        },
        Err(problem) => Shown::Unavailable(problem.detail),
    };
    Ok(Proof {
        line,
        place: (origin.to_string(), sequence.get()),
        shown,
    })
}
