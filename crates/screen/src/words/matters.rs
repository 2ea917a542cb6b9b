//! The words of requests in a village's office: registering one, its page, its steps. Numbers are those of the design's
//! list of words.

use super::Words;
use crate::Lang;

sentences! {
    raise: "登记诉求", "Register a request";
    raise_anonymous: "不记名", "Without a name";
    raise_anonymous_hint: "不想留名字，或者不是一户的事", "No name wished, or not one household's matter";
    raise_choose: "请选是哪一户，或选「不记名」", "Choose the household, or \"Without a name\"";
    raise_both: "选了一户，又选了「不记名」。去掉一个", "A household is chosen, and \"Without a name\" too. Take one of them away";
    raise_kind: "哪一类", "What sort";
    raise_no_kind: "请选哪一类", "Choose the sort";
    raise_urgency: "急不急", "How soon";
    raise_text: "要办什么，一句话就行", "What is needed, one line will do";
    raise_text_hint: "不写身份证号、病情、银行卡", "No ID number, illness or bank card";
    raise_no_text: "请写一句要办什么", "Write one line of what is needed";
    raise_channel: "怎么来的", "How it came in";
    raise_people: "几个人提的", "How many people ask for it";
    raise_no_people: "请写人数，从 1 到 65,535", "Enter how many people, from 1 to 65,535";
    raise_another: "存好，是另一件事", "Save, it is another matter";
    raise_similar: "没办完的，跟这件像的", "Open requests like this one";
    raise_similar_hint: "选好是哪一户、哪一类，没办完的像的诉求就列在这里。", "Once household and sort are chosen, open requests like it stand here.";
    raise_look_first: "还没有存。先看看是不是同一件；是另一件，就再点一次「存好，是另一件事」。", "Not saved yet. See first whether it is the same matter; if it is another one, press \"Save, it is another matter\".";
    raise_after: "跟这件有关", "Related to";
    raise_new: "情况有变，新登记一件", "Things have changed: register a new one";

    request_now: "现在", "Now";
    request_whose: "谁的", "Whose";
    request_handler: "承办", "Handled by";
    request_first: "首次受理", "First accepted";
    request_not_accepted: "还没有受理", "not accepted yet";
    request_due: "本轮应办日", "Due in this round";
    request_reply: "答复", "Answer";
    request_closed: "办结", "Closed";
    request_course: "经过", "Course";
    request_course_note: "新的在上", "Newest first";
    request_age: "历时", "Age";
    request_took: " 天办完的", " days until it was closed";
    request_can: "现在能做什么", "What can be done now";
    request_can_yes: "可以", "possible";
    request_can_no: "还不行", "not yet";
    request_can_township: "镇里做", "the township";
    request_pending: "这件事有刚记的、还没算进台账；下面的状态是照它们都算数来说的。", "Entries of this matter are not in the ledgers yet; what stands below is as if they were.";
    request_elsewhere: "别的单位", "another unit";
    request_waiting: "在本机，镇里还没有的", "On this machine only";
    request_no_wording: "没有写内容的诉求", "A request without wording";
    request_gone: "本村没有这一件诉求", "This village has no such request";
    books_behind: "台账正在跟上，过一会儿再看这一页。", "The ledgers are catching up; look at this page again in a moment.";
    all_requests: "诉求台账", "Ledger of requests";

    step_accept: "受理", "Accept";
    step_assign: "交办给本村", "Assign to this village";
    step_progress: "记进展", "Record progress";
    step_reply: "答复", "Answer";
    step_follow_up: "回访", "Follow up";
    step_reassign: "再交办", "Assign again";
    step_close: "办结", "Close";
    step_path: "按哪种办", "Which path";
    step_due: "哪天以前办好", "Due by";
    step_due_hint: "定了就写，没定就空着", "Leave it empty if nothing is set";
    step_bad_due: "没有这一天，请改成应办日的月和日", "There is no such day. Enter month and day of the due day";
    step_due_passed: "应办日不能早于这一步的日子", "The due day cannot lie before the day of this step";
    step_handler: "谁来办", "Who handles it";
    step_no_handler: "请选谁来办", "Choose who handles it";
    step_note: "办到哪一步了", "How far it has come";
    step_note_hint: "一句话就行；不写身份证号、病情、银行卡", "One line will do; no ID number, illness or bank card";
    step_no_note: "请写一句办到哪一步了", "Write one line of how far it has come";
    step_blocked: "卡住了，村里自己办不了", "It is stuck, and the village cannot do it alone";
    step_outcome: "怎么答复的", "The answer";
    step_no_outcome: "请选怎么答复的", "Choose the answer";
    step_answer: "答复了什么", "What was answered";
    step_answer_hint: "照跟本人说的写，一句话也行；不写身份证号、病情、银行卡", "As it was told to them; one line will do; no ID number, illness or bank card";
    step_no_answer: "请写一句答复了什么", "Write one line of what was answered";
    step_in_writing: "给了书面的", "It was given in writing";
    step_refused: "没有记，什么都没有改动。您写的都还在。", "Not recorded, and nothing was changed. What you typed is still here.";
    step_of: "哪一天做的", "On which day";

    conflict_new: "若情况有变，新登记一件诉求，并注明跟这件有关；没变就不用管。", "If things have changed, record a new request and link it to this one. If not, nothing to do.";
    held_void: "作废要第二个人看过才算数，镇里还在等复核。", "A void counts only after a second person has looked; review is pending.";
}

