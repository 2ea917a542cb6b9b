//! The township's own door: a Unix socket in the hub's folder, for whoever may open that folder.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use archive::ExportOptions;
use axum::extract::{FromRequest, Path as UrlPath, Query, Request, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use event::form::Form;
use event::{Day, EventId, Origin, PersonId, UnitCode};
use ledger::Period;
use link::{Enrolment, Limits, Problem, ProblemKind, Secret, guarded};
use pages::CodeQuestion;
use proof::{KeyKind, VerifierKey, journal_log_name};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sync::record::{Audience, Role};
use tokio::net::UnixListener;
use tokio::sync::watch;

use crate::hello::cosigner;
use crate::office::Shared;
use crate::views::{Question, Shown, Sight};
use crate::{Entropy, HubError, Refusal, sample, seal, slip, status};

/// Longest request at this door, in bytes: a form with its personal part, several times over.
const REQUEST_BYTES_MAX: u64 = 1024 * 1024;
/// Most drafts recorded at once.
const FORMS_MAX: usize = 16;
/// Longest path that a socket's address holds, in bytes.
const SOCKET_PATH_BYTES_MAX: usize = 100;

type Answer = Result<Json<Value>, Problem>;

/// The door, open but not yet attended.
pub(crate) struct Counter {
    listener: UnixListener,
    routes: Router,
    path: PathBuf,
}

impl Counter {
    /// Opens the socket, readable and writable by its owner alone. One that a dead hub left behind is replaced.
    ///
    /// # Errors
    /// [`HubError::File`].
    pub(crate) fn open(dir: &Path, office: Shared) -> Result<Self, HubError> {
        let path = dir.join(SOCKET);
        // Nobody else has this folder's log open, so nobody attends this socket.
        if fs::symlink_metadata(&path).is_ok_and(|meta| meta.file_type().is_socket()) {
            fs::remove_file(&path).map_err(|source| HubError::file(&path, source))?;
        }
        let bound = reachable(dir).and_then(|(short, _dir)| UnixListener::bind(short));
        let listener = bound.map_err(|source| HubError::file(&path, source))?;
        let private = fs::set_permissions(&path, fs::Permissions::from_mode(0o600));
        private.map_err(|source| HubError::file(&path, source))?;
        let routes = routes(office);
        Ok(Self { listener, routes, path })
    }

    /// Attends it until told to stop.
    pub(crate) async fn serve(self, mut stopping: watch::Receiver<bool>) {
        let stopped = async move {
            // An error means that the hub is gone, which is as good a reason.
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        let served = axum::serve(self.listener, self.routes).with_graceful_shutdown(stopped);
        if let Err(error) = served.await {
            tracing::error!(%error, "the admin socket failed");
        }
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, "the admin socket was gone already");
        }
    }
}

const SOCKET: &str = "admin.sock";

/// A path to the socket that fits into a socket's address, and what keeps it valid.
pub(crate) fn reachable(dir: &Path) -> io::Result<(PathBuf, Option<File>)> {
    let path = dir.join(SOCKET);
    if path.as_os_str().len() <= SOCKET_PATH_BYTES_MAX {
        return Ok((path, None));
    }
    let dir = File::open(dir)?;
    let short = format!("/proc/self/fd/{}/{SOCKET}", dir.as_raw_fd());
    Ok((PathBuf::from(short), Some(dir)))
}

fn routes(office: Shared) -> Router {
    let limits = Limits {
        body_bytes_max: REQUEST_BYTES_MAX,
        ..Limits::default()
    };
    let routes = Router::new()
        .route("/status", get(status))
        .route("/offer", post(offer))
        .route("/revoke", post(revoke))
        .route("/record", post(record))
        .route("/confirm-clock", post(confirm_clock))
        .route("/code", post(code))
        .route("/first-code", post(first_code))
        .route("/digests", get(digests))
        .route("/proof", get(proof))
        .route("/seal", post(seal))
        .route("/sample", post(publish_sample))
        .route("/seals", get(seals))
        .route("/sealed", get(sealed))
        .route("/witnesses", get(witnesses))
        .route("/export", post(export))
        .route("/views/{view}", get(view))
        .with_state(office);
    guarded(routes, &limits)
}

/// A JSON document in the body, with the parser's words if it does not fit.
struct Document<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Document<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = axum::body::Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|error| Problem::new(ProblemKind::Malformed, error.body_text()))?;
        let document = serde_json::from_slice(&bytes);
        document
            .map(Self)
            .map_err(|error| Problem::new(ProblemKind::Malformed, error.to_string()))
    }
}

