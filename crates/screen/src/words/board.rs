//! The words of the township's request board and of one request's page. Numbers are those of the design's list of words.

use super::Words;
use crate::Lang;

sentences! {
    board_register: "登记诉求", "Register a request";
    board_stages: "各阶段件数", "Requests by stage";
    board_note: "历时从首次受理算，换了轮次也不清零；竖线是应办日", "Age runs from the first acceptance through all rounds; the upright line is the due day";
    board_open: "未结的", "Open";
    board_scroll: "表格，可左右滚动", "Table, scrolls sideways";
    board_pick: "选", "Select";
    board_number: "编号", "Number";
    board_source: "来源 · 类别", "Source · kind";
    board_age_picture: "历时图", "Age, drawn";
    board_next: "下一步／在谁手上", "Next step / with whom";
    board_theirs_order: "超期的在前，再按应办日", "Late ones first, then by due day";
    board_selected: "选中的：", "Selected:";
    board_bulk_hint: "办不了的说明为什么，其余照办。", "What cannot be done is explained; the rest is done.";
    board_empty: "没有未结的诉求。", "No request is open.";
    board_empty_next: "村里登记的一到，就会出现在这里。", "What the villages register stands here as soon as it arrives.";
    board_which_village: "哪个村", "Village";
    board_all_villages: "全部", "All";
    board_which_stage: "哪个阶段", "Stage";
    board_look: "看", "Show";
    board_pages: "翻页", "Pages";
    board_before: "上一页", "Previous page";
    board_after: "下一页", "Next page";
    board_untitled: "没有写明的事", "A matter without wording";
    board_back: "回到诉求", "Back to the requests";

    matter_now: "现在", "Now";
    matter_handling: "承办", "Handled by";
    matter_accepted: "首次受理", "First accepted";
    matter_due: "本轮应办日", "Due in this round";
    matter_reply: "答复", "Reply";
    matter_requester: "来人", "Requester";
    matter_wording: "原话", "Wording";
    matter_no_name: "没有留名", "no name given";
    matter_of_household: "村里册上的一户，名字和电话问村里", "a household on the village's books; ask the village for name and telephone";
    matter_solved_yes: "解决了", "solved";
    matter_solved_no: "没解决", "not solved";
    matter_solved_partly: "解决了一部分", "solved in part";
    matter_not_accepted: "还没有受理", "not accepted yet";
    matter_not_assigned: "还没有交办", "not assigned yet";
    matter_no_due: "没定", "not set";
    matter_course: "经过", "Course";
    matter_newest: "新的在上", "Newest first";
    matter_age: "历时", "Age";
    matter_what_now: "现在能做什么", "What can be done now";
    matter_may: "可以", "yes";
    matter_not_yet: "还不行", "not yet";
    matter_never: "不行", "no";
    matter_side: "数字和动作", "Figures and actions";
    matter_text_missing: "正文不在这里。", "The text is not here.";
    matter_has_come: "已送到村里", "delivered to the village";
    matter_not_come: "还没送到村里", "not delivered to the village";
    matter_kept: "您写的没有记下，还在这里：", "What you typed was not recorded; here it is:";
    matter_closed: "已经办结。情况有变，就新登记一件，注明跟这件有关。", "It is closed. If things have changed, register a new request that names this one.";
    matter_primary_follow: "记一次回访", "Record a follow-up call";
    matter_township: "镇里", "Township";
    matter_person_unnamed: "镇里还不知道名字", "the township does not know the name";
    matter_behind: "台账正在往下算，过一会儿再看这一页。", "The ledgers are still reading; look at this page again in a moment.";

    act_when: "哪天的事", "When was it";
    act_when_hint: "记得多细就写多细", "As exact as you remember";
    act_now: "刚才", "Just now";
    act_today: "今天", "Today";
    act_yesterday: "昨天", "Yesterday";
    act_other_day: "别的日子", "Another day";
    act_other_hint: "如 9.17 或 2026-09-17", "e.g. 9.17 or 2026-09-17";
    act_path: "走哪条路", "Legal path";
    act_rule: "期限依据", "Rule for the due date";
    act_due: "应办日", "Due";
    act_due_hint: "如 9.25 或 2026-09-25", "e.g. 9.25 or 2026-09-25";
    act_due_accept_hint: "空着就按依据算（工作日只除周末，不除节假日）；按镇里规矩的要写", "Left empty it follows from the rule (weekends are left out, holidays are not); by the township's own rule it must be written";
    act_due_keep_hint: "空着就照受理时定的", "Left empty it stays as set at acceptance";
    act_who: "交给谁", "To whom";
    act_who_hint: "村里人的名字不传到镇里，这里写身份号的末四位；看他在这件事里做过什么", "Villagers' names do not travel to the township: the last four of the identity stand here, and what they did in this matter";
    act_who_choose: "请选", "Choose";
    act_note: "说明", "Note";
    act_note_assign_hint: "要办什么、注意什么，一句话也行；不写身份证号、病情", "What to do, what to mind; no ID number or illness";
    act_note_follow_hint: "他怎么说的，一句话也行", "What they said, one line will do";
    act_note_close_hint: "撤回、重复、依法终结的，要写为什么", "For withdrawn, duplicate and ended by law: why";
    act_reached: "联系上没有", "Reached?";
    act_reached_yes: "联系上了", "Reached";
    act_reached_no: "没联系上", "Not reached";
    act_reached_no_hint: "打了，没人接；也是如实记录", "Called, nobody answered; a true record all the same";
    act_reached_yes_hint: "下面写他怎么说", "Say below what they said";
    act_satisfied: "对答复满意吗", "Satisfied with the answer?";
    act_solved: "事情解决了吗", "Is the matter solved?";
    act_solved_hint: "联系上了，两样至少写一样", "Where reached, at least one of the two";
    act_no_word: "没说", "did not say";
    act_closing: "怎么办结", "How is it closed";
    act_not_now: "先不办", "Not now";
    act_as_typed: "您写的都还在。", "What you typed is still here.";
    act_path_missing: "请选走哪条路", "Choose the legal path";
    act_rule_missing: "请选期限依据", "Choose the rule for the due date";
    act_due_missing: "请写应办日，或选一条有期限的依据", "Write the due day, or choose a rule that sets one";
    act_due_round_missing: "新的一轮要有新的应办日", "A new round needs a due day of its own";
    act_due_wrong: "应办日看不懂，请写成 9.25 或 2026-09-25", "The due day cannot be read; write 9.25 or 2026-09-25";
    act_due_past: "应办日已经过了，请写今天或以后的日子", "The due day has passed; write today or a later day";
    act_day_wrong: "日子看不懂，请写成 9.17 或 2026-09-17", "The day cannot be read; write 9.17 or 2026-09-17";
    act_day_future: "这天还没到。请写打电话那天的日期", "That day has not come yet. Enter the day of the call";
    act_day_old: "那天还没有答复，回访要在答复之后", "There was no answer yet on that day; a follow-up comes after the answer";
    act_who_missing: "请选交给谁", "Choose to whom";
    act_who_gone: "这个人不在名单上，请重选", "That person is not on the list; choose again";
    act_reached_missing: "请选联系上没有", "Choose whether they were reached";
    act_word_missing: "联系上了，请写满意不满意，或解决没有", "They were reached: say whether they are satisfied, or whether it is solved";
    act_word_without: "没联系上，就不知道他满意不满意，请去掉一样", "Not reached, so nobody knows what they think; take one of the two away";
    act_closing_missing: "请选怎么办结", "Choose how it is closed";
    act_note_missing: "请写一句为什么", "Write one line saying why";
    act_again: "这一步刚才已经记过了，没有重复记。", "This step was already recorded a moment ago; it was not recorded twice.";
    act_not_counted: "记下了，可是没有计入：另一步先到了。看下面的经过，再看一眼能做什么。", "Recorded, but not counted: another step was first. See the course below and what can be done now.";
    act_recorded_pending: "记下了，在镇里硬盘上。台账过一会儿就看得到。", "Recorded on the township's disk. The ledgers will show it in a moment.";
    act_nobody: "这个村还没有人的记录，镇里也没有别的账号，没有人可以交办。", "There is no record of anybody in that village, and no other account at the township: nobody to assign it to.";

    refused_accept: "没有受理，什么都没有改动", "Not accepted. Nothing was changed";
    refused_assign: "没有交办，什么都没有改动", "Not assigned. Nothing was changed";
    refused_follow: "没有记回访，什么都没有改动", "No follow-up was recorded. Nothing was changed";
    refused_reassign: "没有再交办，什么都没有改动", "Not assigned again. Nothing was changed";
    refused_close: "没有办结，什么都没有改动", "Not closed. Nothing was changed";
    refused_register: "没有登记，什么都没有记下", "Not registered. Nothing was recorded";
    why_handler_asks: "承办的人不能自己回访。", "The handler may not make the follow-up call.";
    why_handler_closes: "承办的人不能自己办结。", "The handler may not close the matter.";
    why_handler: "承办的人不能自己办结，也不能自己回访。", "The handler can neither close the matter nor make the follow-up call.";
    why_handler_other: "请镇里另一个人来记。", "Have somebody else at the township record it.";
    why_reached_is_enough: "联系上了，就按他说的满意不满意走，不用凑次数。", "Once they are reached, what they say counts; attempts need not be made up.";
    why_explained_other: "他若满意，就按满意办结；若是他自己撤回，按撤回办结。", "If they are satisfied, close it as satisfied; if they take it back, close it as withdrawn.";
    why_first_accept: "要先受理。", "It must be accepted first.";
    why_first_assign: "要先交办。", "It must be assigned first.";
    why_first_reply: "要先有答复。", "There must be an answer first.";
    why_first_satisfied: "要先有一次联系上的回访，他说满意或者解决了。", "There must be a follow-up call in which they say they are satisfied, or that it is solved.";
    why_first_unsatisfied: "回访不满意之后才可以。", "Only after a follow-up call in which they are not satisfied.";
    why_first_unsatisfied_final: "要先有「不满意」的回访，而且至少是第 2 轮。", "There must be a follow-up call that is not satisfied, and at least a second round.";
    why_after_reply_unreached: "答复以后，回访满 3 次都没联系上，才可以。", "Only after the answer, when three calls have reached nobody.";
    why_done_already: "这一步已经办过了。", "This step was done before.";
    why_closed: "这件已经办结了。", "It is closed already.";
    why_source: "现在的记录没有这种办结。", "Live records have no such closing.";
    why_look_again: "页面已换成最新的，请再看一眼。", "The page is now up to date; please look again.";
    why_gone: "这件诉求现在不在台账上了。", "This request is no longer in the ledger.";
    why_no_machine: "这个村还没有登记过机器，记了也送不到。", "No machine of that village was ever enrolled; a record would not reach it.";
    why_behind: "台账还没有算到最新，不能判断这一步算不算数。请过一会儿再点一次。", "The ledgers are not up to date, so nobody can tell whether this step would count. Press again in a moment.";

    bulk_accept: "受理选中的", "Accept the selected";
    bulk_assign: "交办选中的", "Assign the selected";
    bulk_follow: "给选中的记回访", "Record follow-up calls for the selected";
    bulk_can: "可以办的", "Can be done";
    bulk_cannot: "这次办不了的", "Cannot be done now";
    bulk_none_chosen: "没有选中哪一件。先在左边打勾，再点。", "None is selected. Tick some on the left, then press.";
    bulk_none_can: "选中的没有一件现在能这样办。", "None of the selected can be handled like this now.";
    bulk_outcome: "办的结果", "What was done";
    bulk_done: "办好的", "Done";
    bulk_not_done: "没有办的，什么都没有改动", "Not done, nothing was changed";
    bulk_skipped: "没有选结果，没有记。", "No result was chosen; nothing was recorded.";
    bulk_result: "回访结果", "Result of the call";
    bulk_result_choose: "不记", "none";
    bulk_known: "刚才已经记过了，没有重复记。", "It was recorded a moment ago, not twice.";

    register_title: "登记诉求", "Register a request";
    register_village: "哪个村的事", "Which village";
    register_village_hint: "记到那个村的台账上，村里下次联上就看得到", "It goes into that village's ledger; the village sees it at its next contact";
    register_channel: "怎么来的", "How it came in";
    register_kind: "类别", "Kind";
    register_urgency: "缓急", "How soon";
    register_people: "多少人提的", "How many people ask";
    register_text: "什么事，一句话也行", "What is it, one line will do";
    register_text_hint: "不写身份证号、病情、银行卡。反映干部的问题不在这里收：到镇纪委当面说", "No ID number, illness or bank card. Reports about a cadre are not taken here: see the discipline office in person";
    register_who: "谁提的，怎么找他", "Who asks, and how to reach them";
    register_who_hint: "可以不留名；留了才好回访。只存在受限的部分", "May be left out; needed for a call back. Kept in the restricted part only";
    register_name: "名字", "Name";
    register_phone: "电话", "Telephone";
    register_address: "住处", "Address";
    register_save: "存好", "Save";
    register_no_village: "请选哪个村", "Choose the village";
    register_no_channel: "请选怎么来的", "Choose how it came in";
    register_no_kind: "请选类别", "Choose the kind";
    register_no_text: "请写一句是什么事", "Write one line of what it is";
    register_people_wrong: "人数请写 1 到 65535 的数", "Write a number from 1 to 65535";
    register_long: "太长了，最多 64 个字", "Too long: at most 64 characters";
    register_no_villages: "还没有哪个村登记过机器，先开一张登记单。", "No village has an enrolled machine yet; offer an enrolment first.";
    register_after: "存好以后", "Once saved";
    register_after_text: "先待受理，再交办。受理了才开始算历时。", "It waits to be accepted, then to be assigned. Its age runs from acceptance.";
    register_unsure: "不知道存成没有，正在核对，请等一下再看。", "Not sure whether it was saved. Checking; please look again in a moment.";
}

