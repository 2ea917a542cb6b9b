//! The hub's third door: pages for the township's desk, over HTTP on an address that the operator chose.
//!
//! | what | does |
//! |---|---|
//! | `/` | villages, those that need help first |
//! | `/villages/help` | today's list of help, for paper |
//! | `/village/{unit}` | one village: what to say, its machines, what did not count, what is open |
//! | `/requests` | the board; `POST` accepts, assigns or follows up several at once |
//! | `/requests/new` | registers a request for a village |
//! | `/request/{id}` | one request: its course, what may be done; `POST` does it |
//! | `/ledgers`, `/ledgers/coverage` … | ledgers at a cut, compared with an earlier one; the same as `.csv` |
//! | `/entries`, `/entry/{origin}/{sequence}` | the entries behind a figure, and one of them |
//! | `/api/v1/…` | figures and rows as JSON, for programs |
//! | `/api`, `/api/v1/openapi.json` | what there is of it, for people and for programs |
//!
//! What surrounds them, from signing in to the bounds of a connection, is the crate `pages`.

mod api;
mod ledgers;
mod look;
mod register;
mod request;
mod requests;
mod village;
mod villages;

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use pages::{Door, Porch, Site};
use screen::office::{Frame, Side};
use tokio::sync::watch;

use crate::office::Shared;

/// What the pages share.
#[derive(Clone)]
pub(crate) struct Web {
    office: Shared,
    porch: Porch,
}

impl Site for Web {
    fn porch(&self) -> &Porch {
        &self.porch
    }

    fn now_ms(&self) -> u64 {
        self.office.now_ms()
    }

    fn frame(&self) -> Frame {
        let desk = self.office.desks.get();
        Frame {
            side: Side::Township,
            place: desk.registry().name.clone(),
            now_ms: i64::try_from(self.now_ms()).unwrap_or(i64::MAX),
            ..Frame::default()
        }
    }

    fn furnish(&self, frame: &mut Frame) {
        frame.town = Some(crate::villages::strip(&self.office, self.now_ms()));
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
    /// What the system says.
    pub(crate) async fn open(office: &Shared, listen: SocketAddr) -> io::Result<Self> {
        let door = Door::open(listen).await?;
        let names = office.config.web_names.clone();
        let porch = Porch::new(
            office.accounts.clone(),
            office.surroundings.clone(),
            door.address().port(),
            names,
        );
        let web = Web {
            office: office.clone(),
            porch,
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
        .route("/", get(villages::show))
        .route("/villages/help", get(villages::help))
        .route("/village/{unit}", get(village::show))
        .route("/requests", get(requests::show).post(requests::several))
        .route("/requests/new", get(register::ask).post(register::register))
        .route("/request/{id}", get(request::show).post(request::act))
        .merge(ledgers::routes())
        .merge(api::routes())
}

/// Now, as the pages count it.
fn now_ms(web: &Web) -> u64 {
    web.office.now_ms()
}