async fn status(State(office): State<Shared>) -> Json<Value> {
    Json(status::status(&office).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Offer {
    unit: UnitCode,
    role: Role,
    name: String,
}

/// Offers an enrolment: `{"unit", "role": "village"|"auditor", "name"}` → the text of the file.
async fn offer(State(office): State<Shared>, Document(offer): Document<Offer>) -> Answer {
    let role = match offer.role {
        Role::Village => link::Role::Village,
        Role::Auditor => link::Role::Auditor,
    };
    let mut enrolment = Enrolment {
        hub: office.config.address.clone(),
        ca_sha256: office.fingerprint,
        secret: Secret(office.surroundings.random()),
        journal: Some(office.desks.get().registry().journal),
        unit: offer.unit,
        name: offer.name,
        role,
        expires_at_ms: 0,
    };
    // What cannot be written is not offered.
    let text = |enrolment: &Enrolment| {
        let text = enrolment.to_text();
        text.map_err(|error| Problem::new(ProblemKind::Malformed, error.to_string()))
    };
    text(&enrolment)?;
    let (secret, name) = (enrolment.secret.0, enrolment.name.clone());
    let until = office
        .writer
        .ask(move |hub, surroundings| hub.offer(&secret, offer.unit, offer.role, &name, &surroundings.now()));
    enrolment.expires_at_ms = until.await?;
    tracing::info!(unit = %offer.unit, "an enrolment was offered");
    Ok(Json(json!({
        "unit": offer.unit, "expires_at_ms": enrolment.expires_at_ms, "enrolment": text(&enrolment)?
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revocation {
    origin: Origin,
    reason: String,
}

async fn revoke(State(office): State<Shared>, Document(ask): Document<Revocation>) -> Answer {
    let origin = ask.origin;
    let revoked = office
        .writer
        .ask(move |hub, surroundings| hub.revoke(origin, &ask.reason, &surroundings.now()));
    revoked.await?;
    tracing::info!(%origin, "revoked");
    Ok(Json(json!({ "revoked": origin })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recording {
    /// `all`, `internal`, or a village's division code.
    audience: String,
    forms: Vec<Form<Value>>,
}

/// Records events of the township: all of them or none.
async fn record(State(office): State<Shared>, Document(recording): Document<Recording>) -> Answer {
    let malformed = |words: String| Problem::new(ProblemKind::Malformed, words);
    let audience = match recording.audience.as_str() {
        "all" => Audience::All,
        "internal" => Audience::Internal,
        code => match code.parse() {
            Ok(unit) => Audience::Unit(unit),
            Err(_) => {
                return Err(malformed(
                    "audience: `all`, `internal`, or a village's 12-digit code".to_owned(),
                ));
            }
        },
    };
    if recording.forms.is_empty() || recording.forms.len() > FORMS_MAX {
        return Err(malformed(format!("forms: 1 to {FORMS_MAX} at once")));
    }
    let home = match audience {
        Audience::Unit(unit) => unit,
        Audience::All | Audience::Internal => office.desks.get().registry().unit,
    };
    let mut drafts = Vec::with_capacity(recording.forms.len());
    for (number, form) in (1..).zip(recording.forms) {
        let draft = form.into_draft(home);
        drafts.push(draft.map_err(|error| malformed(format!("form {number}: {error}")))?);
    }
    let recorded = office.writer.ask(move |hub, surroundings| {
        if let Audience::Unit(unit) = audience
            && !hub.registry().parties().any(|(_, party)| party.unit == Some(unit))
        {
            return Err(Refusal::NotFound("no machine of that village was ever enrolled"));
        }
        let drafts: Vec<(_, Entropy)> = drafts.into_iter().map(|draft| (draft, surroundings.random())).collect();
        hub.record(audience, &drafts, &surroundings.now())
    });
    let events: Vec<EventId> = recorded.await?;
    tracing::info!(events = events.len(), "the township recorded");
    Ok(Json(json!({ "events": events })))
}

/// A one-time code for the pages, in the place of the one before: `?password_of=`, `?person=`, `?keeper=`.
async fn code(State(office): State<Shared>, Query(question): Query<CodeQuestion>) -> Answer {
    let code = office
        .accounts
        .code(question, &office.surroundings, office.now_ms())
        .await?;
    Ok(Json(json!({ "code": code })))
}

/// The code of the first start, where nobody has an account and no code is outstanding; else `null`.
async fn first_code(State(office): State<Shared>) -> Answer {
    let code = office
        .accounts
        .first_code(&office.surroundings, office.now_ms())
        .await?;
    Ok(Json(json!({ "code": code })))
}

async fn confirm_clock(State(office): State<Shared>) -> Answer {
    let told = office.writer.ask(|hub, surroundings| {
        let now = surroundings.now();
        hub.confirm_clock(&now);
        Ok(hub.clock().told_ms(&now))
    });
    let told = told.await?;
    tracing::info!("the operator confirmed the clock");
    Ok(Json(json!({ "time_ms": told })))
}

/// The proof of one entry: `?event=` or `?origin=&sequence=`.
async fn proof(State(office): State<Shared>, Query(which): Query<slip::Which>) -> Result<Json<slip::Proved>, Problem> {
    slip::prove(&office, which).await.map(Json)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealing {
    from: Day,
    to: Day,
    recorder: PersonId,
    #[serde(default)]
    again: bool,
}

/// Seals a period: `{"from", "to", "recorder", "again"}`.
async fn seal(State(office): State<Shared>, Document(ask): Document<Sealing>) -> Answer {
    let seal = seal::seal(&office, ask.from, ask.to, ask.recorder, ask.again).await?;
    tracing::info!(event = %seal.event, "a period was sealed");
    Ok(Json(json!(seal)))
}

/// Publishes a spot check: `{"from", "to", "recorder", "minimum", "permille"}`.
async fn publish_sample(State(office): State<Shared>, Document(ask): Document<sample::Drawing>) -> Answer {
    let published = sample::publish(&office, ask).await?;
    tracing::info!(event = %published.event, "a sample was published");
    Ok(Json(json!(published)))
}

async fn seals(State(office): State<Shared>) -> Answer {
    Ok(Json(json!({ "seals": seal::standing(&office).await? })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedPeriod {
    from: Day,
    to: Day,
}

/// The figures of a sealed period: as they were sealed, and as they are now.
async fn sealed(State(office): State<Shared>, Query(period): Query<SealedPeriod>) -> Answer {
    let period = Period {
        from: period.from,
        to: period.to,
    };
    let seals = seal::standing(&office).await?;
    let seal = seals
        .into_iter()
        .find(|seal| (seal.from, seal.to) == (period.from, period.to));
    let seal = seal.ok_or_else(|| Problem::new(ProblemKind::NotFound, "that period was never sealed"))?;
    let units = office.views.beside(period, seal.known_at_ms);
    Ok(Json(json!({ "seal": seal, "units": units })))
}

/// What witnesses said last: the newest checkpoint, then those that were cosigned.
async fn witnesses(State(office): State<Shared>) -> Answer {
    let checkpoints = office.read(TOWNSHIP, |desk| desk.checkpoints()).await?;
    let registry = office.desks.get().registry().clone();
    let machines = registry.parties().filter(|(_, party)| party.role.is_some());
    let mut keys: Vec<_> = machines
        .map(|(origin, party)| {
            let active = party.role == Some(Role::Village) && !party.revoked && party.closed_at.is_none();
            let key = cosigner(origin, party.key).to_string();
            json!({ "key": key, "name": party.name, "unit": party.unit, "active": active })
        })
        .collect();
    let asked = office.config.witnesses.iter();
    keys.extend(asked.map(|witness| {
        json!({ "key": witness.key.to_string(), "name": witness.key.name, "url": witness.url, "active": true })
    }));
    let log = VerifierKey {
        name: journal_log_name(registry.journal),
        kind: KeyKind::Log,
        key: office.desks.get().hub_key,
    };
    Ok(Json(json!({
        "township": registry.name, "unit": registry.unit, "journal": checkpoints.journal, "log": log.to_string(),
        "notes": checkpoints.notes, "witnesses": keys
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    /// Folder to be written, by the hub's own process: an absolute path.
    dir: PathBuf,
    #[serde(default)]
    personal: bool,
}

/// Writes everything as a folder that can be handed over, or adds what is new to one: `{"dir", "personal"}`.
async fn export(State(office): State<Shared>, Document(ask): Document<Export>) -> Answer {
    if !ask.dir.is_absolute() {
        return Err(Problem::new(ProblemKind::Malformed, "dir: an absolute path"));
    }
    let exported = office.read(TOWNSHIP, move |desk| {
        let options = ExportOptions {
            personal: ask.personal,
            ..ExportOptions::default()
        };
        desk.export(&ask.dir, &options, &mut |_| {})
            .map_err(|error| Problem::new(ProblemKind::Internal, error.to_string()))
    });
    let exported = exported.await?;
    tracing::info!(files = exported.files, "exported");
    Ok(Json(json!({ "exported": exported })))
}

async fn digests(State(office): State<Shared>, Query(question): Query<Question>) -> Answer {
    office.views.wait_for(&question).await?;
    let views = office.views.clone();
    let answer = office.read(TOWNSHIP, move |desk| {
        let registry = desk.registry().clone();
        views.digests(&question, Sight::All, &registry)
    });
    answer.await.map(Json)
}

async fn view(
    State(office): State<Shared>,
    UrlPath(view): UrlPath<String>,
    Query(question): Query<Question>,
) -> Result<Json<Shown>, Problem> {
    office.views.wait_for(&question).await?;
    let views = office.views.clone();
    let answer = office.read(TOWNSHIP, move |_| views.answer(&view, &question, Sight::All));
    answer.await.map(Json)
}

/// The township itself, where readers take turns. No key has an origin of zeros.
pub(crate) const TOWNSHIP: Origin = Origin::from_bytes([0; 16]);
