//! Enrolment: how the folder of a node comes into being.

use event_log::{SledStore, Store as _, StoreError};
use link::{Client, Enrolment, Identity, Role, Surroundings};
use proof::OriginKey;
use serde_bytes::{ByteArray, ByteBuf};
use sync::limits::MESSAGE_BYTES_MAX;
use sync::message::{Enrol, Enrolled, decode, encode};

use crate::folder::{self, HubAddress, VillageError};
use crate::wire::MESSAGE_CONTENT_TYPE;
use crate::{Node, VillageConfig};

/// Makes a node: its key, its place at the hub, its log.
///
/// The key is on the disk before the hub hears of it, and it is used again: if the answer is lost, or
/// the power fails at any point, the same call with the same file goes on where the first one stopped.
///
/// # Errors
/// [`VillageError::Taken`] if the folder holds a node; whatever stands in the way otherwise.
pub async fn create(
    config: &VillageConfig,
    enrolment: &Enrolment,
    surroundings: &Surroundings,
) -> Result<(), VillageError> {
    if enrolment.role != Role::Village {
        return Err(VillageError::Role);
    }
    let dir = &config.data_dir;
    folder::make_folder(dir)?;
    let log = config.store().dir;
    if log.join("FORMAT").exists() {
        match Node::open(folder::open_store(config)?) {
            // The power failed between making the store and putting the node into it.
            Err(crate::NodeError::Setup(_)) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => return Err(VillageError::Taken { path: dir.clone() }),
        }
    }
    let seed = folder::seed(dir, surroundings.random())?;
    let hub = HubAddress {
        hub: enrolment.hub.clone(),
        ca_sha256: enrolment.ca_sha256,
    };
    folder::put_hub(dir, &hub)?;
    let enrolled = ask(config, enrolment, &OriginKey::from_seed(seed)).await?;
    folder::put_enrolled(dir, &enrolled)?;
    let store = match SledStore::create(config.store()) {
        Err(StoreError::Directory { .. }) if log.join("FORMAT").exists() => folder::open_store(config)?,
        created => created?,
    };
    let node = Node::init(store, seed, &enrolled)?;
    Box::new(node.into_store()).close()?;
    Ok(())
}

async fn ask(config: &VillageConfig, enrolment: &Enrolment, key: &OriginKey) -> Result<Enrolled, VillageError> {
    let identity = Identity::new(key)?;
    let client = Client::new(
        &enrolment.hub,
        enrolment.ca_sha256,
        Some(&identity),
        config.patience.clone(),
    )?;
    let ask = Enrol {
        secret: ByteBuf::from(enrolment.secret.0),
        key: ByteArray::new(key.public().0),
        software: crate::wire::SOFTWARE.to_owned(),
    };
    let reply = client.post(
        "/v1/enrol",
        MESSAGE_CONTENT_TYPE,
        encode(&ask).into(),
        MESSAGE_BYTES_MAX,
    );
    let reply = reply.await?.accepted().map_err(VillageError::Refused)?;
    let enrolled: Enrolled = decode(&reply.body)?;
    let untrue = |words: &str| Err(VillageError::Answer(words.to_owned()));
    if enrolled.proof.unit != enrolment.unit {
        return untrue("it enrols this machine for another unit than the file names");
    }
    if enrolment.journal.is_some_and(|journal| journal != enrolled.journal) {
        return untrue("it keeps another journal than the file names; ask the township for a new file");
    }
    Ok(enrolled)
}
