//! The hub's HTTP interface. Handlers translate, call one function and translate back; who may do what
//! is decided by the hub behind them. Nothing but the state is open to strangers.

use std::fmt::Display;
use std::str::FromStr;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, FromRequest, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use event::{JournalId, Origin, Position, Sequence};
use futures_util::StreamExt as _;
use link::{Peer, Problem, ProblemKind};
use proof::PublicKey;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;
use serde_json::json;
use sync::limits::{BODY_BYTES_MAX, HELLO_LOGS_MAX, MESSAGE_BYTES_MAX, PAGE_UNITS_MAX, PUSH_BYTES_MAX};
use sync::message::{Cursor, Enrol, Hello, PushReply, RootReply, Successor, decode, encode};

use crate::office::{Office, Shared, state_word};
use crate::views::{Question, Sight};
use crate::{PageRequest, Push, Refusal};

/// The content type of messages.
pub const MESSAGE_CONTENT_TYPE: &str = "application/msgpack";
/// The content type of bodies of pushes and pages.
pub const BODY_CONTENT_TYPE: &str = "application/vnd.minqing.body";

mod tlog;

type Answer = Result<Response, Problem>;

pub(crate) fn routes(office: Shared) -> Router {
    Router::new()
        .route("/v1/health", get(health))
        .route("/v1/enrol", post(enrol))
        .route("/v1/hello", post(hello))
        .route("/v1/journal", get(journal))
        .route("/v1/journal/proof", get(journal_proof))
        .route("/v1/journal/checkpoints", get(checkpoints))
        .route("/v1/logs/{origin}/{first}", put(push))
        .route("/v1/logs/{origin}/entries", get(entries))
        .route("/v1/logs/{origin}/root", get(root))
        .route("/v1/logs/{origin}/successor", post(successor))
        .route("/v1/tlog/journal/{id}/checkpoint", get(tlog::journal_checkpoint))
        .route("/v1/tlog/journal/{id}/tile/{*path}", get(tlog::journal_tile))
        .route("/v1/tlog/origin/{id}/checkpoint", get(tlog::origin_checkpoint))
        .route("/v1/tlog/origin/{id}/tile/{*path}", get(tlog::origin_tile))
        .route("/v1/digests", get(digests))
        .route("/v1/views/{view}", get(view))
        .with_state(office)
}

/// A message in the body of a request.
struct Message<T>(T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Message<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        expect_type(request.headers(), MESSAGE_CONTENT_TYPE)?;
        let Some(bytes) = collect(request.into_body(), MESSAGE_BYTES_MAX).await else {
            return Err(too_large(MESSAGE_BYTES_MAX));
        };
        let message = decode(&bytes).map_err(Refusal::from)?;
        Ok(Self(message))
    }
}

fn expect_type(headers: &HeaderMap, expected: &'static str) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if given == Some(expected.as_bytes()) {
        Ok(())
    } else {
        Err(Problem::new(ProblemKind::UnsupportedMedia, format!("send {expected}")))
    }
}

fn too_large(max: usize) -> Problem {
    Problem::new(ProblemKind::TooLarge, format!("at most {max} bytes")).at_most_bytes(max as u64)
}

/// The body as far as it arrives, or nothing if it is longer than `max`.
async fn collect(body: Body, max: usize) -> Option<Vec<u8>> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    // A body that breaks off is a beginning like any other: whoever reads it finds out where it ends.
    while let Some(Ok(chunk)) = chunks.next().await {
        if bytes.len() + chunk.len() > max {
            return None;
        }
        bytes.extend_from_slice(&chunk);
    }
    Some(bytes)
}

fn typed(content_type: &'static str, bytes: impl Into<Bytes>) -> Response {
    let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
    (content_type, bytes.into()).into_response()
}

fn message<T: Serialize>(message: &T) -> Response {
    typed(MESSAGE_CONTENT_TYPE, encode(message))
}

async fn health(State(office): State<Shared>) -> Response {
    let state = office.state().await;
    let word = state_word(&state);
    let status = match word {
        "ok" | "verifying" => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(json!({ "state": word }))).into_response()
}

async fn enrol(State(office): State<Shared>, ConnectInfo(peer): ConnectInfo<Peer>, ask: Request) -> Answer {
    let key = Office::key(&peer)?;
    let address = peer.addr.ip();
    office.attempts.allow(address, office.surroundings.now().mono_ms)?;
    let _turn = office.turn(key.origin()).await?;
    let Message(ask) = Message::<Enrol>::from_request(ask, &()).await?;
    if *ask.key != key.0 {
        return Err(Problem::new(
            ProblemKind::BadSignature,
            "the key is not the certificate's",
        ));
    }
    let enrolled = office
        .writer
        .ask(move |hub, surroundings| hub.enrol(&key, &ask.secret, &surroundings.now()));
    match enrolled.await {
        Ok(enrolled) => {
            tracing::info!(origin = %key.origin(), unit = %enrolled.proof.unit, "enrolled");
            Ok(message(&enrolled))
        }
        Err(problem) => {
            if matches!(
                problem.kind(),
                Some(ProblemKind::SpentEnrolment | ProblemKind::ExpiredEnrolment)
            ) {
                office.attempts.failed(address);
                tracing::warn!(%address, "an enrolment was refused");
            }
            Err(problem)
        }
    }
}

