//! The course of the demo: found the township, let its year pass, bring everybody together, judge.

use std::path::Path;

use anyhow::Context as _;
use audit::AuditConfig;
use event::Day;
use indicatif::ProgressBar;
use sample::{Plan, Township};
use tokio::task::JoinSet;

use super::parties::{HubParty, VillageParty, beginning_ms};
use super::story::{Side, Story};
use super::verdict::{self, Judged};
use super::{DemoArgs, sabotage, serve, show};
use crate::clock::{Stopwatch, surroundings};
use crate::exit::Exit;
use crate::out::Out;

/// Days between two times at which everybody who has a link is brought together.
const SPAN_DAYS: u16 = 7;
/// Most rounds at the end until the last answer has come back.
const LAST_ROUNDS_MAX: u16 = 40;
const HOUR_MS: u64 = 3_600_000;
/// When a day is over and those who have a link sync: after the latest record of any story (22:34).
const EVENING_HOUR: u64 = 23;

/// The township at work.
pub(super) struct Town {
    pub(super) plan: Plan,
    pub(super) town: Township,
    pub(super) hub: HubParty,
    pub(super) villages: Vec<Office>,
    pub(super) auditor: AuditConfig,
    /// The day up to which the story has been told.
    pub(super) today: Day,
}

/// A village and its part of the story.
pub(super) struct Office {
    pub(super) party: VillageParty,
    pub(super) story: Story,
}

pub(super) async fn run(args: &DemoArgs, dir: &Path, out: &Out) -> anyhow::Result<Exit> {
    let watch = Stopwatch::start();
    let plan = args.plan();
    let mut town = found(&plan, dir, args.serve, out).await?;
    tell(&mut town, out).await?;
    let before = show::states(&town).await?;
    gather(&mut town, out).await?;
    let story_s = watch.seconds();
    let bar = out.bar(out.words.mirroring(), 0);
    let mut told = |done: audit::Mirrored| {
        bar.set_length(done.of);
        bar.set_position(done.held);
    };
    let mirrored = audit::mirror(&town.auditor, None, &mut told).await?;
    bar.finish_and_clear();
    let altered = match args.sabotage {
        Some(what) => Some(sabotage::alter(what, &mut town).await?),
        None => None,
    };
    let judged = verdict::judge(&town, out).await?;
    let figures = show::figures(&town, judged.as_of).await?;
    let seconds = (story_s, watch.seconds());
    let agree = judged.agree();
    show::print(
        out,
        &show::Report {
            town: &town,
            before: &before,
            figures: &figures,
            judged: &judged,
            mirrored,
            altered: altered.as_ref(),
            seconds,
            dir: args.dir.as_ref().map(|_| dir),
        },
    )?;
    if args.serve {
        serve::serve(&mut town, dir, out).await?;
    }
    close(town, judged).await?;
    Ok(if agree { Exit::Ok } else { Exit::Differs })
}

async fn found(plan: &Plan, dir: &Path, has_pages: bool, out: &Out) -> anyhow::Result<Town> {
    let real = surroundings()?;
    let town = plan.township();
    let now_ms = beginning_ms(plan);
    let hub = HubParty::found(dir.join("hub"), &town, now_ms, has_pages, &real).await?;
    let bar = out.bar(out.words.enrolling(), u64::from(plan.villages));
    let mut villages = Vec::with_capacity(town.villages.len());
    for (index, village) in (0..).zip(&town.villages) {
        let folder = dir.join(format!("village-{}", village.unit));
        let party = VillageParty::found(folder, &hub, village, now_ms, &real).await;
        let party = party.with_context(|| village.name.clone())?;
        party.wire.set(false);
        villages.push(Office {
            party,
            story: Story::new(plan, index),
        });
        bar.inc(1);
    }
    let auditor = hub.auditor(&dir.join("auditor"), &town, &real).await?;
    bar.finish_and_clear();
    Ok(Town {
        today: plan.first_day.plus(-1),
        plan: plan.clone(),
        town,
        hub,
        villages,
        auditor,
    })
}

