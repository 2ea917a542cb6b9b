//! The request board: whose turn is it? Seven stages with their counts; the township's own first, what others have after.

use event::Day;
use maud::{Markup, html};

use super::age;
use crate::office::Frame;
use crate::{Words, dates, text};

/// One stage of the board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// The state that it shows, by its word.
    pub state: String,
    /// How many stand there.
    pub count: usize,
    /// How many of them are past their due day.
    pub overdue: usize,
    /// Days since acceptance of the oldest.
    pub oldest_days: Option<u32>,
    /// The page with these alone.
    pub address: String,
}

/// One open request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardLine {
    /// What its box sends: the request, and the moment that this line shows.
    pub pick: String,
    /// Village and end of its identity.
    pub number: String,
    /// The page about it.
    pub address: String,
    /// Its wording, where it is here; else empty.
    pub text: String,
    /// The village's name.
    pub village: String,
    /// How it came in, by its word.
    pub channel: String,
    /// Its sort, by its word.
    pub kind: String,
    /// Whether it cannot wait, by its word: `ordinary`, `urgent`, `emergency`.
    pub urgency: String,
    /// Round, from 1; 0 before the first assignment.
    pub round: u16,
    /// Days since first acceptance, or since registration.
    pub age_days: u32,
    /// The due day's distance from the day that the age runs from, in days.
    pub due_at: Option<u32>,
    /// When it is due.
    pub due: Option<Day>,
    /// Day of the answer in this round.
    pub replied_on: Option<Day>,
    /// Days past the due day, while nobody has answered.
    pub overdue_days: u32,
    /// Where it stands, by its word.
    pub state: String,
    /// Follow-up calls in vain since the answer.
    pub attempts: u16,
    /// Who handles it, where that is not the township's next step.
    pub with: String,
    /// Whether the assignment has come to a machine of the village, where that is known.
    pub has_come: Option<bool>,
}

/// Which page of how many, and the ways to its neighbours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// From 1.
    pub page: usize,
    /// At least 1.
    pub of: usize,
    /// The one before.
    pub before: Option<String>,
    /// The one after.
    pub after: Option<String>,
}

/// The board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Board {
    /// The seven stages, in their order.
    pub stages: Vec<Stage>,
    /// Open requests in all, under the filters.
    pub open: usize,
    /// How many of them wait for the township, over all pages.
    pub ours: usize,
    /// 「截至 …」
    pub cut: String,
    /// Villages to choose from: code and name.
    pub villages: Vec<(String, String)>,
    /// The one that is shown alone.
    pub village: Option<String>,
    /// The stage that is shown alone, by its state's word.
    pub stage: Option<String>,
    /// Lines that wait for the township, of this page.
    pub our_lines: Vec<BoardLine>,
    /// Lines that others have, of this page.
    pub their_lines: Vec<BoardLine>,
    /// The pages.
    pub pages: Pages,
    /// Names this form once.
    pub key: String,
    /// Most lines that one act takes.
    pub bulk_max: usize,
    /// Said first: nothing was selected, or too much.
    pub trouble: Option<String>,
    /// Whether the ledgers have not read everything that was received: what is missing is unknown, not absent.
    pub is_behind: bool,
}

/// How much of a wording the table shows, in characters.
const TITLE_CHARS: usize = 28;

/// The first line of a wording, as long as `chars`.
pub(crate) fn title(wording: &str, kind: &str, w: Words, chars: usize) -> String {
    let line = wording.lines().next().unwrap_or_default().trim();
    if line.is_empty() {
        return w.value_known(kind).unwrap_or_else(|| w.board_untitled()).to_owned();
    }
    let title = match line.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    };
    text::visible(&title).into_owned()
}