async fn hello(State(office): State<Shared>, ConnectInfo(peer): ConnectInfo<Peer>, ask: Request) -> Answer {
    let key = Office::key(&peer)?;
    let (origin, address) = (key.origin(), peer.addr.ip());
    let known = office.desks.get().registry().party(origin).is_some();
    if !known {
        office.strangers.allow(address, office.surroundings.now().mono_ms)?;
    }
    let _turn = office.turn(origin).await?;
    // A machine that this hub has forgotten may show the hub's own signature, so the body is read first.
    let Message(ask) = Message::<Hello>::from_request(ask, &()).await?;
    let said = ask.clone();
    let reply = office.writer.ask(move |hub, surroundings| {
        let (fresh, now) = (surroundings.random(), surroundings.now());
        hub.hello(origin, &key, &ask, fresh, &now)
    });
    let reply = reply.await.inspect_err(|problem| {
        if !known && !problem.retry {
            office.strangers.failed(address);
        }
    })?;
    office.hear(origin, &said);
    Ok(message(&reply))
}

/// What the sender knows of the current journal: the size of its newest checkpoint.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    #[serde(default)]
    seen: u64,
}

async fn push(
    State(office): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path((origin, first)): Path<(Origin, Sequence)>,
    Query(Seen { seen }): Query<Seen>,
    request: Request,
) -> Answer {
    let reader = office.reader(&peer)?;
    expect_type(request.headers(), BODY_CONTENT_TYPE)?;
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let announced = announced.unwrap_or(BODY_BYTES_MAX as u64);
    if announced > BODY_BYTES_MAX as u64 {
        return Err(too_large(BODY_BYTES_MAX));
    }
    let desk = office.desks.get();
    let staged = desk.log.head(origin.into()).staged_size;
    desk.registry().may_push(reader.origin, origin)?;
    // Said before the body is read: it would be of no use. Only to the log's own machine: its size is nobody else's business.
    if first.get() > staged + 1 && desk.registry().same_machine(reader.origin, origin) {
        return Err(Refusal::Gap { expected: staged + 1 }.into());
    }
    drop(desk);
    let pass = office.pushes.admit(reader.origin, announced, office.spread()).await?;
    // A task of its own: when the connection breaks, this handler is dropped, and what has arrived is kept all the same.
    let peer = reader.origin;
    let work = tokio::spawn(async move {
        let body = collect(request.into_body(), BODY_BYTES_MAX).await;
        let body = body.ok_or_else(|| too_large(BODY_BYTES_MAX))?;
        let bytes = body.len();
        // Unfolding and hashing is done here, so that the writer has little more to do than to write.
        let push = tokio::task::spawn_blocking(move || Push::read(origin, &body));
        let reply = match push.await {
            Ok(Ok(push)) => office.writer.push(peer, push.seen_at(seen), bytes).await,
            Ok(Err(refusal)) => Err(refusal.into()),
            Err(error) => {
                tracing::error!(%error, "a push could not be read");
                Err(Problem::new(ProblemKind::Internal, "the failure is in the hub's log"))
            }
        };
        drop(pass);
        reply.map_err(|problem| with_evidence(problem, &office, origin))
    });
    let reply: PushReply = work.await.map_err(|error| {
        tracing::error!(%error, "a push failed");
        Problem::new(ProblemKind::Internal, "the failure is in the hub's log")
    })??;
    tracing::debug!(%origin, size = reply.size, staged = reply.staged, "pushed");
    Ok(message(&reply))
}