/// Lets the year pass.
async fn tell(town: &mut Town, out: &Out) -> anyhow::Result<()> {
    let days = i32::from(town.plan.days);
    let total: usize = town.villages.iter().map(|office| office.story.left()).sum();
    let bar = out.bar(out.words.telling(), total as u64);
    let mut from = 0;
    while from < days {
        let until = (from + i32::from(SPAN_DAYS)).min(days);
        let span: Vec<Day> = (from..until).map(|n| town.plan.first_day.plus(n)).collect();
        pass(town, &span, false, &bar).await?;
        from = until;
    }
    bar.finish_and_clear();
    Ok(())
}

/// At the end everybody has a link: what waits is sent, what answers it comes back, until nothing is left.
async fn gather(town: &mut Town, out: &Out) -> anyhow::Result<()> {
    let left: usize = town.villages.iter().map(|office| office.story.left()).sum();
    let bar = out.bar(out.words.gathering(), left as u64);
    for round in 0..LAST_ROUNDS_MAX {
        let left: usize = town.villages.iter().map(|office| office.story.left()).sum();
        let day = town.today.plus(1);
        pass(town, &[day], true, &bar).await?;
        // One more round when nothing is left: the last receipts reach their villages.
        if left == 0 && round > 0 {
            bar.finish_and_clear();
            return Ok(());
        }
    }
    anyhow::bail!("the story does not come to its end")
}

/// Lets some days pass at every village, and brings those together that have a link.
async fn pass(town: &mut Town, days: &[Day], everybody: bool, bar: &ProgressBar) -> anyhow::Result<()> {
    let Some(last) = days.last().copied() else {
        return Ok(());
    };
    let evening_ms = u64::try_from(last.start_ms()).unwrap_or(0) + EVENING_HOUR * HOUR_MS;
    town.hub.cell.advance_to(evening_ms);
    let mut offices = JoinSet::new();
    for (index, mut office) in town.villages.drain(..).enumerate() {
        let (days, bar) = (days.to_vec(), bar.clone());
        offices.spawn(async move {
            let done = of_village(&mut office, &days, evening_ms, everybody, &bar).await;
            done.with_context(|| office.party.name.clone())
                .map(|()| (index, office))
        });
    }
    let mut back = Vec::with_capacity(offices.len());
    while let Some(done) = offices.join_next().await {
        back.push(done??);
    }
    back.sort_by_key(|(index, _)| *index);
    for (_, mut office) in back {
        let before = office.story.recorded(Side::Hub);
        let recorded = town.hub.record(office.party.unit, &mut office.story, last).await;
        recorded.with_context(|| format!("the township, for {}", office.party.name))?;
        bar.inc(office.story.recorded(Side::Hub) - before);
        town.villages.push(office);
    }
    town.today = last;
    Ok(())
}

async fn of_village(
    office: &mut Office,
    days: &[Day],
    evening_ms: u64,
    everybody: bool,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let Office { party, story } = office;
    for day in days {
        if party.clock.wrong_span().is_some_and(|(from, _, _)| from == *day) {
            party.advance_to(u64::try_from(day.start_ms()).unwrap_or(0) + HOUR_MS);
            party.restart().await?;
        }
        let before = story.recorded(Side::Village);
        party.record(story, *day).await?;
        bar.inc(story.recorded(Side::Village) - before);
    }
    party.advance_to(evening_ms);
    let online = days.iter().rev().find(|day| everybody || party.link.online(**day));
    if let Some(day) = online {
        party.sync(*day).await?;
        story.exchange();
    }
    Ok(())
}

async fn close(town: Town, judged: Judged) -> anyhow::Result<()> {
    judged.close()?;
    let mut stopping = JoinSet::new();
    for mut office in town.villages {
        stopping.spawn(async move { office.party.stop().await });
    }
    while let Some(stopped) = stopping.join_next().await {
        stopped??;
    }
    town.hub.stop().await
}
