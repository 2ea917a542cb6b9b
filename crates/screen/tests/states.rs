//! What an entry came to, in words, where work is done: on Today and under Delivery, in both languages.

use screen::office::{Came, Delivery, Effect, EntryLine, Frame, Today, delivery, today};
use screen::{Lang, Words};

fn entry(kind: &str, effect: Effect) -> EntryLine {
    EntryLine {
        kind: kind.to_owned(),
        about: Some("三组涵管".to_owned()),
        subject: Some("/request/01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned()),
        proof: "/proof/01ARZ3NDEKTSV4RRFFQ69G5FAV/7".to_owned(),
        recorder: "姚慧珍".to_owned(),
        recorded_ms: 1_789_000_000_000,
        came: Came::Received {
            receipt: Some(1_284),
            at_ms: Some(1_789_500_000_000),
        },
        effect: Some(effect),
        ..EntryLine::default()
    }
}

fn effect(word: &str) -> Effect {
    Effect {
        word: word.to_owned(),
        ..Effect::default()
    }
}

fn pages(lang: Lang) -> [String; 2] {
    let w = Words::new(lang);
    let frame = Frame {
        lang,
        person: Some("姚慧珍".to_owned()),
        now_ms: 1_790_000_000_000,
        ..Frame::default()
    };
    let lines = vec![
        entry(
            "request_replied",
            Effect {
                reason: Some("illegal_in_state".to_owned()),
                told: Some(w.conflict_closed(
                    "9 月 15 日",
                    w.kind("request_replied").unwrap_or_default(),
                    "9 月 17 日",
                )),
                todo: Some(w.conflict_new().to_owned()),
                ..effect("conflict")
            },
        ),
        entry("visit_recorded", effect("not_understood")),
        entry("visit_recorded", effect("held")),
        entry(
            "record_corrected",
            Effect {
                told: Some(w.held_void().to_owned()),
                ..effect("held")
            },
        ),
    ];
    let sent = Delivery {
        not_counted: lines.clone(),
        ..Delivery::default()
    };
    let day = Today {
        uncounted: lines,
        ..Today::default()
    };
    [delivery(&frame, &sent), today(&frame, &day)]
}

#[test]
fn a_conflict_what_is_not_understood_and_what_is_held_are_told_in_words() {
    let told = [
        (
            Lang::Zh,
            [
                "状态冲突",
                "镇里 9 月 15 日已经把这件事办结，您的答复 9 月 17 日才到。",
                "未识别",
                "这条是用新版本记的，现在的版本还认不得。",
                "暂扣",
                "这条要有人复核，镇里还没定。",
                "作废要第二个人看过才算数，镇里还在等复核。",
            ],
            [
                "若情况有变，新登记一件诉求，并注明跟这件有关；没变就不用管。",
                "不用管。升级后会自己计入。",
                "不用重做。镇里放行或退回，会写明理由带回来。",
                "一条都没有丢，也不挡后面的",
            ],
        ),
        (
            Lang::En,
            [
                "State conflict",
                "The township closed this on 9 月 15 日; your entry (Replied) arrived on 9 月 17 日.",
                "Not understood",
                "It was recorded by a newer version, which this one cannot read yet.",
                "Held",
                "Somebody must review it; the township has not decided yet.",
                "A void counts only after a second person has looked; review is pending.",
            ],
            [
                "If things have changed, record a new request and link it to this one.",
                "Nothing. It will be counted after the upgrade.",
                "Nothing. The township releases it or sends it back, with the reason.",
                "None is lost, and none blocks the others",
            ],
        ),
    ];
    for (lang, everywhere, under_delivery) in told {
        let [sent, day] = pages(lang);
        for words in everywhere {
            assert!(sent.contains(words), "delivery: {words}: {sent}");
            assert!(day.contains(words), "today: {words}: {day}");
        }
        for words in under_delivery {
            assert!(sent.contains(words), "{words}: {sent}");
        }
        assert!(
            !sent.contains("t-in\">") || sent.matches("t-in\">").count() == 1,
            "only the legend is green"
        );
    }
}
