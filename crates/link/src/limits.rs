//! Every bound of the hub's side of a connection.

use std::time::Duration;

/// What a server puts up with, for all its connections.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest TLS handshake.
    pub handshake: Duration,
    /// Most handshakes under way at once.
    pub handshakes_max: usize,
    /// Most handshakes under way at once from one address. Beyond it, connections from there are
    /// closed at once, so that one dribbling machine cannot keep the others out.
    pub handshakes_per_address_max: usize,
    /// Most connections at once, handshakes included. Beyond it, newcomers wait in the system's queue.
    pub connections_max: usize,
    /// Longest wait for a whole request head on HTTP/1.1, and how long such a connection may rest between requests.
    pub head: Duration,
    /// A connection on which nothing is asked and nothing flows for this long (and at most twice as long) is closed.
    pub idle: Duration,
    /// Longest silence inside a request body while a handler waits for it. A body may take as long as
    /// it likes in all: links are slow, but they do deliver.
    pub body_idle: Duration,
    /// Longest request body on any route, in bytes. A route may set a lower bound of its own.
    pub body_bytes_max: u64,
    /// Longest request head, in bytes.
    pub head_bytes_max: u32,
    /// Most requests at once on one HTTP/2 connection.
    pub streams_max: u32,
    /// How long requests under way may go on once the server was asked to stop.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            handshakes_max: 256,
            handshakes_per_address_max: 64,
            connections_max: 1_024,
            head: Duration::from_secs(30),
            idle: Duration::from_secs(300),
            body_idle: Duration::from_secs(20),
            body_bytes_max: 4 * 1024 * 1024,
            head_bytes_max: 16 * 1024,
            streams_max: 8,
            grace: Duration::from_secs(10),
        }
    }
}