impl Stage {
    fn note(&self, w: Words) -> String {
        match (self.state.as_str(), self.oldest_days) {
            (_, None) => String::new(),
            ("assigned" | "handling", Some(_)) if self.overdue > 0 => {
                w.board_overdue(&text::number(self.overdue as u64))
            }
            (_, Some(days)) => w.board_oldest(&text::number(days.into())),
        }
    }

    fn draw(&self, w: Words, is_here: bool) -> Markup {
        let word = w.stage_known(&self.state).unwrap_or_default();
        html! {
            li { b { (text::number(self.count as u64)) }
                @if self.count > 0 { a href=(self.address) aria-current=[is_here.then_some("true")] { (word) } } @else { (word) }
                br; small.m { (self.note(w)) } }
        }
    }
}

impl BoardLine {
    fn when_due(&self, w: Words, today: Day) -> Markup {
        let lang = w.lang();
        html! {
            @if self.overdue_days > 0 { span.t-late { (w.overdue_by(&text::number(self.overdue_days.into()))) } " · " }
            @match (self.replied_on, self.due) {
                (Some(day), _) => (w.board_replied_on(&dates::day(day, today, lang))),
                (None, Some(day)) => (dates::day(day, today, lang)),
                (None, None) => (w.matter_no_due()),
            }
        }
    }

    fn next(&self, w: Words) -> String {
        match (self.state.as_str(), w.next_known(&self.state)) {
            ("replied", _) if self.attempts > 0 => w.board_next_follow(self.attempts.saturating_add(1)),
            (_, Some(next)) => next.to_owned(),
            (_, None) => {
                let with = text::visible(&self.with);
                match self.has_come {
                    Some(true) => w.board_has_come(&with),
                    Some(false) => w.board_not_come(&with),
                    None => with.into_owned(),
                }
            }
        }
    }

    fn draw(&self, w: Words, today: Day) -> Markup {
        html! {
            tr {
                td.tick { label { input type="checkbox" name="r" value=(self.pick) aria-label=(text::visible(&w.board_tick(&self.number))); } }
                td.nb { (text::visible(&self.number)) }
                th scope="row" {
                    a href=(self.address) { (title(&self.text, &self.kind, w, TITLE_CHARS)) }
                    @if self.urgency != "ordinary" { " " span.tag.t-late { (w.value(&self.urgency)) } }
                }
                td.nb { (text::visible(&self.village)) }
                td.nb.m { (w.value(&self.channel)) " · " (w.value(&self.kind)) }
                td.nb { @if self.round == 0 { (text::DASH) } @else { (w.round(self.round)) } }
                td.n { (w.days(&text::number(self.age_days.into()))) }
                td { (age::bar(self.age_days, self.due_at, self.overdue_days > 0)) }
                td.nb { (self.when_due(w, today)) }
                td.nb { (w.standing(&self.state)) }
                td.nb { (self.next(w)) }
            }
        }
    }
}

fn group(head: &str, note: Option<&str>, lines: &[BoardLine], w: Words, today: Day) -> Markup {
    html! {
        @if !lines.is_empty() {
            tbody {
                tr.grp { th scope="rowgroup" colspan="11" { (head) @if let Some(note) = note { span.s { (note) } } } }
                @for line in lines { (line.draw(w, today)) }
            }
        }
    }
}

fn filter(page: &Board, w: Words) -> Markup {
    html! {
        form.bar-f method="get" action="/requests" {
            div { label for="village" { (w.board_which_village()) }
                select #village name="village" {
                    option value="" selected[page.village.is_none()] { (w.board_all_villages()) }
                    @for (code, name) in &page.villages {
                        option value=(code) selected[page.village.as_ref() == Some(code)] { (text::visible(name)) }
                    }
                } }
            div { label for="stage" { (w.board_which_stage()) }
                select #stage name="stage" {
                    option value="" selected[page.stage.is_none()] { (w.board_all_villages()) }
                    @for stage in &page.stages {
                        option value=(stage.state) selected[page.stage.as_ref() == Some(&stage.state)] {
                            (w.stage_known(&stage.state).unwrap_or_default()) }
                    }
                } }
            button { (w.board_look()) }
        }
    }
}