forms! {
    board_head(open: &str, ours: &str): "未结 {open} 件，其中 {ours} 件轮到镇里动手", "{open} open, {ours} of them wait for the township";
    board_cut(position: &str, digest: &str, rules: u16): "截至 {position} · 摘要 {digest}… · 规则第 {rules} 版", "as of {position} · digest {digest}… · rules version {rules}";
    board_has_come(unit: &str): "{unit} · 已送到", "{unit} · delivered";
    board_not_come(unit: &str): "{unit} · 还没送到", "{unit} · not delivered";
    board_oldest(days: &str): "最久 {days} 天", "oldest {days} d";
    board_overdue(count: &str): "超期 {count} 件", "{count} late";
    board_ours(count: &str): "轮到镇里 {count} 件", "For the township: {count}";
    board_theirs(count: &str): "轮到村里、部门 {count} 件", "With villages and offices: {count}";
    board_next_follow(times: u16): "回访第 {times} 次", "follow up, time {times}";
    board_replied_on(day: &str): "{day}已答复", "answered {day}";
    board_tick(number: &str): "选中 {number}", "Select {number}";
    board_page_of(page: &str, pages: &str): "第 {page} 页，共 {pages} 页", "Page {page} of {pages}";
    board_bulk_max(count: usize): "一次最多选 {count} 件。", "At most {count} at once.";
    number_of(village: &str, end: &str): "{village}-{end}", "{village}-{end}";
    matter_people(count: u16): "涉及 {count} 人", "{count} people ask";
    matter_raised_by_channel(channel: &str): "{channel}登记", "by {channel}";
    matter_since(day: &str): " 天，从首次受理 {day}算起", " days since first accepted on {day}";
    matter_since_registered(day: &str): " 天，从登记 {day}算起（还没受理）", " days since registered on {day} (not accepted yet)";
    matter_computed(count: &str, day: &str): "由 {count} 条记录算出 · 看到 {day}", "computed from {count} records · as of {day}";
    matter_answered_in_time(day: &str): "{day}答复，没有超期", "answered {day}, in time";
    matter_answered_late(day: &str, days: &str): "{day}答复，超 {days} 天", "answered {day}, {days} days late";
    matter_round_waits(round: u16, next: &str): "第 {round} 轮 · {next}", "round {round} · {next}";
    matter_by(actors: &str, recorder: &str): "{actors} 办，{recorder} 记", "by {actors}, recorded by {recorder}";
    matter_to(unit: &str, person: &str): "→ {unit}，{person}", "→ {unit}, {person}";
    matter_answer_by(day: &str): "{day}前答复", "answer by {day}";
    matter_by_township(position: &str): "镇里记录，第 {position} 号", "recorded by the township, receipt {position}";
    matter_attempt(times: u16): "第 {times} 次", "no. {times}";
    matter_person(end: &str): "…{end}", "…{end}";
    matter_unit_person(unit: &str, end: &str): "{unit}的人 …{end}", "somebody of {unit}, …{end}";
    matter_reassign_round(round: u16): "再交办，第 {round} 轮", "Assign again, round {round}";
    matter_close_as(kind: &str): "办结：{kind}", "Close: {kind}";
    matter_you_handle(name: &str): "{name} 来办结、回访", "{name} closing or following up";
    matter_steps_more(count: &str): "更早的 {count} 条没有列出。", "{count} earlier ones are not listed.";
    act_did(what: &str, receipt: &str): "{what}，已计入。镇里记录，第 {receipt} 号。", "{what}: counted. Recorded by the township, receipt {receipt}.";
    act_errors(what: &str, count: usize): "{what}，有 {count} 处要改", "{what}: {count} to mend";
    why_attempts(need: u16, have: u16): "按「联系不上」办结，要回访满 {need} 次，并且不在同一天。现在是 {have} 次。", "To close it as \"could not be reached\" takes {need} calls, not all on one day. There are {have} now.";
    why_attempts_on(need: u16, have: u16, day: &str): "按「联系不上」办结，要回访满 {need} 次，并且不在同一天。现在是 {have} 次，都在 {day}。", "To close it as \"could not be reached\" takes {need} calls, not all on one day. There are {have} now, all on {day}.";
    why_more(more: u16): "还差：再回访 {more} 次。", "Still needed: {more} more call(s).";
    why_more_not_on(more: u16, day: &str): "还差：再回访 {more} 次，日子不是 {day}。", "Still needed: {more} more call(s), at least one on a day other than {day}.";
    why_round(round: u16): "按「解释到底」办结，要到第 {round} 轮，而且这一轮的答复是解释说明或不予支持。", "To close it as finally explained takes round {round}, and an answer in it that explains or does not support.";
    why_state(state: &str): "现在是「{state}」，不到这一步。", "It now stands at \"{state}\"; this step is not due.";
    why_somebody_first(who: &str, time: &str, what: &str): "刚才有人先办了：{who} {time} 已{what}。", "Someone was first: {who}, {time}: {what}.";
    why_arrived(unit: &str, time: &str, what: &str): "{unit}的记录刚送到（{time}）：{what}。", "A record of {unit} has just arrived ({time}): {what}.";
    bulk_outcome_of(act: &str): "办的结果：{act}", "What was done: {act}";
    bulk_count(count: usize): "{count} 件", "{count}";
    bulk_go_accept(count: usize): "受理这 {count} 件", "Accept these {count}";
    bulk_go_assign(count: usize): "交办这 {count} 件", "Assign these {count}";
    bulk_go_follow(count: usize): "记下这 {count} 件的回访", "Record the calls for these {count}";
    bulk_summary(done: usize, not: usize): "办好 {done} 件，没有办 {not} 件。", "Done: {done}. Not done: {not}.";
    bulk_too_many(count: usize, max: usize): "选了 {count} 件，一次最多 {max} 件。请分几次。", "{count} are selected; at most {max} at once. Please do it in parts.";
    bulk_receipt(receipt: &str): "第 {receipt} 号", "receipt {receipt}";
}