forms! {
    request_age_since(day: &str): " 天，从首次受理 {day}算起", " days, from first acceptance on {day}";
    request_age_registered(day: &str): " 天，从登记 {day}算起，还没有受理", " days, from registration on {day}; not accepted yet";
    request_from(entries: &str): "由 {entries} 条记录算出", "From {entries} entries";
    request_people(people: &str): "{people} 人", "{people} people";
    request_overdue(due: &str, days: &str): "{due}，超了 {days} 天", "{due}, {days} days late";
    request_answered(due: &str, day: &str): "{due}，{day}答复", "{due}, answered {day}";
    raise_folded(channel: &str, people: &str): "怎么来的：{channel} · {people} 人", "How it came in: {channel} · {people} people";
    similar_found(count: usize): "像是已经登记过，看看是不是这 {count} 件里的：", "It may be registered already. Is it one of these {count}?";
    step_someone_first(state: &str, moment: &str): "这件事现在是「{state}」（{moment}）。页面已换成最新的，请再看一眼。", "This matter is now: {state} ({moment}). The page is up to date; please look again.";
    conflict_closed(closed: &str, kind: &str, arrived: &str): "镇里 {closed}已经把这件事办结，您的{kind} {arrived}才到。", "The township closed this on {closed}; your entry ({kind}) arrived on {arrived}.";
    conflict_other_unit(kind: &str): "这件事已经交给别的单位办了，您的{kind}没有计入，原文还在。", "This matter now belongs to another unit. Your entry ({kind}) was not counted; its text is kept.";
    conflict_state(state: &str, kind: &str, arrived: &str): "您的{kind} {arrived}到镇里时，这件事已经是「{state}」，对不上，所以没有算数。", "When your entry ({kind}) arrived on {arrived} the matter stood at: {state}. It does not fit and is not counted.";
}

impl Words {
    /// A step's word, by its name in addresses.
    #[must_use]
    pub fn step(self, step: &str) -> &'static str {
        match step {
            "accept" => self.step_accept(),
            "assign" => self.step_assign(),
            "progress" => self.step_progress(),
            "reply" => self.step_reply(),
            "follow_up" => self.step_follow_up(),
            "reassign" => self.step_reassign(),
            _ => self.step_close(),
        }
    }

    /// Why a step cannot be made in a state, and what comes first.
    #[must_use]
    pub const fn not_now(self, step: &str, state: &str) -> &'static str {
        let (zh, en) = match (step.as_bytes(), state.as_bytes()) {
            (_, b"closed") => (
                "已经办结了。情况有变，就新登记一件。",
                "It is closed. If things have changed, register a new one.",
            ),
            (b"accept", _) => ("已经受理过了。", "It is accepted already."),
            (_, b"registered") => ("要先受理。", "It must be accepted first."),
            (b"assign", _) => (
                "已经交办过了；再交办由镇里定。",
                "It is assigned already; the township assigns again.",
            ),
            (_, b"accepted") => ("要先交办。", "It must be assigned first."),
            (_, b"replied") => ("已经答复了，等镇里回访。", "It is answered; the township asks back."),
            (_, b"satisfied") => (
                "本人满意了，等镇里办结。",
                "They are satisfied; the township closes it.",
            ),
            (_, b"unsatisfied") => (
                "本人不满意，等镇里再交办。",
                "They are not satisfied; the township assigns it again.",
            ),
            _ => ("跟现在的状态对不上。", "It does not fit where the matter stands."),
        };
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// Why a step is the township's.
    #[must_use]
    pub const fn township_step(self, step: &str) -> &'static str {
        let (zh, en) = match step.as_bytes() {
            b"follow_up" => (
                "由镇里回访：承办的人不能自己问自己办得怎么样。",
                "The township asks back: who handled a matter cannot ask how it was handled.",
            ),
            b"reassign" => (
                "回访不满意，由镇里再交办。",
                "Where they are not satisfied the township assigns it again.",
            ),
            _ => (
                "由镇里办结：承办的人不能自己办结。",
                "The township closes: who handled a matter cannot close it.",
            ),
        };
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}
