//! What surrounds every page: the bar, the menu, the strip that says the truth about sending, the foot.

use maud::{DOCTYPE, Markup, html};

use crate::township::TownStrip;
use crate::{Lang, Words, dates, text};

/// Where in the menu a page stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a page")]
pub enum Here {
    #[default]
    Nowhere,
    Today,
    Visits,
    Households,
    Requests,
    Delivery,
    Villages,
    Ledgers,
}

/// Whose pages they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// A village's office.
    #[default]
    Village,
    /// The township's desk.
    Township,
}

/// How the store of the machine is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Store {
    /// Everything can be read and recorded.
    #[default]
    Ready,
    /// The same, while a check goes on.
    Verifying,
    /// Nothing can be recorded: the disk is full.
    Full,
    /// A part is damaged.
    Damaged,
    /// It is not open at the moment.
    Closed,
}

/// What the strip is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strip {
    /// Entries that the township has not receipted.
    pub pending: u64,
    /// When the oldest of them was recorded, in milliseconds.
    pub oldest_ms: Option<i64>,
    /// Whether everything is delivered, by the node's own rule; never guessed from `pending`.
    pub all_sent: bool,
    /// Received entries that are not counted and need a look.
    pub uncounted: u64,
    /// Why the last try at the link failed, by the node's word.
    pub trouble: Option<String>,
    /// Whether the hub was restored and is sent again what it lacks.
    pub restored: bool,
    /// Last contact since the machine's start, in milliseconds.
    pub heard_ms: Option<i64>,
    /// The store.
    pub store: Store,
}

impl Strip {
    /// The strip's class and sentences. Green stands for "everything delivered" alone.
    fn say(&self, words: Words, now_ms: i64) -> (&'static str, String, Vec<String>) {
        let lang = words.lang();
        let mut more = Vec::new();
        let store = match self.store {
            Store::Full => Some(words.strip_full()),
            Store::Damaged => Some(words.strip_damaged()),
            Store::Closed => Some(words.strip_closed()),
            Store::Ready | Store::Verifying => None,
        };
        let is_bad = store.is_some() || self.trouble.as_deref() == Some("journal-parted");
        more.extend(store.map(str::to_owned));
        more.extend(self.trouble.as_deref().map(|slug| words.link_trouble(slug).to_owned()));
        if self.restored {
            more.push(words.strip_restored().to_owned());
        }
        let bold = if self.pending > 0 {
            words.strip_pending(&text::number(self.pending))
        } else if self.uncounted > 0 {
            words.strip_uncounted(&text::number(self.uncounted))
        } else if self.all_sent {
            words.strip_all_sent(&dates::clock(self.heard_ms.unwrap_or(now_ms)))
        } else {
            words.strip_nothing_waiting().to_owned()
        };
        if self.pending == 0 && !self.all_sent {
            more.push(match self.heard_ms {
                Some(at) => words.strip_last_heard(&dates::moment(at, now_ms, lang)),
                None => words.strip_never_heard().to_owned(),
            });
        }
        let class = match () {
            () if is_bad => "strip bad",
            () if self.pending > 0 || self.uncounted > 0 => "strip wait",
            () if self.all_sent => "strip good",
            () => "strip",
        };
        (class, bold, more)
    }

    fn draw(&self, words: Words, now_ms: i64) -> Markup {
        let (class, bold, more) = self.say(words, now_ms);
        let oldest = self.oldest_ms.filter(|_| self.pending > 0);
        html! {
            div class=(class) role="status" { div.w {
                span { b { (bold) }
                    @if let Some(at) = oldest { (words.strip_oldest(&dates::ago(at, now_ms, words.lang()))) } }
                @for sentence in &more { span { (sentence) } }
                a href="/delivery" { (words.strip_see()) }
            } }
        }
    }
}

/// A page without its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The language.
    pub lang: Lang,
    /// Large type.
    pub large: bool,
    /// Whose pages they are.
    pub side: Side,
    /// The village's or township's name.
    pub place: String,
    /// Who is signed in.
    pub person: Option<String>,
    /// Where the page stands.
    pub here: Here,
    /// The address that changing language or type size comes back to.
    pub back: String,
    /// The state of sending. It stands as a strip on every page but the one that says it all.
    pub strip: Option<Strip>,
    /// On the township's pages: what is being taken in.
    pub town: Option<TownStrip>,
    /// Now, in milliseconds, by the time that the machine trusts.
    pub now_ms: i64,
    /// Whether nobody has checked the clock.
    pub clock_in_doubt: bool,
    /// Where the sheet is.
    pub sheet: String,
    /// Seconds after which the page asks for itself again: what it waits for is being worked out.
    pub again_s: Option<u16>,
}

impl Frame {
    /// The words of its language.
    #[must_use]
    pub const fn words(&self) -> Words {
        Words::new(self.lang)
    }