codes! {
    /// A stage of the board, by the state that it shows.
    stage_known {
        "registered": "待受理", "To accept"; "accepted": "待交办", "To assign"; "assigned": "已交办，没动", "Assigned, not begun";
        "handling": "办理中", "In hand"; "replied": "待回访", "To follow up"; "unsatisfied": "不满意，待再交办", "Not satisfied";
        "satisfied": "满意，待办结", "Satisfied, to close";
    }
    /// Where one request stands, said of it.
    standing_known {
        "registered": "待受理", "to be accepted"; "accepted": "已受理", "accepted"; "assigned": "已交办", "assigned"; "handling": "办理中", "in hand";
        "replied": "已答复", "answered"; "unsatisfied": "不满意", "not satisfied"; "satisfied": "满意", "satisfied"; "closed": "办结", "closed";
    }
    /// What the township does next about it.
    next_known {
        "registered": "受理", "accept"; "accepted": "交办", "assign"; "replied": "回访", "follow up"; "unsatisfied": "再交办", "assign again";
        "satisfied": "办结", "close";
    }
    /// What is waited for, in a sentence.
    waits_known {
        "registered": "等镇里受理", "waits to be accepted"; "accepted": "等镇里交办", "waits to be assigned"; "assigned": "等承办的人动手", "waits for its handler";
        "handling": "在办", "in hand"; "replied": "等镇里回访", "waits for a follow-up call"; "unsatisfied": "等再交办", "waits to be assigned again";
        "satisfied": "等镇里办结", "waits to be closed"; "closed": "办完了", "done";
    }
    /// An act at the board, as a button.
    act_known {
        "accept": "受理", "Accept"; "assign": "交办", "Assign"; "follow": "记回访", "Record a follow-up"; "reassign": "再交办", "Assign again"; "close": "办结", "Close";
    }
    /// A legal path.
    path_known {
        "ordinary": "普通诉求", "ordinary"; "petition": "信访", "petition"; "hotline_12345": "12345 热线", "12345 hotline"; "mediation": "人民调解", "mediation"; "internal": "内部", "internal";
    }
    /// A rule behind a due date.
    rule_known {
        "township": "镇里的规矩", "the township's own rule"; "petition_60_days": "信访 60 天办结", "petition: 60 days"; "petition_15_days": "信访 15 天转送", "petition: 15 days to forward";
        "hotline_5_working_days": "热线 5 个工作日", "hotline: 5 working days"; "source": "旧账所载", "as the source has it";
    }
    /// How a call ended, in the choice of several at once.
    call_known {
        "unreached": "没联系上", "not reached"; "satisfied": "满意", "satisfied"; "mostly": "基本满意", "mostly satisfied"; "unsatisfied": "不满意", "not satisfied"; "no_opinion": "不表态", "no opinion";
    }
}

impl Words {
    /// What was not done, by the act's word.
    #[must_use]
    pub fn refused(self, act: &str) -> &'static str {
        match act {
            "accept" => self.refused_accept(),
            "assign" => self.refused_assign(),
            "follow" => self.refused_follow(),
            "reassign" => self.refused_reassign(),
            "close" => self.refused_close(),
            _ => self.refused_register(),
        }
    }

    /// An act's word.
    #[must_use]
    pub fn act(self, act: &str) -> &'static str {
        self.act_known(act).unwrap_or("")
    }

    /// Where a request stands.
    #[must_use]
    pub fn standing(self, state: &str) -> String {
        self.standing_known(state)
            .map_or_else(|| self.value(state), str::to_owned)
    }
}
