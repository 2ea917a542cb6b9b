//! What a lead says to people, in both languages, in this one place. The ordinary explanation always stands beside what was seen.

use crate::Rule;

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// 中文
    Zh,
    /// English
    En,
}

/// The words of one rule in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// A few words.
    pub title: &'static str,
    /// What was seen.
    pub seen: &'static str,
    /// The ordinary explanation: to be printed beside it, always.
    pub benign: &'static str,
}

macro_rules! words {
    ($($rule:ident: [$zh_title:literal, $zh_seen:literal, $zh_benign:literal], [$title:literal, $seen:literal, $benign:literal];)+) => {
        impl Words {
            /// The words of a rule.
            #[must_use]
            pub const fn of(rule: Rule, lang: Lang) -> Self {
                match (rule, lang) {
                    $(
                        (Rule::$rule, Lang::Zh) => Self { title: $zh_title, seen: $zh_seen, benign: $zh_benign },
                        (Rule::$rule, Lang::En) => Self { title: $title, seen: $seen, benign: $benign },
                    )+
                }
            }
        }
    };
}

impl Words {
    /// What stands above every list of leads.
    #[must_use]
    pub const fn heading(lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => "线索只提示人工核实,不是结论,不打分,不排名。请先看平常的解释,再问当事人和住户。",
            Lang::En => {
                "A lead asks for a human look. It is no finding, no score and no ranking. Read the ordinary explanation first, then ask the cadre and the household."
            }
        }
    }

    /// What is said of a rule that is off, wherever it is shown.
    #[must_use]
    pub const fn off(lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => "本规则默认关闭:在已知真相的模拟数据中,每五条提示中对的不到四条。只在点名要求时运行。",
            Lang::En => {
                "Off by default: in made-up data whose truth is known, fewer than four of five of its leads were right. It runs only when asked for by name."
            }
        }
    }
}

