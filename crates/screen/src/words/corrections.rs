//! The words of corrections and voids.

use super::Words;
use crate::Lang;

sentences! {
    correct: "更正", "Correct";
    correct_title: "更正一条记录", "Correct a record";
    void_title: "作废一条记录", "Void a record";
    correct_now: "现在记的是", "As it stands";
    correct_new: "改成", "Change to";
    correct_time: "时间", "Time";
    correct_day: "哪一天", "Day";
    correct_outcome: "结果", "Outcome";
    correct_how: "怎么去的", "How";
    correct_follow_up: "接着办", "To be followed up";
    correct_visits: "连着的走访", "Linked visits";
    correct_text: "正文", "Text";
    correct_by: "谁记的", "Recorded by";
    yes: "有", "yes";
    no: "没有", "no";
    correct_text_stays: "正文改不了，原来怎么写就怎么留着。正文写错了，就作废这条，重新记一条。", "The text cannot be changed; it stays as it was written. Where it is wrong, void this record and make a new one.";
    correct_reason: "为什么要改", "Why";
    correct_reason_hint: "一句话，让以后看的人明白", "One line, for whoever looks later";
    void_reason: "为什么要作废", "Why";
    correct_no_reason: "请写一句为什么", "Write one line why";
    correct_nothing: "跟原来一样，没有要改的。改了哪一处，再看", "It is as it was: nothing is changed. Change something, then look again";
    correct_look: "看看会改成什么", "See what will change";
    correct_save: "存好更正", "Save the correction";
    correct_will: "会这样改", "What will change";
    correct_keeps: "原来那条还留着，跟更正一起传给镇里，谁都查得到。", "The first record is kept and goes to the township with the correction; anybody can look it up.";
    correct_look_again: "改动跟刚才看的不一样了，请再看一眼", "It differs from what was looked at; look once more";
    correct_leave: "留着不动", "Leave it as it is";
    void_do: "作废这条", "Void this record";
    void_instead: "这条整个记错了？作废它", "Is all of it wrong? Void it";
    correct_instead: "只改一两处？更正它", "Only a detail? Correct it";
    void_second: "第二个人", "The second person";
    void_second_hint: "请他在旁边看过这一条，再选他的名字。没有第二个人看过，作废不算数", "Have them look at this record beside you, then choose their name. Without a second person a void does not count";
    void_no_second: "请选第二个看过的人", "Choose the second person who has looked";
    void_alone: "这台机器上只有您一个人有账号。先给第二个人开账号，再来作废。", "You are the only one with an account on this machine. Open an account for a second person first.";
    void_effect_visit: "这次走访不再算进走访次数，也不算见到。", "This visit no longer counts, neither as a visit nor as a household met.";
    void_effect_talk: "这次谈心不再算数。", "This talk no longer counts.";
    void_effect_diary: "这篇日记不再算数。同一天更早还写过的，就用更早那篇。", "This entry no longer counts. Where there is an earlier one for that day, that one counts.";
    void_effect_other: "这条不再算数。", "This record no longer counts.";
    void_pending: "镇里收到以后，两边的数才会一起变。", "The figures change on both sides once the township has received it.";
    correct_met_less: "这一户在这个季度没有别的上门见到，所以见到的户数会少 1 户。", "The household has no other meeting at home in that quarter: one household less counts as met.";
    correct_met_more: "这一户在这个季度原来没有上门见到，所以见到的户数会多 1 户。", "The household had no meeting at home in that quarter: one household more counts as met.";
    correct_met_same: "这个季度见到的户数不变。", "The number of households met in the quarter stays the same.";
    correct_cannot: "这一条在这里改不了。", "This record cannot be corrected here.";
    correct_cannot_hub: "这一条是镇里记的，只有镇里能改。", "The township recorded this; only the township can correct it.";
    correct_cannot_correction: "这一条本身是更正。要再改，请回到原来那条再更正一次。", "This is a correction itself. To change it, correct the first record once more.";
    correct_cannot_voided: "这一条已经作废了。", "This record is void already.";
    correct_before: "改过的", "Corrections so far";
    tag_corrected: "（更正过）", "(corrected)";
    tag_voided: "（已作废）", "(void)";
    became_void: "作废", "Void";
    correct_lead: "原来那条还留着", "the first one is kept";
}

forms! {
    corrects(what: &str): "改的是{what}，原来那条还留着", "corrects {what}; the first one is kept";
    voids(what: &str): "作废的是{what}，原来那条还留着", "voids {what}; the first one is kept";
    that_of(day: &str, kind: &str): " {day}那次{kind}", "the {kind} of {day}";
    asked_by(asked: &str): "（{asked} 提）", " (asked by {asked})";
    asked_and_checked(asked: &str, checked: &str): "（{asked} 提，{checked} 核）", " (asked by {asked}, checked by {checked})";
    diary_of(day: &str): " {day}的日记", "the diary of {day}";
    moves_quarter(old: &str, new: &str): "从 {old}改算到 {new}。", "It moves from {old} to {new}.";
    quarter_of(year: i16, quarter: u8): "{year} 年第 {quarter} 季度", "quarter {quarter} of {year}";
    count_of(count: usize): "{count} 次", "{count}";
    digest(digits: &str): "摘要 {digits}…", "digest {digits}…";
}
