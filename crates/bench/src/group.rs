//! Row 2: many writers at once, who share their barriers.

use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use event::form::Form;
use event_log::LogEntry;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use village::Office;

use crate::bare::BareSled;
use crate::clock::Moment;
use crate::table::{Line, Target, median, per_second, speed};
use crate::town::Town;
use crate::{Bench, local};

const WRITERS: usize = 64;
/// Most records in one commit, as in the village's writer.
const GROUP_MAX: usize = 1_024;

pub(crate) async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let rounds = bench.size(7, 3);
    let each = bench.size(100, 30);
    let dir = bench.scratch()?;
    let mut town = Town::found(dir.path()).await?;
    let folder = town.enrol(None).await?;
    town.stop().await?;
    let open = village::open_offline(&folder.config, &town.clock.surroundings()).await?;
    let entries = local::entries(WRITERS * each, &dir.path().join("made"))?;
    let forms: Result<Vec<Form<Value>>> = local::drafts(WRITERS * each)
        .map(|draft| Ok(Form::of_draft(&draft, serde_json::to_value(&draft.facts)?)))
        .collect();
    let forms = forms?;
    let bare = Group::start(BareSled::create(&dir.path().join("bare"))?);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        for turn in 0..2 {
            if (round + turn) % 2 == 0 {
                ours.push(per_second(forms.len(), offices(open.office(), &forms, each).await?));
            } else {
                theirs.push(per_second(entries.len(), bare.all(&entries, each).await?));
            }
        }
    }
    bare.stop()?;
    open.close().await?;
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    Ok(vec![Line {
        row: 2,
        what: format!("durable records, {WRITERS} writers at once; beside bare sled's group commit"),
        measured: speed(ours),
        yardstick: speed(theirs),
        value: ours / theirs,
        unit: "×",
        target: Some(Target::AtLeast(0.5)),
    }])
}

async fn offices(office: &Office, forms: &[Form<Value>], each: usize) -> Result<Duration> {
    let pieces: Vec<Vec<_>> = forms.chunks(each).map(<[_]>::to_vec).collect();
    let start = Moment::now();
    let mut writers = JoinSet::new();
    for piece in pieces {
        let office = office.clone();
        writers.spawn(async move {
            for form in piece {
                office.record(form).await.map_err(|problem| anyhow!("{problem}"))?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = writers.join_next().await {
        done??;
    }
    Ok(start.elapsed())
}

type Order = (LogEntry, oneshot::Sender<()>);

/// Bare sled behind one writing thread, as the village's is.
struct Group {
    orders: mpsc::Sender<Order>,
    thread: JoinHandle<Result<()>>,
}

impl Group {
    fn start(mut bare: BareSled) -> Self {
        let (orders, mut taken) = mpsc::channel::<Order>(GROUP_MAX);
        let thread = std::thread::spawn(move || {
            while let Some((entry, reply)) = taken.blocking_recv() {
                let (mut entries, mut replies) = (vec![entry], vec![reply]);
                while entries.len() < GROUP_MAX
                    && let Ok((entry, reply)) = taken.try_recv()
                {
                    entries.push(entry);
                    replies.push(reply);
                }
                bare.append(&entries)?;
                for reply in replies {
                    // Nobody here goes away before the answer.
                    let _ = reply.send(());
                }
            }
            Ok(())
        });
        Self { orders, thread }
    }

    async fn all(&self, entries: &[LogEntry], each: usize) -> Result<Duration> {
        let pieces: Vec<Vec<_>> = entries.chunks(each).map(<[_]>::to_vec).collect();
        let start = Moment::now();
        let mut writers = JoinSet::new();
        for piece in pieces {
            let orders = self.orders.clone();
            writers.spawn(async move {
                for entry in piece {
                    let (reply, answer) = oneshot::channel();
                    orders.send((entry, reply)).await.ok().context("the writer ended")?;
                    answer.await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(done) = writers.join_next().await {
            done??;
        }
        Ok(start.elapsed())
    }

    fn stop(self) -> Result<()> {
        drop(self.orders);
        self.thread.join().map_err(|_| anyhow!("the writer panicked"))?
    }
}