/// The name of a figure in words: what was counted, and in which unit. The name itself where nobody gave it words.
#[must_use]
pub fn figure_words(name: &'static str, lang: Lang) -> &'static str {
    let (zh, en) = match name {
        "households" => ("住户数", "households"),
        "window_minutes" => ("时间窗(分钟)", "window, minutes"),
        "pairs" => ("重叠的对数", "overlapping pairs"),
        "longest_minutes" => ("最长(分钟)", "longest, minutes"),
        "visits" => ("走访数", "visits"),
        "late" => ("晚录数", "recorded late"),
        "longest_days" => ("最长(天)", "longest, days"),
        "bulk" => ("月末录入数", "recorded at the end"),
        "records" => ("记录数", "records"),
        "last_days" => ("月末天数", "last days of the month"),
        "longest_hours" => ("最长(小时)", "longest, hours"),
        "backwards" => ("倒走", "backwards"),
        "ahead" => ("超前", "ahead"),
        "follow_ups" => ("回访数", "follow-ups"),
        "others_satisfied" => ("其他承办人的满意数", "satisfied with others"),
        "others" => ("其他承办人的回访数", "follow-ups of others"),
        "typed_by_others" => ("他人录入", "typed by others"),
        "cadres" => ("干部数", "cadres"),
        "failed" => ("未获证实", "not confirmed"),
        "seconds" => ("用时(秒)", "seconds"),
        "answers" => ("答复数", "answers"),
        "instant" => ("秒办", "answered at once"),
        "self_checked" => ("自查", "self-checked"),
        "requests" => ("诉求数", "requests"),
        "missing" => ("缺号数", "missing entries"),
        "first_missing" => ("第一个缺号", "first missing entry"),
        "forks" => ("分叉数", "forks"),
        "broken" => ("树根不符", "roots that do not hold"),
        _ => (name, name),
    };
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

words! {
    R01: ["一小时见户过多", "一小时内登记在家见到的住户数超过上限。", "同一院落或同一楼栋,一次走访多户;集中走访日。"],
        ["Too many households in an hour", "More households met at home within an hour than the limit.", "One courtyard or one block, many doors in one walk; a campaign day."];
    R02: ["走访时间重叠", "同一干部在不同住户的走访时间相互重叠。", "时间取了整;结伴走访时各记各的。"],
        ["Visits overlap", "Visits of one cadre to different households overlap in time.", "Times were rounded; two walked together and each wrote their own."];
    R03: ["同时在两处", "走访时间与本人在场的接待日或会议重叠。", "提前离开了会场;名单按应到人员填写。"],
        ["Two places at once", "A visit overlaps a reception or a meeting in which the cadre is named.", "Left early; the list names who should have come."];
    R04: ["一天见户过多", "一天内登记在家见到的住户数超过上限。", "集中走访日,全村一起入户。"],
        ["Too many households in a day", "More households met at home on one day than the limit.", "A campaign day on which everybody went out."];
    R05: ["补录较晚", "多条走访在所称日期之后多日才录入。以录入机器的时间计,与是否联网无关。", "先记在纸质民情日记上,之后补录;外出或生病。"],
        ["Recorded late", "Several visits were recorded many days after the day they claim. The recording machine's time counts; being offline is no delay.", "Kept in a paper diary first; away or ill."];
    R06: ["月末突击录入", "当月较早的走访大多在最后几天才录入。", "结对较晚;平时用纸质日记,月末一次录入。"],
        ["Recorded at the month's end", "Most of the month's earlier visits were recorded in its last days.", "The pairing began late; a paper diary is typed once a month."];
    R07: ["时钟回拨后录入", "机器已经看到某次回执,之后录入的记录却自称录入于该回执之前,所称时间又与之相符。", "机器时钟有误,恰好落在所称的日期上。"],
        ["Recorded with the clock turned back", "The machine had seen a receipt, and what it recorded afterwards claims to have been recorded before that receipt, with claims that fit.", "The machine's clock was wrong, and happened to fit."];
    R08: ["时钟倒走或超前", "后一条记录的时间早于前一条,或晚于乡镇的回执。", "主板电池没电,断电后时钟复位;有人校正了时钟。"],
        ["A clock that runs backwards or ahead", "A record is older than the one before it, or younger than its own receipt.", "The battery was empty and the clock was reset; somebody set it right."];
    R13: ["回访全部满意", "该承办人的回访全部为满意,而其他承办人并非如此。", "村小事少,或确实办得好。"],
        ["Everybody satisfied", "Every follow-up of this handler says 满意, while others' do not.", "A small village, or a good handler."];
    R14: ["见到外出或迁出户", "登记为外出、迁出或销户的住户,当天却记为在家见到。", "家中有亲属留守;户情变更登记晚了或有误。"],
        ["Met an absent household", "A household that is recorded as away, moved out or closed was met at home on that day.", "A relative was at home; the change was recorded late or wrongly."];
    R15: ["他人代录", "某干部的走访大多由未到场的人录入,或一人短时间内为多名干部录入,且未注明来自纸质记录。", "文书帮年长干部录入,忘了注明。"],
        ["Typed by others", "Most of a cadre's visits were typed by somebody who was not there, or one recorder typed for several cadres at once, undeclared.", "A clerk helps elderly cadres and forgot to declare it."];
    R16: ["抽查未获住户证实", "被问到的住户中,不记得或称没有来过的比例偏高。", "当时在家的是另一位家人;时间久了记不清。"],
        ["Not confirmed by households", "Of the households that answered, too many do not remember the visit or say that nobody came.", "Another member of the family was at home then; memory is short."];
    R20: ["连续快速录入", "同一人连续多条走访录入间隔很短,且未注明来自纸质记录。", "照着纸质日记集中录入,忘了注明。"],
        ["Many records within seconds", "One recorder typed many visits in a row within seconds of one another, undeclared.", "Typed from a paper diary at one sitting, and not declared."];
    R23: ["秒办或自查自结", "受理后极短时间即答复(咨询除外),或回访由承办人本人、录入答复的同一账号完成。", "当场就办好了;乡镇请村里的账号代录。"],
        ["Answered at once, or checked by oneself", "Answered minutes after acceptance (advice aside), or asked back by the handler or under the account that typed the answer.", "It was solved on the spot; the township let the village's account type what it had heard."];
    R24: ["办结后再次反映", "办结后不久,同一户又提出同类诉求,或在办结后表示不满意。", "又出了新的故障或新的事项。"],
        ["The same matter again", "Soon after the close the same household raised the same sort of matter, or said 不满意.", "A new fault, or another matter."];
    R28: ["抽查前改动", "抽查名单公布之后、核实之前,被抽中的走访记录作了更正或作废。", "正常的更正,理由写在更正里。"],
        ["Changed before the check", "A visit in a published sample was corrected or voided before it was checked.", "An honest fix; its reason stands in the correction."];
    R31: ["日志缺号或分叉", "已回执的日志中有缺号,或出现两个互相矛盾的版本,或校验根不符。", "从备份恢复而未申报;按恢复程序补报即可。"],
        ["A log with a gap or a fork", "Receipted entries are missing, two versions of the log contradict one another, or its root does not hold.", "A backup was restored and not declared; the procedure for restores puts it right."];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_says_what_was_seen_and_the_ordinary_explanation_in_both_languages() {
        let is_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for rule in Rule::ALL {
            let (zh, en) = (Words::of(*rule, Lang::Zh), Words::of(*rule, Lang::En));
            for text in [zh.title, zh.seen, zh.benign] {
                assert!(is_chinese(text), "{rule}: {text}");
                assert!(!text.contains("township"), "{rule}: {text}");
            }
            for text in [en.title, en.seen, en.benign] {
                assert!(text.is_ascii() || text.contains('满'), "{rule}: {text}");
            }
            for judging in ["造假", "作弊", "fraud", "fake", "cheat", "guilty"] {
                assert!(!zh.seen.contains(judging) && !en.seen.contains(judging), "{rule}");
            }
        }
    }
}