fn turn(pages: &Pages, w: Words) -> Markup {
    html! {
        @if pages.of > 1 {
            nav.acts.gap-s aria-label=(w.board_pages()) {
                @if let Some(before) = &pages.before { a href=(before) rel="prev" { (w.board_before()) } }
                span.m { (w.board_page_of(&text::number(pages.page as u64), &text::number(pages.of as u64))) }
                @if let Some(after) = &pages.after { a href=(after) rel="next" { (w.board_after()) } }
            }
        }
    }
}

fn table(page: &Board, w: Words, today: Day) -> Markup {
    let theirs = page.open.saturating_sub(page.ours);
    html! {
        div.scrollx tabindex="0" role="region" aria-label=(w.board_scroll()) { table.led.dense {
            thead { tr {
                th scope="col" { span.vh { (w.board_pick()) } } th scope="col" { (w.board_number()) }
                th scope="col" { (w.today_matter()) } th scope="col" { (w.village()) }
                th scope="col" { (w.board_source()) } th scope="col" { (w.today_round()) }
                th.n scope="col" { (w.today_age()) } th scope="col" { span.vh { (w.board_age_picture()) } }
                th scope="col" { (w.today_due()) } th scope="col" { (w.matter_now()) } th scope="col" { (w.board_next()) }
            } }
            (group(&w.board_ours(&text::number(page.ours as u64)), None, &page.our_lines, w, today))
            (group(&w.board_theirs(&text::number(theirs as u64)), Some(w.board_theirs_order()), &page.their_lines, w, today))
        } }
    }
}

/// The page.
#[must_use]
pub fn board(frame: &Frame, page: &Board) -> String {
    let w = frame.words();
    let today = Day::of_instant(frame.now_ms);
    let body = html! {
        @if let Some(trouble) = &page.trouble { div.say.stop role="alert" { p.lead { (text::visible(trouble)) } } }
        @if page.is_behind { div.say role="status" { p { (w.matter_behind()) } } }
        div.head {
            div { h1 { (w.office_requests()) }
                p.m { (w.board_head(&text::number(page.open as u64), &text::number(page.ours as u64))) } }
            div.acts { a.btn.pri href="/requests/new" accesskey="r" { (w.board_register()) kbd { "Alt R" } } }
        }
        ol.steps aria-label=(w.board_stages()) {
            @for stage in &page.stages { (stage.draw(w, page.stage.as_ref() == Some(&stage.state))) }
        }
        p.cut { (text::visible(&page.cut)) " · " (w.board_note()) }
        (filter(page, w))
        section aria-labelledby="open" {
            div.sh { h2 #open { (w.board_open()) } }
            @if page.open == 0 && page.is_behind {
                p.gap-s { (w.unknown()) }
            } @else if page.open == 0 {
                p.gap-s { (w.board_empty()) " " span.m { (w.board_empty_next()) } }
            } @else {
                form method="post" action="/requests" {
                    // Whatever Enter does on a row, it records nothing: the first button only looks.
                    button.vh tabindex="-1" name="do" value="look" { (w.board_look()) }
                    input type="hidden" name="key" value=(page.key);
                    (table(page, w, today))
                    div.acts.gap-s {
                        span.m { (w.board_selected()) }
                        button name="do" value="accept" { (w.act("accept")) }
                        button name="do" value="assign" accesskey="a" { (w.act("assign")) kbd { "Alt A" } }
                        button name="do" value="follow" accesskey="h" { (w.act("follow")) kbd { "Alt H" } }
                        span.m.s { (w.board_bulk_hint()) " " (w.board_bulk_max(page.bulk_max)) }
                    }
                }
                (turn(&page.pages, w))
            }
        }
    };
    frame.around(w.office_requests(), page.trouble.is_some(), &body)
}
