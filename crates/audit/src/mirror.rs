//! Bringing the copy up to date, over the same interface as a village: page by page, each one verified before it is kept.

use std::path::Path;

use ::archive::KeptNote;
use event::{JournalId, UnitCode};
use event_log::{SledStore, Store as _, StoreError};
use follower::{Mirror, MirrorError};
use link::{Client, Enrolment, Identity, ProblemKind, Reply, Role, Surroundings};
use proof::{PublicKey, SignedCheckpoint};
use serde::Serialize;
use serde_bytes::{ByteArray, ByteBuf};
use sync::frame::Item;
use sync::limits::{BODY_BYTES_MAX, MESSAGE_BYTES_MAX, PAGE_UNITS_MAX, PUSH_BYTES_MAX};
use sync::message::{Checkpoints, Enrol, Enrolled, decode, encode};

use crate::folder::{self, HubAddress};
use crate::{AuditConfig, AuditError, kept};

const MESSAGE_CONTENT_TYPE: &str = "application/msgpack";
const SOFTWARE: &str = concat!("minqing ", env!("CARGO_PKG_VERSION"), " audit");
/// Longest answer with figures that is taken, in bytes.
const FIGURES_BYTES_MAX: usize = 256 << 20;
/// Longest list of checkpoints that is taken, in bytes.
const CHECKPOINTS_BYTES_MAX: usize = MESSAGE_BYTES_MAX;

/// How far a mirror has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Mirrored {
    /// Records taken in by this call.
    pub records: u64,
    /// Entries taken in by this call.
    pub entries: u64,
    /// Records of the current journal that the mirror holds.
    pub held: u64,
    /// Records of it that the hub has.
    pub of: u64,
}

/// Makes an auditor: its key, its place at the hub, an empty mirror. If the answer is lost, the same call goes on.
///
/// # Errors
/// [`AuditError::Taken`] if the folder holds an auditor; whatever stands in the way otherwise.
pub async fn enrol(config: &AuditConfig, enrolment: &Enrolment, surroundings: &Surroundings) -> Result<(), AuditError> {
    if enrolment.role != Role::Auditor {
        return Err(AuditError::Role);
    }
    let dir = &config.data_dir;
    if folder::is_auditor(dir) {
        return Err(AuditError::Taken { path: dir.clone() });
    }
    folder::make(dir)?;
    let key = folder::make_key(dir, surroundings.random())?;
    let hub = HubAddress {
        hub: enrolment.hub.clone(),
        ca_sha256: enrolment.ca_sha256,
    };
    folder::put_hub(dir, &hub)?;
    let ask = Enrol {
        secret: ByteBuf::from(enrolment.secret.0),
        key: ByteArray::new(key.public().0),
        software: SOFTWARE.to_owned(),
    };
    let client = client(config)?;
    let reply = client.post(
        "/v1/enrol",
        MESSAGE_CONTENT_TYPE,
        encode(&ask).into(),
        MESSAGE_BYTES_MAX,
    );
    let enrolled: Enrolled = decode(&accepted(reply.await?)?.body)?;
    if enrolment.journal.is_some_and(|journal| journal != enrolled.journal) {
        return Err(AuditError::Answer(
            "it keeps another journal than the file names; ask the township for a new file".to_owned(),
        ));
    }
    if !config.store().dir.join("FORMAT").exists() {
        Box::new(SledStore::create(config.store())?).close()?;
    }
    folder::put_enrolled(dir, &enrolled)
}

/// The auditor's connection to its hub.
///
/// # Errors
/// What is missing in the folder; [`AuditError::Link`].
pub fn client(config: &AuditConfig) -> Result<Client, AuditError> {
    let hub = folder::hub(&config.data_dir)?;
    let identity = Identity::new(&folder::key(&config.data_dir)?)?;
    Ok(Client::new(
        &hub.hub,
        hub.ca_sha256,
        Some(&identity),
        config.patience.clone(),
    )?)
}

pub(crate) fn accepted(reply: Reply) -> Result<Reply, AuditError> {
    reply
        .accepted()
        .map_err(|problem| AuditError::Refused(Box::new(problem)))
}