    /// The page with this title and body. `refused` puts 「错误：」 before the title.
    pub(crate) fn around(&self, title: &str, refused: bool, body: &Markup) -> String {
        let w = self.words();
        let class = match (self.large, self.side) {
            (false, Side::Village) => None,
            (true, Side::Village) => Some("large"),
            (false, Side::Township) => Some("town"),
            (true, Side::Township) => Some("town large"),
        };
        let page = html! {
            (DOCTYPE)
            html lang=(self.lang.tag()) class=[class] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="same-origin";
                    @if let Some(seconds) = self.again_s { meta http-equiv="refresh" content=(seconds); }
                    title { @if refused { (w.office_error_prefix()) } (text::visible(title)) " · " (w.brand()) }
                    link rel="stylesheet" href=(self.sheet);
                    link rel="icon" href="data:,";
                }
                body {
                    a.skip href="#main" { (w.office_skip()) }
                    header {
                        @if self.person.is_some() && self.side == Side::Village {
                            a.skip href="/request" accesskey="r" { (w.raise()) }
                        }
                        (self.bar()) @if self.person.is_some() { (self.menu()) }
                        @if let Some(strip) = self.strip.as_ref().filter(|_| self.here != Here::Delivery) { (strip.draw(w, self.now_ms)) }
                        @if let Some(strip) = &self.town { (strip.draw(w, self.now_ms)) } }
                    main #main { div.w { (self.printed()) (body) } }
                    footer.foot { div.w {
                        span { (w.local_time(&text::instant(self.now_ms))) }
                        span { @if self.clock_in_doubt { (w.clock_doubt()) } @else { (w.clock_ok()) } }
                        span { (w.office_version()) " " (env!("CARGO_PKG_VERSION")) }
                    } }
                }
            }
        };
        page.into_string()
    }

    fn bar(&self) -> Markup {
        let w = self.words();
        let (other, code) = match self.lang {
            Lang::Zh => (Lang::En, "en"),
            Lang::En => (Lang::Zh, "zh"),
        };
        html! {
            div.top { div.w {
                a.brand href="/" { (w.brand()) }
                span.place { (text::visible(&self.place)) }
                ul {
                    @if let Some(person) = &self.person { li { (text::visible(person)) } }
                    @if self.person.is_some() { li { form method="post" action="/prefs" {
                        input type="hidden" name="back" value=(self.back);
                        button name="large" value=(if self.large { "0" } else { "1" }) {
                            @if self.large { (w.office_normal()) } @else { (w.office_large()) } }
                    } } }
                    li { form method="post" action="/prefs" {
                        input type="hidden" name="back" value=(self.back);
                        button name="lang" value=(code) lang=(other.tag()) { (w.office_other_language()) }
                    } }
                    @if self.person.is_some() { li { form method="post" action="/sign-out" {
                        button { (w.office_sign_out()) }
                    } } }
                }
            } }
        }
    }

    fn menu(&self) -> Markup {
        let w = self.words();
        let village = [
            (Here::Today, "/", w.office_today()),
            (Here::Visits, "/visit", w.office_visits()),
            (Here::Households, "/households", w.office_households()),
            (Here::Requests, "/requests", w.office_requests()),
            (Here::Ledgers, "/ledgers", w.office_ledgers()),
            (Here::Delivery, "/delivery", w.office_delivery()),
        ];
        let township = [
            (Here::Villages, "/", w.office_villages()),
            (Here::Requests, "/requests", w.office_requests()),
            (Here::Ledgers, "/ledgers", w.office_ledgers()),
        ];
        let pages: &[_] = match self.side {
            Side::Village => &village,
            Side::Township => &township,
        };
        html! {
            nav.nav aria-label=(w.office_main_menu()) { div.w { ul {
                @for (here, address, word) in pages.iter().copied() {
                    li { a href=(address) aria-current=[(here == self.here).then_some("page")]
                        accesskey=[(here == Here::Visits).then_some("n")] { (word) } }
                }
            } } }
        }
    }

    /// What paper says of itself.
    fn printed(&self) -> Markup {
        let w = self.words();
        let pending = self.strip.as_ref().map_or(0, |strip| strip.pending);
        html! {
            @if let Some(person) = &self.person {
                p.ponly.cut {
                    (text::visible(&w.printed(&self.place, &text::instant(self.now_ms), person)))
                    @if pending > 0 { " · " (w.also_pending(&text::number(pending))) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(strip: &Strip) -> (&'static str, String) {
        let (class, bold, more) = strip.say(Words::new(Lang::Zh), 1_790_000_000_000);
        (class, format!("{bold}{}", more.concat()))
    }

    #[test]
    fn everything_delivered_is_said_and_green_only_when_the_node_says_so() {
        let mut strip = Strip {
            heard_ms: Some(1_790_000_000_000),
            ..Strip::default()
        };
        let (class, words) = said(&strip);
        assert_eq!(class, "strip");
        assert!(words.contains("没有待传") && words.contains("上次联上") && !words.contains("全部"));
        strip.all_sent = true;
        assert_eq!(said(&strip).0, "strip good");
        assert!(said(&strip).1.contains("已全部送达（"));
        for other in [
            Strip {
                pending: 3,
                ..strip.clone()
            },
            Strip {
                uncounted: 1,
                ..strip.clone()
            },
            Strip {
                store: Store::Full,
                ..strip.clone()
            },
            Strip {
                trouble: Some("journal-parted".to_owned()),
                ..strip.clone()
            },
        ] {
            let (class, words) = said(&other);
            assert_ne!(class, "strip good", "{words}");
        }
        assert!(!said(&Strip { pending: 3, ..strip }).1.contains("全部"));
    }
}
