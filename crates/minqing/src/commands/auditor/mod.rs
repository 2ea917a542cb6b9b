//! `minqing audit …`

mod cells;
mod diff;
mod export;
mod leads;
mod ledgers;
mod mirror;
mod pictures;
mod proofs;
mod replay;
mod report;
mod sample;
mod seals;
mod text;
mod trace;
mod verify;

use std::path::PathBuf;

use audit::{Archive, AuditConfig, History, Knowledge, Known};
use clap::{Args, Subcommand};
use indicatif::ProgressBar;

use crate::commands::folder;
use crate::exit::Exit;
use crate::out::Out;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// 把总台的全部账本取到本机；第一次要登记文件 / copy the hub's whole journal; the first time with an enrolment file
    Mirror(mirror::Mirror),
    /// 核验镜像或导出的文件夹：签名、树根、时间、编号、留下的检查点 / check the mirror or an exported folder: signatures, roots, times,
    /// identities, checkpoints that were kept
    Verify(verify::Verify),
    /// 从头重算所有台账，跟总台比摘要，跟封存的时段比 / rebuild every ledger from nothing; compare with the hub's digests and
    /// with sealed periods
    Replay(replay::ReplayArgs),
    /// 发生在某日为止的事 / ledgers of what had happened by a day
    AsOf(ledgers::AsOf),
    /// 镇里某日为止收到的 / ledgers as known to the township on a day
    AsKnown(ledgers::AsKnown),
    /// 两个日子之间变了什么，为什么 / what changed between two days, and because of which events
    Diff(diff::DiffArgs),
    /// 一户或一件诉求的来龙去脉 / the story of one household or request
    Trace(trace::TraceArgs),
    /// 线索：哪些记录该有人去看看，旁边写着平常的解释 / what calls for a human look, each beside its ordinary explanation
    Leads(leads::LeadsArgs),
    /// 抽查：把公布过的重抽一遍，或自己抽 / draw published spot checks again, or draw one's own
    Sample(sample::SampleArgs),
    /// 导出：去标识化的事件、汇总数，或原始事件 / export events or figures, de-identified, or the raw events
    Export(export::Export),
    /// 只凭导出的文件夹建一个审计员的文件夹，不用总台 / make an auditor's folder out of an export alone, without a hub
    Open(folder::Open),
    /// 把不能同时为真的签名单独写出来 / write apart what was signed and cannot both be true
    Evidence(folder::Evidence),
}

#[derive(Args, Debug)]
pub(crate) struct At {
    /// 审计员的文件夹 / the auditor's folder
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,
    /// 另写一份网页报告，可打印、可拷走 / also write a report as a web page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl At {
    fn config(&self) -> AuditConfig {
        AuditConfig::new(&self.dir)
    }
}

pub(crate) async fn run(command: &AuditCommand, out: &Out) -> anyhow::Result<Exit> {
    match command {
        AuditCommand::Mirror(args) => mirror::run(args, out).await,
        AuditCommand::Verify(args) => verify::run(args, out).await,
        AuditCommand::Replay(args) => replay::run(args, out).await,
        AuditCommand::AsOf(args) => ledgers::as_of(args, out).await,
        AuditCommand::AsKnown(args) => ledgers::as_known(args, out).await,
        AuditCommand::Diff(args) => diff::run(args, out).await,
        AuditCommand::Trace(args) => trace::run(args, out).await,
        AuditCommand::Leads(args) => leads::run(args, out).await,
        AuditCommand::Sample(args) => sample::run(args, out).await,
        AuditCommand::Export(args) => export::run(args, out).await,
        AuditCommand::Open(args) => folder::open(args, out),
        AuditCommand::Evidence(args) => folder::evidence(args, out),
    }
}

/// Does work that takes long and may block, with a bar.
async fn at_work<T: Send + 'static>(
    what: &str,
    out: &Out,
    work: impl FnOnce(&mut dyn FnMut(u64, u64)) -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let bar = out.bar(what, 0);
    let shown: ProgressBar = bar.clone();
    let done = tokio::task::spawn_blocking(move || {
        work(&mut |done, all| {
            shown.set_length(all);
            shown.set_position(done);
        })
    });
    let done = done.await?;
    bar.finish_and_clear();
    done
}

/// What is known of a mirror, with an index of it where one is wanted.
struct Opened {
    archive: Archive,
    known: Known,
    history: History,
}

fn open(
    config: &AuditConfig,
    knowledge: Knowledge,
    with_history: bool,
    progress: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<Opened> {
    let archive = Archive::open(config)?;
    let mut history = History::new();
    let mut visit = |standing: &audit::Standing, bytes: &[u8]| {
        if with_history {
            history.add(standing, bytes);
        }
    };
    let known = archive.known(knowledge, &mut visit, progress)?;
    Ok(Opened {
        archive,
        known,
        history,
    })
}
