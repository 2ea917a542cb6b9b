//! What somebody has not finished: the list on the page of today, and `/draft/{id}`, which asks before it drops one.

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use event::EntityId;
use link::{Problem, ProblemKind};
use pages::Visitor;
use screen::office::{DraftLine, DraftList, Dropping, Here, drop_draft};

use super::Web;
use super::desk::signed;
use crate::drafts::{DRAFT_DAYS_MAX, DraftId, Kept};

impl Web {
    /// Somebody's drafts, for the page of today.
    pub(super) async fn draft_list(&self, visitor: &Visitor) -> DraftList {
        let person = visitor.signed.account.person;
        let own = match self.office.drafts.of(person, self.office.now_for_drafts()).await {
            Ok(own) => own,
            Err(problem) => {
                tracing::warn!(%problem, "drafts cannot be had");
                return DraftList::default();
            }
        };
        let mut list = DraftList {
            damaged: own.damaged,
            days: DRAFT_DAYS_MAX,
            ..DraftList::default()
        };
        for kept in &own.drafts {
            // One that was recorded just before the node stopped goes when its form is opened.
            if matches!(self.became(kept), Ok(None)) {
                list.lines.push(self.draft_line(kept).await);
            }
        }
        list
    }

    async fn draft_line(&self, kept: &Kept) -> DraftLine {
        let about: Option<EntityId> = kept.get("h").parse().ok();
        let about = match about {
            None => None,
            Some(id) => {
                let head =
                    self.look(move |_, _, _, directory| Ok(directory.person(id).map(|person| person.head.clone())));
                head.await.ok().flatten().filter(|head| !head.is_empty())
            }
        };
        DraftLine {
            form: kept.form.clone(),
            about,
            address: format!("{}?draft={}", kept.back, kept.id()),
            kept_ms: signed(kept.kept_ms),
        }
    }
}

async fn found(web: &Web, visitor: &Visitor, id: &str) -> Result<Kept, Problem> {
    let gone = || Problem::new(ProblemKind::NotFound, visitor.words().draft_gone());
    let id: DraftId = id.parse().map_err(|()| gone())?;
    let found = web.office.drafts.get(visitor.signed.account.person, id).await?;
    found.ok_or_else(gone)
}

/// `GET /draft/{id}`: asks before it drops.
pub(super) async fn ask(State(web): State<Web>, visitor: Visitor, Path(id): Path<String>) -> Response {
    let here = format!("/draft/{id}");
    match found(&web, &visitor, &id).await {
        Ok(kept) => {
            let page = Dropping {
                line: web.draft_line(&kept).await,
                text: kept.get("t").to_owned(),
                here: here.clone(),
            };
            Html(drop_draft(&visitor.frame(&web, Here::Today, &here), &page)).into_response()
        }
        Err(problem) => visitor.trouble(&web, &problem),
    }
}

/// `POST /draft/{id}`: drops it.
pub(super) async fn drop_it(State(web): State<Web>, visitor: Visitor, Path(id): Path<String>) -> Response {
    let dropped = match found(&web, &visitor, &id).await {
        Ok(kept) => web.office.drafts.remove(visitor.signed.account.person, kept.id()).await,
        Err(problem) => Err(problem),
    };
    match dropped {
        Ok(()) => Redirect::to("/").into_response(),
        Err(problem) => visitor.trouble(&web, &problem),
    }
}
