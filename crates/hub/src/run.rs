//! The program: `run(config, listener, surroundings, shutdown)`.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use link::{Authority, Surroundings, TlsListener};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::folder::{open_store, read_keys};
use crate::office::Office;
use crate::views::Views;
use crate::web::WebDoor;
use crate::witnesses::attend;
use crate::writer::Writer;
use crate::{Hub, HubConfig, HubError, admin, api, heard};

/// Folder of the ledgers' snapshot. It may be deleted at any time: the ledgers are rebuilt from the log.
const VIEWS: &str = "views";
/// How long requests at the admin's socket may go on once the hub was asked to stop.
const ADMIN_GRACE: Duration = Duration::from_secs(5);

/// Runs the hub in `config.data_dir` on `listener` until `shutdown` completes: then requests under way
/// are finished, and the log is closed. Many hubs may run in one process, each in a folder of its own.
///
/// # Errors
/// [`HubError`] says what stands in the way of starting. Once it runs, it survives a full disk and a
/// failing store by itself.
pub async fn run(
    config: HubConfig,
    listener: TcpListener,
    surroundings: Surroundings,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), HubError> {
    let authority = Authority::load(&config.data_dir)?;
    let keys = read_keys(&config.data_dir)?;
    let opening = (config.clone(), keys.clone(), surroundings.now());
    let hub = blocking(move || {
        let (config, keys, now) = opening;
        let store = open_store(&config)?;
        Ok::<_, HubError>(Hub::open(store, keys, &now)?)
    });
    let hub = hub.await??;
    if let Some(alarm) = hub.clock().alarm() {
        tracing::warn!(
            ?alarm,
            "the wall clock is in doubt and not used until somebody confirms it"
        );
    }
    let journal = hub.registry().journal;
    let (bell, ringing) = mpsc::sync_channel(1);
    let (writer, desks, writer_thread) = Writer::start(&config, keys, hub, &surroundings, bell)?;
    let (views, views_thread) = Views::start(desks.clone(), ringing, config.data_dir.join(VIEWS))?;
    let listener = TlsListener::new(listener, &authority, config.limits.clone())?;
    let address = listener.addr();
    let dir = config.data_dir.clone();
    let office = Arc::new(Office::new(
        config,
        surroundings,
        &authority,
        writer.clone(),
        desks,
        views,
    ));
    let (stop, stopping) = watch::channel(false);
    let door = admin::Counter::open(&dir, Arc::clone(&office))?;
    let web = match office.config.web_listen {
        Some(listen) => {
            let web = WebDoor::open(&office, listen).await;
            Some(web.map_err(|source| HubError::Web {
                address: listen,
                source,
            })?)
        }
        None => None,
    };
    let mut door = tokio::spawn(door.serve(stopping.clone()));
    let web = web.map(|web| {
        // The office is new: nobody has said it before.
        let _ = office.web.set(web.address());
        tokio::spawn(web.serve(stopping.clone()))
    });
    let witnesses = office.config.witnesses.iter();
    let witnesses: Vec<_> = witnesses
        .map(|witness| tokio::spawn(attend(Arc::clone(&office), witness.clone(), stopping.clone())))
        .collect();
    let mut keeping = tokio::spawn(heard::keep(Arc::clone(&office), stopping.clone()));
    tracing::info!(%address, %journal, "the hub is open");
    link::serve(listener, api::routes(office), shutdown).await;
    tracing::info!("the hub is closing");
    // Fails only if the admin's task is gone already.
    let _ = stop.send(true);
    if tokio::time::timeout(ADMIN_GRACE, &mut door).await.is_err() {
        door.abort();
    }
    if let Some(mut web) = web
        && tokio::time::timeout(ADMIN_GRACE, &mut web).await.is_err()
    {
        web.abort();
    }
    if tokio::time::timeout(ADMIN_GRACE, &mut keeping).await.is_err() {
        keeping.abort();
    }
    // A witness that is being asked may take its time; it is asked again at the next start.
    witnesses.iter().for_each(tokio::task::JoinHandle::abort);
    writer.stop();
    drop(writer);
    let closed = blocking(move || writer_thread.join().and_then(|()| views_thread.join())).await?;
    closed.map_err(|_| HubError::Thread("it panicked; see the log".to_owned()))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, HubError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| HubError::Thread(error.to_string()))
}
