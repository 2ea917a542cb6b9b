//! Every village, those that need help first. Need orders them, a rate never does.

use event::Day;
use maud::{Markup, html};

use crate::chart::Spark;
use crate::office::Frame;
use crate::township::{Clock, Need};
use crate::{Words, dates, text};

/// Into which part of the list a village belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum NeedGroup {
    /// Help here first.
    First,
    /// Keep an eye on it.
    Watch,
    /// As usual.
    #[default]
    Usual,
}

/// How many entries wait in a village, as far as anybody at the township knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PendingThere {
    /// Its machines said so within the last day.
    Exactly(u64),
    /// They said so longer ago; there may be more by now.
    AtLeast(u64),
    /// Nobody knows.
    #[default]
    Unknown,
}

impl PendingThere {
    pub(crate) fn say(self, w: Words) -> String {
        match self {
            Self::Exactly(count) => text::number(count),
            Self::AtLeast(count) => w.at_least(&text::number(count)),
            Self::Unknown => w.unknown().to_owned(),
        }
    }
}

/// What a village has that somebody should look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trouble {
    /// 状态冲突.
    pub conflicts: u64,
    /// 暂扣.
    pub held: u64,
    /// Machines whose log forked.
    pub forks: u64,
    /// Machines taken out of use.
    pub revoked: u64,
    /// Entries that this version cannot read.
    pub not_understood: u64,
}

impl Trouble {
    fn parts(&self, w: Words) -> Vec<String> {
        let said = |count: u64, say: &dyn Fn(&str) -> String| (count > 0).then(|| say(&text::number(count)));
        let parts = [
            said(self.forks, &|n| w.trouble_forks(n)),
            said(self.conflicts, &|n| w.trouble_conflicts(n)),
            said(self.held, &|n| w.trouble_held(n)),
            said(self.not_understood, &|n| w.trouble_unknown(n)),
            said(self.revoked, &|n| w.trouble_revoked(n)),
        ];
        parts.into_iter().flatten().collect()
    }
}

/// One village.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VillageLine {
    /// Its code.
    pub unit: String,
    /// Its name; empty where nobody gave one.
    pub name: String,
    /// Its part of the list.
    pub group: NeedGroup,
    /// What help it needs; the first one decides its place.
    pub needs: Vec<Need>,
    /// When one of its machines was last heard of, in milliseconds.
    pub heard_ms: Option<i64>,
    /// What waits there.
    pub pending: PendingThere,
    /// What came in of late.
    pub received: Spark,
    /// Households met at home in the quarter.
    pub met: u64,
    /// Households on the books in the quarter.
    pub of: u64,
    /// Requests not closed.
    pub open: u64,
    /// Of these, past their due day.
    pub overdue: u64,
    /// The worst clock among its machines.
    pub clock: Clock,
    /// What somebody should look at.
    pub trouble: Trouble,
}

impl VillageLine {
    pub(crate) fn called(&self) -> &str {
        if self.name.is_empty() { &self.unit } else { &self.name }
    }

    fn needs(&self, w: Words) -> String {
        let gap = if w.lang() == crate::Lang::Zh { "；" } else { "; " };
        let lines: Vec<String> = self.needs.iter().map(|need| need.help.line(w)).collect();
        lines.join(gap)
    }
}

/// What stands on the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Villages {
    /// The villages: by group; in the first two by how long they have waited, in the last by code.
    pub lines: Vec<VillageLine>,
    /// The quarter of the coverage, from 1 to 4.
    pub quarter: u8,
    /// Up to which receipt, 「第 1,291 号收据」.
    pub position: String,
    /// The beginning of the digest of what is shown.
    pub digest: String,
}

impl Villages {
    fn cut(&self, frame: &Frame) -> String {
        let w = frame.words();
        let today = Day::of_instant(frame.now_ms);
        let seen = w.villages_seen(&dates::day(today, today, frame.lang));
        w.villages_cut(w.quarter(self.quarter), &seen, &self.position, &self.digest)
    }

    fn of(&self, group: NeedGroup) -> impl Iterator<Item = &VillageLine> {
        self.lines.iter().filter(move |line| line.group == group)
    }
}

