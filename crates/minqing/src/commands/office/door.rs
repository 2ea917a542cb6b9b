//! A village's door: the running node's local socket, or the node opened in this process where none runs.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use axum::http::Method;
use serde_json::Value;
use village::local::LocalReply;

use super::config;
use crate::clock::surroundings;

/// A village's door: the running node's, or that of the node opened in this process.
pub(super) enum Door {
    Running(PathBuf),
    Opened(Box<village::OfflineOffice>),
}

impl Door {
    async fn open(dir: &Path) -> anyhow::Result<Self> {
        match village::local::ask(dir, Method::GET, "/status", Vec::new()).await {
            Ok(_) => Ok(Self::Running(dir.to_path_buf())),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
                let office = village::open_offline(&config(dir)?, &surroundings()?).await?;
                Ok(Self::Opened(Box::new(office)))
            }
            Err(error) => Err(error).with_context(|| dir.display().to_string()),
        }
    }

    pub(super) async fn ask(&self, method: Method, path: &str, body: Vec<u8>) -> anyhow::Result<LocalReply> {
        let reply = match self {
            Self::Running(dir) => village::local::ask(dir, method, path, body).await?,
            Self::Opened(office) => office.office().ask(method, path, body).await?,
        };
        Ok(reply.accepted()?)
    }

    pub(super) async fn json(&self, method: Method, path: &str, body: Vec<u8>) -> anyhow::Result<Value> {
        let reply = self.ask(method, path, body).await?;
        Ok(serde_json::from_slice(&reply.body)?)
    }

    async fn close(self) -> anyhow::Result<()> {
        match self {
            Self::Running(_) => Ok(()),
            Self::Opened(office) => Ok(office.close().await?),
        }
    }
}

/// Opens the door, does something there, and closes it whatever came of it.
pub(super) async fn at_door<T>(dir: &Path, work: impl AsyncFnOnce(&Door) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let door = Door::open(dir).await?;
    let done = work(&door).await;
    let closed = door.close().await;
    let done = done?;
    closed?;
    Ok(done)
}
