//! A machine that speaks to the hub, and wires that stall.

use super::*;

/// A village's or an auditor's machine, as far as these tests need one.
pub(crate) struct Machine {
    pub(crate) client: Client,
    pub(crate) key: OriginKey,
    pub(crate) unit: UnitCode,
    pub(crate) entries: Vec<Entry>,
}

/// The message in an answer.
pub(crate) fn message<T: DeserializeOwned>(reply: Reply) -> Result<T, Problem> {
    let reply = reply.accepted()?;
    assert_eq!(reply.content_type.as_deref(), Some(MESSAGE_CONTENT_TYPE));
    Ok(decode(&reply.body).unwrap())
}

impl Machine {
    pub(crate) fn origin(&self) -> Origin {
        self.key.origin()
    }

    /// The same machine, speaking to the hub where it is now.
    pub(crate) fn moved_to(self, town: &Town, seed: u8) -> Self {
        Self {
            client: town.machine(seed).client,
            ..self
        }
    }

    pub(crate) async fn post<T: Serialize, R: DeserializeOwned>(&self, path: &str, body: &T) -> Result<R, Problem> {
        let body = encode(body).into();
        let reply = self.client.post(path, MESSAGE_CONTENT_TYPE, body, ANSWER_BYTES_MAX);
        message(reply.await.unwrap())
    }

    pub(crate) async fn enrol(&self, enrolment: &Enrolment) -> Result<Enrolled, Problem> {
        let ask = Enrol {
            secret: ByteBuf::from(enrolment.secret.0),
            key: ByteArray::new(self.key.public().0),
            software: "test".to_owned(),
        };
        self.post("/v1/enrol", &ask).await
    }

    pub(crate) async fn hello(&self) -> Result<HelloReply, Problem> {
        self.hello_holding(None).await
    }

    /// Says hello, with a copy of the journal up to a cursor.
    pub(crate) async fn hello_holding(&self, cursor: Option<Cursor>) -> Result<HelloReply, Problem> {
        let frontier = self.frontier(self.entries.len());
        let hello = Hello {
            version: 1,
            software: "test".to_owned(),
            wall_ms: START_MS,
            ntp: false,
            logs: vec![LogState {
                origin: self.origin(),
                size: frontier.size(),
                root: ByteArray::new(frontier.root()),
            }],
            holds: Vec::new(),
            seen: None,
            cursor,
            pending: self.entries.len() as u64,
            enrolments: Vec::new(),
            cosignature: None,
        };
        self.post("/v1/hello", &hello).await
    }

    /// Records `count` households.
    pub(crate) fn record(&mut self, count: usize) {
        self.record_with(count, |_| "第一组".to_owned());
    }

    /// Records `count` households whose addresses have about `bytes` bytes and hardly compress.
    pub(crate) fn record_long(&mut self, count: usize, bytes: u64) {
        self.record_with(count, |at| {
            let hash = |n: u64| Sha256::digest([at.to_be_bytes(), n.to_be_bytes()].concat());
            let random = (0..bytes / 32).flat_map(|n| <[u8; 32]>::from(hash(n)));
            random.map(|byte| char::from(33 + byte % 94)).collect()
        });
    }

    fn record_with(&mut self, count: usize, address: impl Fn(u64) -> String) {
        for _ in 0..count {
            let at = self.entries.len() as u64;
            let own = u128::from(self.key.public().0[0]);
            let id = |n: u64| EventId::from_parts(START_MS + n, own).unwrap().to_string();
            let form = json!({
                "kind": "household_registered", "household": id(at), "occurred": "2026-08-31",
                "recorder": id(1), "facts": { "group": 1, "size": 3 },
                "personal": { "head": format!("户主{at}"), "address": address(at) }
            });
            let form: Form<Value> = serde_json::from_value(form).unwrap();
            let stamp = Stamp {
                origin: self.origin(),
                sequence: Sequence::after_size(at),
                id: EventId::from_parts(START_MS + at, own).unwrap(),
                clock: ClockQuality::Ntp,
                wall_ms: START_MS,
                mono_ms: at,
                boot: BootId([2; 8]),
                seen: None,
            };
            let draft = form.into_draft(self.unit).unwrap();
            self.entries.push(Entry::write(&draft, &stamp, [9; 16]).unwrap());
        }
    }

    /// Records what a form says, at `wall_ms` by its own clock.
    pub(crate) fn record_form(&mut self, form: Value, wall_ms: u64) -> EventId {
        let at = self.entries.len() as u64;
        let own = u128::from(self.key.public().0[0]);
        let form: Form<Value> = serde_json::from_value(form).unwrap();
        let stamp = Stamp {
            origin: self.origin(),
            sequence: Sequence::after_size(at),
            id: EventId::from_parts(wall_ms + at, own).unwrap(),
            clock: ClockQuality::Ntp,
            wall_ms,
            mono_ms: at,
            boot: BootId([2; 8]),
            seen: None,
        };
        let draft = form.into_draft(self.unit).unwrap();
        self.entries.push(Entry::write(&draft, &stamp, [9; 16]).unwrap());
        stamp.id
    }

    pub(crate) fn frontier(&self, size: usize) -> Frontier {
        let mut frontier = Frontier::new();
        self.entries[..size]
            .iter()
            .for_each(|entry| frontier.push(leaf_hash(&entry.bytes)));
        frontier
    }

