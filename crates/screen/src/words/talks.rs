//! The words of talks and diaries.

use super::Words;
use crate::Lang;

sentences! {
    talk: "记一次谈心", "Record a talk";
    talk_with: "跟谁谈的", "With whom";
    talk_with_hint: "联系对象的姓名、户主、拼音首字母或门牌", "Name of the contact, head of the household, initials or address";
    talk_change: "换一个", "Another one";
    talk_choose: "请选是跟谁谈的", "Choose with whom";
    talk_gone: "找不到这个结对了，请重选", "This pairing is not here any more; choose again";
    talk_new_pairing: "还没有结对。存好的时候，连结对一起记下：从谈心那天起，由第一个去的人联系这一户。", "There is no pairing yet. It is recorded together with the talk: from that day on, with the first of those who talked.";
    talk_paired: "已结对", "Paired";
    talk_unpaired: "还没结对", "Not paired yet";
    talk_said: "谈了什么", "What was said";
    talk_said_hint: "几句话就行；不写身份证号、病情、银行卡", "A few lines; no ID number, illness or bank card";
    talk_no_text: "请写几句谈了什么", "Write a few lines of what was said";
    talk_follow_up: "有事要接着办", "Something is to be followed up";
    talk_who: "谁谈的", "Who talked";
    talk_nobody: "请选谁谈的", "Choose who talked";
    talk_after_text: "谈心记在结对上。先落在本机硬盘上，再传给镇里。", "A talk belongs to a pairing. It is on this machine's disk first and goes to the township from there.";
    diary_write: "写日记", "Write the diary";
    diary_whose: "谁的日记", "Whose diary";
    diary_day: "哪一天的", "For which day";
    diary_text: "这天的事", "That day";
    diary_text_hint: "见了谁、听到什么、答应了什么；不写身份证号、病情、银行卡", "Whom you met, what you heard, what you promised; no ID number, illness or bank card";
    diary_no_text: "请写几句这天的事", "Write a few lines about that day";
    diary_look: "看这一天", "Look at that day";
    diary_visits: "这天的走访", "Visits of that day";
    diary_visits_hint: "勾上的会跟日记连在一起", "Those that are ticked are linked to the diary";
    diary_no_visits: "这一天没有走访记录。", "No visit is recorded for that day.";
    diary_earlier: "这天已经写过一篇", "There is an entry for that day";
    diary_replaces: "存好新的，就用新的；原来那篇还留着，谁都查得到。", "The new one counts once it is saved; the earlier one is kept and can be looked up.";
    diary_seen_first: "这天已经写过一篇，先看一眼下面那篇，再点「存好」", "There is an entry for that day: look at it below, then press Save again";
    diary_take: "拿来接着写", "Take it and go on";
    diary_gone_text: "这篇的正文还没取回来。", "The text of this entry has not come back yet.";
    diary_future: "这天还没到。请写日记说的那一天", "That day has not come yet. Enter the day that the diary tells of";
    record_another: "记别的", "Record something else";
}

forms! {
    talk_none(query: &str): "没找到「{query}」。换个写法再找；不是本村户的联系对象，要先由保管机器的人记下结对。",
        "Nobody matches \"{query}\". Try another spelling; a contact who is no household of the village needs a pairing first, which whoever keeps the machine records.";
    talk_several(query: &str, count: usize): "「{query}」有 {count} 个，请选是跟谁", "{count} match \"{query}\". Choose one";
    contact_of(contact: &str, cadre: &str): "{contact}（{cadre} 联系）", "{contact} (paired with {cadre})";
    diary_too_many(max: usize): "最多连 {max} 次走访", "At most {max} visits can be linked";
    no_account(end: &str): "没有账号的人（…{end}）", "somebody without an account (…{end})";
}