/// A fork's evidence stands in the journal; the village is told which, and how much of its log the hub holds.
fn with_evidence(mut problem: Problem, office: &Office, origin: Origin) -> Problem {
    if problem.kind() == Some(ProblemKind::Fork) {
        tracing::warn!(%origin, "two histories under one key");
        let desk = office.desks.get();
        problem.fields.hub_size = Some(desk.log.head(origin.into()).size);
        let journal = desk.registry().journal;
        problem = problem.with_evidence(format!("journal {journal}"));
    }
    problem
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JournalQuery {
    journal: Option<JournalId>,
    #[serde(default)]
    position: u64,
    #[serde(default)]
    offset: u64,
    bytes: Option<usize>,
    skip: Option<String>,
    units: Option<String>,
    #[serde(default)]
    seen: u64,
}

/// What a field of a query lists, separated by commas.
fn listed<T: FromStr<Err: Display>>(field: &str, text: Option<&str>, max: usize) -> Result<Vec<T>, Problem> {
    let words = text.unwrap_or_default().split(',').filter(|text| !text.is_empty());
    let listed: Result<Vec<T>, _> = words.map(str::parse).collect();
    match listed {
        Ok(listed) if listed.len() <= max => Ok(listed),
        Ok(_) => Err(Problem::new(ProblemKind::Malformed, format!("{field}: at most {max}"))),
        Err(error) => Err(Problem::new(ProblemKind::Malformed, format!("{field}: {error}"))),
    }
}

async fn journal(
    State(office): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Query(query): Query<JournalQuery>,
) -> Answer {
    let reader = office.reader(&peer)?;
    let asked = query.journal.unwrap_or_default();
    let skip = listed("skip", query.skip.as_deref(), HELLO_LOGS_MAX)?;
    let units = listed("units", query.units.as_deref(), PAGE_UNITS_MAX)?;
    let request = PageRequest {
        role: reader.role,
        unit: reader.unit,
        after: Cursor {
            journal: asked,
            position: Position(query.position),
            offset: query.offset,
        },
        skip,
        units,
        bytes: query.bytes.unwrap_or(PUSH_BYTES_MAX),
        seen: query.seen,
    };
    let page = office.read(reader.origin, move |desk| {
        let page = desk.page(&request);
        page.map_err(|refusal| match Problem::from(refusal) {
            problem if problem.kind() == Some(ProblemKind::OtherJournal) => {
                problem.in_journal(desk.registry().journal.to_string())
            }
            problem => problem,
        })
    });
    Ok(typed(BODY_CONTENT_TYPE, page.await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofQuery {
    journal: JournalId,
    position: u64,
}

async fn journal_proof(
    State(office): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Query(query): Query<ProofQuery>,
) -> Answer {
    let peer = office.reader(&peer)?.origin;
    let proof = office.read(peer, move |desk| {
        desk.prove(peer, query.journal, Position(query.position))
    });
    Ok(message(&proof.await?))
}

async fn checkpoints(State(office): State<Shared>, ConnectInfo(peer): ConnectInfo<Peer>) -> Answer {
    let peer = office.reader(&peer)?.origin;
    Ok(message(&office.read(peer, |desk| desk.checkpoints()).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntriesQuery {
    from: Sequence,
    bytes: Option<usize>,
}

async fn entries(
    State(office): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(origin): Path<Origin>,
    Query(query): Query<EntriesQuery>,
) -> Answer {
    let peer = office.reader(&peer)?.origin;
    let bytes = query.bytes.unwrap_or(PUSH_BYTES_MAX);
    let body = office.read(peer, move |desk| desk.entries(peer, origin, query.from, bytes));
    Ok(typed(BODY_CONTENT_TYPE, body.await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RootQuery {
    size: u64,
}

async fn root(
    State(office): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(origin): Path<Origin>,
    Query(RootQuery { size }): Query<RootQuery>,
) -> Answer {
    let peer = office.reader(&peer)?.origin;
    let root = office.read(peer, move |desk| desk.root(peer, origin, size)).await?;
    let root = ByteArray::new(root);
    Ok(message(&RootReply { size, root }))
}

async fn successor(
    State(office): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(origin): Path<Origin>,
    ask: Request,
) -> Answer {
    let peer = office.reader(&peer)?.origin;
    let _turn = office.turn(peer).await?;
    let Message(ask) = Message::<Successor>::from_request(ask, &()).await?;
    if ask.old != origin {
        return Err(Problem::new(ProblemKind::Malformed, "the address names another origin"));
    }
    let new = PublicKey(*ask.key).origin();
    let enrolled = office
        .writer
        .ask(move |hub, surroundings| hub.successor(peer, &ask, &surroundings.now()))
        .await?;
    tracing::info!(old = %origin, %new, "a successor goes on");
    Ok(message(&enrolled))
}

async fn digests(
    State(office): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Query(question): Query<Question>,
) -> Answer {
    let reader = office.reader(&peer)?;
    office.views.wait_for(&question).await?;
    let views = office.views.clone();
    let sight = Sight::of(reader.role, reader.unit);
    let answer = office.read(reader.origin, move |desk| {
        let registry = desk.registry().clone();
        views.digests(&question, sight, &registry)
    });
    Ok(Json(answer.await?).into_response())
}

async fn view(
    State(office): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(view): Path<String>,
    Query(question): Query<Question>,
) -> Answer {
    let reader = office.reader(&peer)?;
    office.views.wait_for(&question).await?;
    let views = office.views.clone();
    let sight = Sight::of(reader.role, reader.unit);
    let answer = office.read(reader.origin, move |_| views.answer(&view, &question, sight));
    Ok(Json(answer.await?).into_response())
}