    /// The body of a push of the entries from index `from` to the end.
    pub(crate) fn body(&self, from: usize) -> Vec<u8> {
        let mut writer = self.part(from, self.entries.len());
        let frontier = self.frontier(self.entries.len());
        let checkpoint = Checkpoint {
            name: origin_log_name(self.origin()),
            size: frontier.size(),
            root: frontier.root(),
        };
        writer.checkpoint(&checkpoint.sign(&self.key)).unwrap();
        writer.finish().unwrap()
    }

    /// The same of these entries, not ended and without a checkpoint.
    pub(crate) fn part(&self, from: usize, to: usize) -> BodyWriter {
        let mut writer = BodyWriter::new().unwrap();
        writer.range(self.origin(), Sequence::after_size(from as u64)).unwrap();
        for entry in &self.entries[from..to] {
            writer.entry(&entry.bytes, entry.personal.as_deref()).unwrap();
        }
        writer
    }

    pub(crate) fn push_path(&self, from: usize) -> String {
        format!("/v1/logs/{}/{}", self.origin(), from + 1)
    }

    pub(crate) async fn put(&self, path: &str, body: Vec<u8>) -> Result<PushReply, Problem> {
        let reply = self.client.put(path, BODY_CONTENT_TYPE, body.into(), ANSWER_BYTES_MAX);
        message(reply.await.unwrap())
    }

    pub(crate) async fn push(&self, from: usize) -> Result<PushReply, Problem> {
        self.put(&self.push_path(from), self.body(from)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Vec<u8>, Problem> {
        let reply = self.client.get(path, ANSWER_BYTES_MAX).await.unwrap();
        reply.accepted().map(|reply| reply.body)
    }

    pub(crate) async fn json(&self, path: &str) -> Result<Value, Problem> {
        self.get(path).await.map(|body| serde_json::from_slice(&body).unwrap())
    }

    /// Every item of the pages from the beginning of the journal, and their end.
    pub(crate) async fn pages(&self) -> Result<(Vec<Item>, PageEnd), Problem> {
        let mut path = "/v1/journal".to_owned();
        let mut items = Vec::new();
        loop {
            let mut end = None;
            let body = self.get(&path).await?;
            assert!(body.len() <= BODY_BYTES_MAX, "{}", body.len());
            sync::frame::read(&body, |item| {
                match item {
                    Item::End(page_end) => end = Some(page_end),
                    item => items.push(item),
                }
                Ok::<_, FrameError>(())
            })
            .unwrap();
            let end = end.unwrap();
            if end.next.position == end.size {
                return Ok((items, end));
            }
            let next = end.next;
            path = format!(
                "/v1/journal?journal={}&position={}&offset={}",
                next.journal, next.position, next.offset
            );
        }
    }
}

/// The entries of one log among the items of pages.
pub(crate) fn entries_of(items: &[Item], origin: Origin) -> Vec<Entry> {
    let mut at = None;
    let mut entries = Vec::new();
    for item in items {
        match item {
            Item::Range { origin, .. } => at = Some(*origin),
            Item::Entry { bytes, personal } if at == Some(origin) => entries.push(Entry {
                bytes: bytes.clone(),
                personal: personal.clone(),
            }),
            _ => {}
        }
    }
    entries
}

pub(crate) fn kind_of<T: std::fmt::Debug>(outcome: Result<T, Problem>) -> ProblemKind {
    outcome.unwrap_err().kind().unwrap()
}

/// Sends a push through a wire that stalls after `bytes` bytes towards the hub, until told to cut it.
pub(crate) async fn stalled_push(town: &Town, machine: &Machine, seed: u8, body: Vec<u8>, bytes: u64) -> Stalled {
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let identity = Identity::new(&OriginKey::from_seed([seed; 32])).unwrap();
    let addr = door.local_addr().unwrap().to_string();
    let client = Client::new(&addr, town.pin(), Some(&identity), Patience::default()).unwrap();
    let (hub, path) = (town.addr, machine.push_path(0));
    let (reached, has_reached) = oneshot::channel();
    let (cut, is_cut) = oneshot::channel::<()>();
    let wire = tokio::spawn(async move {
        let (near, _) = door.accept().await.unwrap();
        let far = TcpStream::connect(hub).await.unwrap();
        let (from_near, mut to_near) = near.into_split();
        let (mut from_far, mut to_far) = far.into_split();
        let back = tokio::spawn(async move { tokio::io::copy(&mut from_far, &mut to_near).await });
        let mut from_near = from_near.take(bytes);
        let copied = tokio::io::copy(&mut from_near, &mut to_far).await.unwrap();
        reached.send(copied).unwrap();
        is_cut.await.unwrap();
        back.abort();
    });
    let push = tokio::spawn(async move {
        client
            .put(&path, BODY_CONTENT_TYPE, body.into(), ANSWER_BYTES_MAX)
            .await
    });
    assert_eq!(has_reached.await.unwrap(), bytes);
    Stalled { cut, wire, push }
}

/// A push that is neither finished nor given up.
pub(crate) struct Stalled {
    cut: oneshot::Sender<()>,
    wire: JoinHandle<()>,
    push: JoinHandle<Result<Reply, LinkError>>,
}

impl Stalled {
    pub(crate) async fn cut(self) {
        self.cut.send(()).unwrap();
        self.wire.await.unwrap();
        let broken = self.push.await.unwrap();
        assert!(broken.is_err(), "{broken:?}");
    }
}
