//! The node's second door: pages for people, over HTTP on an address that the operator chose.
//!
//! | what | does |
//! |---|---|
//! | `/sign-in`, `/first`, `/sign-out` | who sits there; the first time with a one-time code |
//! | `/` | today: what came back, what is open, what waits |
//! | `/draft/{id}` | asks before it drops what somebody has not finished |
//! | `/visit` | records a visit; the answer comes when it is on the disk |
//! | `/talk`, `/diary` | the same for a talk and for the diary of a day |
//! | `/correct/{origin}/{sequence}` | mends an entry: old and new side by side |
//! | `/households`, `/household/{id}` | finds a household; its story and requests |
//! | `/households/new`, `/household/{id}/change` | puts a household on the books; changes one |
//! | `/ledgers`, `/ledgers/requests`, `/ledgers/diary` | coverage by visits; requests and diary days, all of them |
//! | `/requests`, `/request/{id}` | open requests; one of them, its course, and what can be done now |
//! | `/request`, `/request/{id}/{step}` | registers a request; states a step of one |
//! | `/delivery` | the whole truth on sending; `POST` tries to send now |
//! | `/proof/{origin}/{sequence}` | the proof of one entry |
//!
//! What surrounds them, from signing in to the bounds of a connection, is the crate `pages`.

mod change;
mod correct;
mod corrections;
mod covered;
mod desk;
mod diary;
mod directory;
mod drafts;
mod enlist;
mod foreseen;
mod lines;
mod pairings;
mod proof;
mod raise;
mod reading;
mod records;
mod request;
mod steps;
mod talk;
mod today;
mod unfinished;
mod when;
mod which;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use event::ClockQuality;
use pages::{Door, Porch, Site};
use screen::office::Frame;
use tokio::sync::watch;

use crate::{Office, VillageError};
use desk::signed;
use directory::Directory;

/// What the pages share.
#[derive(Clone)]
pub(crate) struct Web {
    office: Office,
    porch: Porch,
    /// Names and addresses of the village's own households; rebuilt from the log.
    directory: Arc<Mutex<Directory>>,
}

impl Site for Web {
    fn porch(&self) -> &Porch {
        &self.porch
    }

    fn now_ms(&self) -> u64 {
        self.office.trusted_ms()
    }

    fn frame(&self) -> Frame {
        let bulletin = self.office.bulletin.borrow();
        let (_, quality, _) = bulletin.trusted;
        Frame {
            place: bulletin.name.clone(),
            now_ms: signed(bulletin.trusted_ms(&self.office.now())),
            clock_in_doubt: matches!(quality, ClockQuality::Floor | ClockQuality::Unknown),
            ..Frame::default()
        }
    }

    fn furnish(&self, frame: &mut Frame) {
        frame.strip = Some(desk::strip(&self.office));
    }
}

/// The door, open but not yet attended.
pub(crate) struct WebDoor {
    door: Door,
    routes: Router,
}

impl WebDoor {
    /// Opens the port.
    ///
    /// # Errors
    /// [`VillageError::Web`].
    pub(crate) async fn open(office: &Office, listen: SocketAddr) -> Result<Self, VillageError> {
        let door = Door::open(listen).await.map_err(|source| VillageError::Web {
            address: listen,
            source,
        })?;
        let port = door.address().port();
        let web = Web {
            office: office.clone(),
            porch: Porch::new(office.accounts.clone(), office.surroundings.clone(), port, Vec::new()),
            directory: Arc::new(Mutex::new(Directory::default())),
        };
        let routes = pages::routes(web, own_routes());
        Ok(Self { door, routes })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.door.address()
    }

    /// Attends it until told to stop.
    pub(crate) async fn serve(self, stopping: watch::Receiver<bool>) {
        self.door.attend(self.routes, stopping).await;
    }
}

fn own_routes() -> Router<Web> {
    Router::new()
        .route("/", get(today::show))
        .route("/draft/{id}", get(unfinished::ask).post(unfinished::drop_it))
        .route("/visit", get(records::ask).post(records::visit))
        .route("/talk", get(talk::ask).post(talk::talk))
        .route("/diary", get(diary::ask).post(diary::diary))
        .route("/correct/{origin}/{sequence}", get(correct::ask).post(correct::correct))
        .route("/households", get(reading::search_form).post(reading::search))
        .route("/households/new", get(enlist::ask).post(enlist::enlist))
        .route("/household/{id}", get(reading::household))
        .route("/household/{id}/change", get(change::ask).post(change::change))
        .route("/ledgers", get(covered::show))
        .route("/ledgers/requests", get(covered::requests))
        .route("/ledgers/diary", get(covered::diary))
        .route("/requests", get(request::list))
        .route("/request", get(raise::ask).post(raise::raise))
        .route("/request/{id}", get(request::show))
        .route("/request/{id}/{step}", get(steps::ask).post(steps::take))
        .route("/delivery", get(reading::delivery).post(reading::try_now))
        .route("/proof/{origin}/{sequence}", get(proof::show))
}
