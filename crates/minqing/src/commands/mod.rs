//! One module a role: the township's commands, a village office's, an auditor's, a witness's.

pub(crate) mod auditor;
pub(crate) mod code;
pub(crate) mod failure;
pub(crate) mod folder;
pub(crate) mod ledgers;
pub(crate) mod office;
pub(crate) mod slip;
pub(crate) mod township;
pub(crate) mod witness;

/// Waits until the program is asked to end: Ctrl-C, or SIGTERM as a service manager sends it.
pub(crate) async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // Without it Ctrl-C is what is left.
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