/// Asks the hub for figures: `GET /v1/digests`, `GET /v1/views/…`.
///
/// # Errors
/// [`AuditError::Link`], [`AuditError::Refused`], [`AuditError::Answer`].
pub async fn ask(client: &Client, path_and_query: &str) -> Result<serde_json::Value, AuditError> {
    let reply = accepted(client.get(path_and_query, FIGURES_BYTES_MAX).await?)?;
    serde_json::from_slice(&reply.body).map_err(|error| AuditError::Answer(error.to_string()))
}

/// Takes in everything that the hub has beyond what is here. `units`, if given, limits an empty mirror to these villages;
/// once begun it stays with them. Begun again, it goes on where it stopped.
///
/// # Errors
/// [`AuditError::Backwards`], [`AuditError::OtherJournal`] if the hub does not continue what is here;
/// [`AuditError::Mirror`] for a page that does not hold. What was taken in before stands.
pub async fn mirror(
    config: &AuditConfig,
    units: Option<&[UnitCode]>,
    progress: &mut (dyn FnMut(Mirrored) + Send),
) -> Result<Mirrored, AuditError> {
    if let Some(units) = units.filter(|units| units.len() > PAGE_UNITS_MAX) {
        return Err(AuditError::Units { named: units.len() });
    }
    let client = client(config)?;
    let enrolled = folder::enrolled(&config.data_dir)?;
    let hub_key = PublicKey(*enrolled.hub_key);
    let (open, units) = (config.clone(), units.map(<[UnitCode]>::to_vec));
    let opened = blocking(move || {
        let mut store = open.open()?;
        let mut mirror = Mirror::open(&store, hub_key)?;
        if let Some(units) = units {
            mirror.limit(&mut store, &units)?;
        }
        Ok((store, mirror))
    });
    let (mut store, mut mirror) = opened.await?;
    let before = kept::kept(&config.data_dir)?;
    let mut done = Mirrored::default();
    let outcome = loop {
        let body = match page(&client, &mirror).await {
            Ok(body) => body,
            Err(AuditError::OtherJournal(words)) => {
                break match went_back(&client, &config.data_dir, &hub_key).await {
                    Ok(Some(error)) => Err(error),
                    Ok(None) | Err(_) => Err(AuditError::OtherJournal(words)),
                };
            }
            Err(error) => break Err(error),
        };
        if let Err(error) = goes_on(&mirror, &body, &before, &config.data_dir) {
            break Err(error);
        }
        let work = move || {
            let taken = mirror.take(&mut store, &body, &[]);
            (store, mirror, taken)
        };
        let taken;
        (store, mirror, taken) = match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            Err(error) => return Err(AuditError::Answer(error.to_string())),
        };
        match taken {
            Ok(taken) => {
                done.records += taken.records as u64;
                done.entries += taken.entries as u64;
                done.held = mirror.cursor().position.0;
                done.of = mirror
                    .checkpoint()
                    .map_or(0, |checkpoint| checkpoint.size)
                    .max(done.held);
                progress(done);
                let note = mirror.note().map(|note| kept::keep(&config.data_dir, note, &hub_key));
                if let Some(Err(error)) = note {
                    break Err(error);
                }
                if taken.at_end {
                    break Ok(done);
                }
            }
            Err(MirrorError::Parted(parted)) => {
                break match kept::part(&config.data_dir, &parted.kept, &parted.shown) {
                    Ok(path) => Err(AuditError::Parted {
                        problem: parted.to_string(),
                        path,
                    }),
                    Err(error) => Err(error),
                };
            }
            Err(error) => break Err(error.into()),
        }
    };
    // What was taken in is durable already; closing writes the mark that spares the next opening a check.
    let closed = blocking(move || Ok(Box::new(store).close()?)).await;
    let done = outcome?;
    closed?;
    checkpoints(&client, &config.data_dir, &hub_key).await?;
    Ok(done)
}

