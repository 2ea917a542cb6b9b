//! The link between one village and the township: a TCP relay on loopback that can be up or down.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A link. While it is down, connections break and new ones are closed at once.
pub(super) struct Wire {
    /// Where the village finds the hub.
    pub(super) near: SocketAddr,
    up: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Wire {
    /// A link to `far`, up at first.
    pub(super) async fn lay(far: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let near = listener.local_addr()?;
        let (up, seen) = watch::channel(true);
        let task = tokio::spawn(async move {
            // Accepting fails for want of file descriptors at worst; the village tries again.
            loop {
                let Ok((village, _)) = listener.accept().await else {
                    continue;
                };
                if *seen.borrow() {
                    tokio::spawn(relay(village, far, seen.clone()));
                }
            }
        });
        Ok(Self { near, up, task })
    }

    /// Puts it up or down.
    pub(super) fn set(&self, up: bool) {
        self.up.send_replace(up);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn relay(mut village: TcpStream, far: SocketAddr, mut up: watch::Receiver<bool>) {
    let Ok(mut hub) = TcpStream::connect(far).await else {
        return;
    };
    // Small messages go to and fro; waiting to fill a packet would only slow them down.
    let _ = village.set_nodelay(true).and_then(|()| hub.set_nodelay(true));
    tokio::select! {
        // A link that breaks is what the parties are made for.
        _ = copy_bidirectional(&mut village, &mut hub) => {}
        _ = up.wait_for(|up| !up) => {}
    }
}