fn row(line: &VillageLine, frame: &Frame) -> Markup {
    let (w, now) = (frame.words(), frame.now_ms);
    let address = format!("/village/{}", line.unit);
    let trouble = line.trouble.parts(w);
    html! {
        tr {
            th scope="row" { a href=(address) { (text::visible(line.called())) } }
            td { @if line.needs.is_empty() { (text::DASH) } @else { (line.needs(w)) } }
            td { @match line.needs.first() { Some(need) => (need.waited(w, now)), None => (text::DASH) } }
            td { @match line.heard_ms { Some(at) => (dates::moment(at, now, frame.lang)), None => (w.villages_never()) } }
            td { @if line.pending == PendingThere::Unknown { span.m { (line.pending.say(w)) } } @else { (line.pending.say(w)) } }
            td { (line.received.draw(w)) }
            td { @if line.of == 0 { (text::none(frame.lang)) } @else {
                a href={ (address) "#c" } { (text::number(line.met)) "／" (text::number(line.of)) }
                @if let Some(percent) = text::percent(line.met, line.of) { " " (percent) } } }
            // An ordinary village's open requests are one click away at its name: 199 rows stay below 100 kB.
            td { @if line.open == 0 || line.group == NeedGroup::Usual { (text::number(line.open)) } @else { a href={ (address) "#r" } { (text::number(line.open)) } } }
            td { @if line.overdue == 0 { "0" } @else { a.t-late href={ (address) "#r" } { (text::number(line.overdue)) } } }
            td { @if matches!(line.clock, Clock::Off { .. }) { b { (line.clock.say(w)) } } @else { (line.clock.say(w)) } }
            td { @if trouble.is_empty() { (text::DASH) } @else { a href={ (address) "#u" } { (trouble.join(" · ")) } } }
        }
    }
}

/// The page of all villages. On paper the ordinary ones are left out: it is a list of help.
#[must_use]
pub fn villages(frame: &Frame, page: &Villages) -> String {
    let w = frame.words();
    let groups = [
        (NeedGroup::First, "", Some(w.villages_first_of())),
        (NeedGroup::Watch, "", None),
        (NeedGroup::Usual, "noprint", None),
    ];
    let title = w.villages_title(&text::number(page.lines.len() as u64));
    let body = html! {
        div.head {
            div { h1 { (title) } p.m { (w.villages_order()) } }
            div.acts { a.btn href="/villages/help" { (w.villages_help_list()) } }
        }
        p.cut { (page.cut(frame)) }
        @if page.lines.is_empty() { p { (w.villages_none()) } } @else {
            div.scrollx tabindex="0" role="region" aria-label=(w.villages_scroll()) {
                table.led.dense.vil {
                    caption.vh { (w.villages_caption()) }
                    thead { tr { @for head in heads(w) { th scope="col" { (head) } } } }
                    @for (group, class, note) in groups {
                        @let count = page.of(group).count();
                        @if count > 0 {
                            tbody class=[(!class.is_empty()).then_some(class)] {
                                tr.grp { th scope="rowgroup" colspan="11" {
                                    @match group {
                                        NeedGroup::First => (w.villages_first(count)),
                                        NeedGroup::Watch => (w.villages_watch(count)),
                                        NeedGroup::Usual => (w.villages_usual(count)),
                                    }
                                    @if let Some(note) = note { span.s { (note) } }
                                } }
                                @for line in page.of(group) { (row(line, frame)) }
                            }
                        }
                    }
                }
            }
            p.cut.gap-s { (w.villages_pending_means()) " " a.noprint href="/api" { (w.api_title()) } }
        }
    };
    frame.around(&title, false, &body)
}

const fn heads(w: Words) -> [&'static str; 11] {
    [
        w.villages_village(),
        w.villages_help(),
        w.villages_waited(),
        w.villages_heard(),
        w.villages_pending(),
        w.villages_received(),
        w.villages_coverage(),
        w.villages_open(),
        w.villages_overdue(),
        w.villages_clock(),
        w.villages_trouble(),
    ]
}

/// Today's list of help, made for paper: who, what, since when, and room for what was done.
#[must_use]
pub fn help_list(frame: &Frame, page: &Villages) -> String {
    let (w, now) = (frame.words(), frame.now_ms);
    let mut lines: Vec<_> = page.lines.iter().filter(|line| !line.needs.is_empty()).collect();
    lines.sort_by_key(|line| line.group);
    let body = html! {
        p.crumb.noprint { a href="/" { (w.village_back()) } }
        div.head { div { h1 { (w.villages_help_title()) } p.m { (w.villages_help_note()) } } }
        p.cut { (page.cut(frame)) }
        @if lines.is_empty() { p { (w.villages_nobody()) } } @else {
            div.scrollx tabindex="0" role="region" aria-label=(w.villages_help_title()) { table.led.helps {
                thead { tr {
                    th scope="col" { (w.villages_village()) } th scope="col" { (w.villages_help()) }
                    th scope="col" { (w.villages_heard()) } th.n scope="col" { (w.villages_pending()) }
                    th scope="col" { (w.villages_done()) }
                } }
                tbody { @for line in lines { tr {
                    th scope="row" { a href=(format!("/village/{}", line.unit)) { (text::visible(line.called())) } }
                    td { ul { @for need in &line.needs { li { @if need.first { b { (need.help.line(w)) } } @else { (need.help.line(w)) }
                        " " span.m { (need.waited(w, now)) } } } } }
                    td { @match line.heard_ms { Some(at) => (dates::moment(at, now, frame.lang)), None => (w.villages_never()) } }
                    td.n { (line.pending.say(w)) }
                    td {}
                } } }
            } }
        }
    };
    frame.around(w.villages_help_title(), false, &body)
}
