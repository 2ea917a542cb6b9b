//! Published logs: `/v1/tlog/{journal or origin}/{id}/` and below it what c2sp.org/tlog-tiles says.

use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use event::{JournalId, Origin};
use link::{Peer, Problem, ProblemKind};
use proof::Tile;

use super::{Answer, typed};
use crate::Published;
use crate::office::{Office, Shared};

const CHECKPOINT_CONTENT_TYPE: &str = "text/plain; charset=utf-8";
const TILE_CONTENT_TYPE: &str = "application/octet-stream";
/// A tile never changes; it is for enrolled parties, so that no shared cache keeps it.
const FOR_EVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
/// A checkpoint changes with every receipt.
const NEVER: HeaderValue = HeaderValue::from_static("no-cache");

pub(super) async fn journal_checkpoint(
    State(office): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<JournalId>,
) -> Answer {
    checkpoint(&office, &peer, Published::Journal(id)).await
}

pub(super) async fn origin_checkpoint(
    State(office): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<Origin>,
) -> Answer {
    checkpoint(&office, &peer, Published::Origin(id)).await
}

pub(super) async fn journal_tile(
    State(office): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path((id, path)): Path<(JournalId, String)>,
) -> Answer {
    tile(&office, &peer, Published::Journal(id), &path).await
}

pub(super) async fn origin_tile(
    State(office): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path((id, path)): Path<(Origin, String)>,
) -> Answer {
    tile(&office, &peer, Published::Origin(id), &path).await
}

async fn checkpoint(office: &Office, peer: &Peer, log: Published) -> Answer {
    let peer = office.reader(peer)?.origin;
    let note = office.read(peer, move |desk| desk.checkpoint_of(peer, log)).await?;
    Ok(kept(typed(CHECKPOINT_CONTENT_TYPE, note), NEVER))
}

async fn tile(office: &Office, peer: &Peer, log: Published, path: &str) -> Answer {
    let peer = office.reader(peer)?.origin;
    let tile = Tile::parse(&format!("tile/{path}"));
    let tile = tile.map_err(|error| Problem::new(ProblemKind::NotFound, error.to_string()))?;
    let bytes = office.read(peer, move |desk| desk.tile_of(peer, log, &tile)).await?;
    Ok(kept(typed(TILE_CONTENT_TYPE, bytes), FOR_EVER))
}

fn kept(mut response: Response, how: HeaderValue) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, how);
    response
}