/// Whether a hub that does not know where this mirror stands shows less of the same journal than was kept. Both
/// checkpoints are kept as evidence.
async fn went_back(client: &Client, dir: &Path, hub_key: &PublicKey) -> Result<Option<AuditError>, AuditError> {
    let reply = accepted(client.get("/v1/journal/checkpoints", CHECKPOINTS_BYTES_MAX).await?)?;
    let shown: Checkpoints = decode(&reply.body)?;
    // The first one is the newest.
    let Some(note) = shown.notes.first() else {
        return Ok(None);
    };
    let before = kept::kept(dir)?;
    kept::keep(dir, note, hub_key)?;
    let claim = SignedCheckpoint::parse(note).ok().map(|signed| signed.claim().clone());
    let largest = claim.and_then(|claim| Some((kept::largest(&before, &claim.name)?, claim.size)));
    let Some(((size, known), shown)) = largest.filter(|((size, _), shown)| shown < size) else {
        return Ok(None);
    };
    kept::part(dir, &known, note)?;
    Ok(Some(AuditError::Backwards { shown, kept: size }))
}

/// Asks for the checkpoints that witnesses cosigned, and keeps those that the hub signed.
async fn checkpoints(client: &Client, dir: &Path, hub_key: &PublicKey) -> Result<(), AuditError> {
    let reply = accepted(client.get("/v1/journal/checkpoints", CHECKPOINTS_BYTES_MAX).await?)?;
    let shown: Checkpoints = decode(&reply.body)?;
    let before = kept::kept(dir)?;
    for note in &shown.notes {
        // Cosignatures are judged by the verification, under the keys that the journal or a policy names.
        kept::keep(dir, note, hub_key)?;
    }
    // Two roots at one size need no tree to be seen.
    let claim = |note: &str| SignedCheckpoint::parse(note).ok().map(|signed| signed.claim().clone());
    for note in &shown.notes {
        let shown = claim(note);
        let parted = before.iter().find(|known| {
            let (known, shown) = (claim(&known.note), shown.as_ref());
            known
                .zip(shown)
                .is_some_and(|(a, b)| a.name == b.name && a.size == b.size && a.root != b.root)
        });
        if let Some(known) = parted {
            let path = kept::part(dir, &known.note, note)?;
            let problem = "the hub signed two roots of its journal at one size".to_owned();
            return Err(AuditError::Parted { problem, path });
        }
    }
    Ok(())
}

async fn page(client: &Client, mirror: &Mirror) -> Result<Vec<u8>, AuditError> {
    let at = mirror.cursor();
    let mut path = format!("/v1/journal?bytes={PUSH_BYTES_MAX}&seen={}", mirror.seen());
    if at.journal != JournalId::default() {
        path += &format!(
            "&journal={}&position={}&offset={}",
            at.journal, at.position.0, at.offset
        );
    }
    if !mirror.units().is_empty() {
        let units: Vec<_> = mirror.units().iter().map(ToString::to_string).collect();
        path += &format!("&units={}", units.join(","));
    }
    let reply = client.get(&path, BODY_BYTES_MAX).await?.accepted();
    match reply {
        Ok(reply) => Ok(reply.body),
        Err(problem) if problem.kind() == Some(ProblemKind::OtherJournal) => {
            Err(AuditError::OtherJournal(problem.to_string()))
        }
        Err(problem) => Err(AuditError::Refused(Box::new(problem))),
    }
}

/// Whether the page's checkpoint is at least as far as every one that was ever kept of the same journal. Both are kept if
/// it is not.
fn goes_on(mirror: &Mirror, body: &[u8], before: &[KeptNote], dir: &Path) -> Result<(), AuditError> {
    let mut newest = None;
    sync::frame::read(body, |item| {
        if let Item::End(end) = item {
            newest = Some(end.note);
        }
        Ok::<_, AuditError>(())
    })?;
    let Some((note, claim)) = newest.and_then(|note| {
        let claim = SignedCheckpoint::parse(&note).ok()?.claim().clone();
        Some((note, claim))
    }) else {
        return Ok(());
    };
    let own = mirror.checkpoint().filter(|kept| kept.name == claim.name);
    let own = own.and_then(|kept| Some((kept.size, mirror.note()?.to_owned())));
    let known = own.max(kept::largest(before, &claim.name));
    match known {
        Some((size, known)) if claim.size < size => {
            kept::part(dir, &known, &note)?;
            Err(AuditError::Backwards {
                shown: claim.size,
                kept: size,
            })
        }
        _ => Ok(()),
    }
}

/// Does something that may block, on a thread for that.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AuditError> + Send + 'static,
) -> Result<T, AuditError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(AuditError::Store(StoreError::Poisoned {
            cause: error.to_string(),
        })),
    }
}
