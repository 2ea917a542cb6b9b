//! The whole truth on sending: what waits, what was received and does not count, what was received, the link, the machine.

use maud::{Markup, html};

use crate::office::{Came, EntryLine, Frame, Store};
use crate::{Words, dates, text};

/// A received entry that does not count.
pub type NotCounted = EntryLine;

/// What the township signed and cannot both be true, as it was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceLine {
    /// When, by this machine's own clock, in milliseconds.
    pub at_ms: i64,
}

/// How the machine is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Bytes free on the disk.
    pub free_bytes: u64,
    /// Position of the last record of the journal that was taken in; `None` before the first.
    pub fetched: Option<u64>,
}

/// What stands on the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// What waits, oldest first; it may be fewer than there are.
    pub waiting: Vec<EntryLine>,
    /// Received and not counted, newest first.
    pub not_counted: Vec<NotCounted>,
    /// Received last, newest first.
    pub received: Vec<EntryLine>,
    /// Entries of this machine with a receipt, in all.
    pub received_in_all: u64,
    /// Evidence against the township's journal.
    pub evidence: Vec<EvidenceLine>,
    /// The machine.
    pub machine: Machine,
    /// Whether somebody has just asked to send now.
    pub trying: bool,
}

fn waiting(page: &Delivery, w: Words, now: i64, pending: u64) -> Markup {
    html! {
        section aria-labelledby="a" {
            div.sh { h2 #a { (w.delivery_waiting(&text::number(pending))) } span.s { (w.delivery_here_only()) } }
            @if pending == 0 { p { (w.delivery_no_waiting()) } } @else {
                table.stk {
                    thead { tr { th scope="col" { (w.delivery_recorded_at()) } th scope="col" { (w.delivery_content()) }
                        th scope="col" { (w.delivery_by()) } th scope="col" { (w.delivery_state()) } } }
                    tbody { @for line in &page.waiting { tr {
                        td.nb { (dates::moment(line.recorded_ms, now, w.lang())) } th scope="row" { (line.link(w)) span.s { (line.mend(w)) } }
                        td.nb { (text::visible(&line.recorder)) } td { (line.came.draw(w)) }
                    } } }
                }
                @if (page.waiting.len() as u64) < pending { p.m { (w.delivery_listed(&text::number(page.waiting.len() as u64))) } }
            }
        }
    }
}

fn not_counted(page: &Delivery, w: Words, now: i64) -> Markup {
    html! {
        section aria-labelledby="b" {
            div.sh { h2 #b { (w.delivery_uncounted(&text::number(page.not_counted.len() as u64))) } span.s { (w.delivery_not_lost()) } }
            @if page.not_counted.is_empty() { p { (w.delivery_all_counted()) } }
            ul.rows.two { @for line in &page.not_counted { li {
                span { (line.link(w)) "　" span.m { (text::visible(&w.recorded_by(&line.recorder))) } }
                (line.tag(w))
                @if let Some(effect) = &line.effect {
                    p.d.why { b { (w.delivery_why()) } (text::visible(&effect.why(w))) br;
                        b { (w.delivery_what()) } (text::visible(&effect.todo(w))) br;
                        (line.came.receipt(w)) " · " (line.came.at(w, now)) " "
                        a.noprint href=(line.proof) { (w.see_proof()) } }
                }
            } } }
        }
    }
}

fn received(page: &Delivery, w: Words, now: i64) -> Markup {
    html! {
        section aria-labelledby="c" {
            div.sh { h2 #c { (w.delivery_recent()) } span.s { (w.delivery_received_all(&text::number(page.received_in_all))) } }
            @if page.received.is_empty() { p { (w.delivery_none_recent()) } } @else {
                table.stk {
                    thead { tr { th scope="col" { (w.delivery_received_at()) } th scope="col" { (w.delivery_content()) }
                        th scope="col" { (w.delivery_receipt()) } th scope="col" { (w.delivery_state()) } th scope="col" { (w.delivery_effect()) } } }
                    tbody { @for line in &page.received { tr {
                        td.nb { (line.came.at(w, now)) } th scope="row" { (line.link(w)) span.s { (line.mend(w)) } }
                        td.nb { a href=(line.proof) { (proof_word(line, w)) } } td { (line.came.draw(w)) }
                        td { @match &line.effect { Some(effect) => (effect.draw(w)), None => (w.unknown()) } }
                    } } }
                }
            }
        }
    }
}

/// What leads to the proof: the receipt's number, or where that has not come here, a word.
fn proof_word(line: &EntryLine, w: Words) -> String {
    match line.came {
        Came::Received { receipt: Some(_), .. } => line.came.receipt(w),
        _ => w.see_proof().to_owned(),
    }
}

fn beside(frame: &Frame, page: &Delivery, w: Words) -> Markup {
    let strip = frame.strip.clone().unwrap_or_default();
    let link = match (&strip.trouble, strip.heard_ms) {
        (Some(slug), _) if slug == "unreachable" => w.link_none(),
        (Some(_), _) => w.link_refused(),
        (None, Some(_)) => w.link_good(),
        (None, None) => w.link_unknown(),
    };
    let heard = strip.heard_ms.map_or_else(
        || w.strip_never_heard().to_owned(),
        |at| dates::moment(at, frame.now_ms, frame.lang),
    );
    let log = match strip.store {
        Store::Ready => w.log_ready(),
        Store::Verifying => w.log_verifying(),
        Store::Full => w.log_full(),
        Store::Damaged => w.log_damaged(),
        Store::Closed => w.log_closed(),
    };
    let tenths = page.machine.free_bytes / (1 << 30) * 10 + page.machine.free_bytes % (1 << 30) * 10 / (1 << 30);
    let free = format!("{}.{}", tenths / 10, tenths % 10);
    let words = [
        ("tag t-wait", w.waiting(), w.means_waiting()),
        ("tag t-recv", w.received(), w.means_received()),
        ("tag t-in", w.counted(), w.means_counted()),
        ("tag t-conf", w.conflict(), w.means_conflict()),
        ("tag t-hold", w.held(), w.means_held()),
        ("tag t-unk", w.not_understood(), w.means_not_understood()),
    ];
    html! {
        aside.side aria-label=(w.delivery_link()) {
            section aria-labelledby="s1" { div.sh { h2 #s1 { (w.delivery_link()) } } ul.rows.two {
                li { span { (w.delivery_now()) } span { (link) } }
                li { span { (w.delivery_last_contact()) } span { (heard) } }
                li { span { (w.delivery_fetched()) } span {
                    @match page.machine.fetched { Some(at) => (w.fetched_to(&text::number(at))), None => (text::DASH) } } }
            } }
            section aria-labelledby="s2" { div.sh { h2 #s2 { (w.delivery_machine()) } } ul.rows.two {
                li { span { (w.delivery_clock()) } span { @if frame.clock_in_doubt { (w.clock_unchecked()) } @else { (w.clock_checked()) } } }
                li { span { (w.delivery_disk()) } span { (w.disk_left(&free)) } }
                li { span { (w.delivery_log()) } span { (log) } }
            } }
            section aria-labelledby="s3" { div.sh { h2 #s3 { (w.delivery_words()) } } ul.rows.two {
                @for (class, word, means) in words { li { span { span class=(class) { (word) } } span.d { (means) } } }
            } }
        }
    }
}

/// The page.
#[must_use]
pub fn delivery(frame: &Frame, page: &Delivery) -> String {
    let w = frame.words();
    let now = frame.now_ms;
    let strip = frame.strip.clone().unwrap_or_default();
    let oldest = strip.oldest_ms.unwrap_or(now);
    let body = html! {
        @if page.trying { div.say role="status" { p { (w.delivery_trying()) } } }
        @if !page.evidence.is_empty() {
            div.say.stop role="alert" { h2 { (w.delivery_evidence()) }
                ul { @for one in &page.evidence { li { (w.evidence_one(&dates::moment(one.at_ms, now, frame.lang))) } } }
                p { (w.delivery_evidence_what()) } }
        }
        div.head {
            div { h1 { (w.delivery()) }
                @if strip.pending > 0 {
                    p.lead.gap-s { (w.delivery_lead(&text::number(strip.pending), &dates::ago(oldest, now, frame.lang))) }
                    p.m { (w.delivery_on_disk()) }
                } @else if strip.all_sent {
                    p.lead.gap-s { (w.strip_all_sent(&dates::clock(strip.heard_ms.unwrap_or(now)))) }
                } @else { p.lead.gap-s { (w.delivery_no_waiting()) } } }
            div.acts { form method="post" action="/delivery" { button.pri { (w.delivery_try()) } } }
        }
        div.cols {
            div { (waiting(page, w, now, strip.pending)) (not_counted(page, w, now)) (received(page, w, now)) }
            (beside(frame, page, w))
        }
    };
    frame.around(w.delivery(), false, &body)
}
