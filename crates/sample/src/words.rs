//! Free text: plain sentences put together from parts, 15 to 60 characters long.
//!
//! The texts speak of everyday matters. None names a place or a third person, and none judges a resident.

use event::{Mode, Outcome, ReplyOutcome, RequestKind};

use crate::dice::Dice;
use crate::phrases::{
    BY_PHONE, CLOSING, ELSEWHERE, NOT_HOME, NOT_HOME_THEN, OPENING, PAPERS, SUBJECT, THINGS, WHEN_ABOUT,
};

/// Free text of a visit.
pub(crate) fn visit(dice: &mut Dice, mode: Mode, outcome: Outcome) -> String {
    let about = if dice.permille(400) { dice.pick(&WHEN_ABOUT) } else { "" };
    let opening = match mode {
        Mode::Home => dice.pick(&OPENING),
        Mode::Phone => dice.pick(&BY_PHONE),
        Mode::Video => dice.pick(&["视频接通，看见一家人", "用视频和在外的家人说话", "约好时间打了视频"]),
        Mode::Elsewhere => dice.pick(&ELSEWHERE),
    };
    let then = dice.pick(&NOT_HOME_THEN);
    match (outcome, mode) {
        (Outcome::Met, _) => {
            let (first, second) = two(dice, &SUBJECT);
            let end = dice.pick(&CLOSING);
            if dice.permille(450) {
                format!("{about}{opening}，{first}，也{second}，{end}。")
            } else {
                format!("{about}{opening}，{first}，{end}。")
            }
        }
        (Outcome::NotHome, Mode::Home) => format!("{about}到了门口，{}，{then}。", dice.pick(&NOT_HOME)),
        (Outcome::NotHome, _) => format!("{about}打了两次电话都没有接通，改天换个时间再打。"),
        (Outcome::Declined, Mode::Home) => format!("{about}到家说明来意，户主说这次不方便，约好另找时间。"),
        (Outcome::Declined, _) => format!("{about}电话里说明来意，对方说这会儿不方便，约好另找时间。"),
        (Outcome::Moved, _) => format!("{about}上门得知已搬走，邻居说住到别处去了，回来核对户籍登记。"),
    }
}

/// Wording of a request.
pub(crate) fn request(dice: &mut Dice, kind: RequestKind) -> String {
    let (thing, work) = THINGS[dice.index(THINGS.len())];
    let paper = dice.pick(&PAPERS);
    let end = dice.pick(&[
        "希望能给个时间",
        "请帮忙看看怎么办",
        "不急，按顺序办就行",
        "方便的话打电话告知结果",
        "请村里记下来一并考虑",
    ]);
    match kind {
        RequestKind::Advice => format!("咨询{paper}要带哪些材料、在哪个窗口办，{end}。"),
        RequestKind::Help => format!("{thing}需要{work}，家里人手不够，{end}。"),
        RequestKind::Complaint => format!("反映{thing}报了一段时间还没有{work}，{end}。"),
        RequestKind::Suggestion => format!("建议把{thing}{work}一下，大家用着更方便，{end}。"),
        RequestKind::Dispute => format!("两家因{thing}的使用先后有不同看法，请人到场说一说，{end}。"),
        RequestKind::Errand => format!("行动不便，请代办{paper}，材料已备在家中，{end}。"),
    }
}

/// Note on the progress of a request.
pub(crate) fn progress(dice: &mut Dice, blocked: bool) -> String {
    let done = dice.pick(&[
        "到现场看过，量了尺寸",
        "和组长一起核对了情况",
        "联系了维修师傅",
        "材料清单已交给本人",
        "报了用料和工时",
        "电话问了窗口的办理时间",
        "登记后排进了本周的安排",
        "和双方各谈了一次",
        "拍好表格交到便民中心",
    ]);
    let next = if blocked {
        dice.pick(&[
            "要等配件到货才能动手",
            "要等上级批复用料",
            "连日下雨，路干了再做",
            "缺一份证明，等本人补来",
        ])
    } else {
        dice.pick(&[
            "预计三五天内可以做完",
            "下周一再去一趟",
            "约了后天上午动工",
            "办好后再给本人回话",
            "余下的手续明天去办",
        ])
    };
    format!("{done}，{next}，已告诉本人。")
}

/// Text of an answer.
pub(crate) fn reply(dice: &mut Dice, outcome: ReplyOutcome) -> String {
    let how = dice.pick(&["当面答复", "打电话答复", "上门说明", "书面答复并念给本人听"]);
    let what = match outcome {
        ReplyOutcome::Supported => dice.pick(&[
            "事情已经办好，请本人看过",
            "已修好并试用正常",
            "手续办结，证件送到家",
            "已安排完成，现场清理干净",
        ]),
        ReplyOutcome::Partly => dice.pick(&[
            "先做了急用的一段，其余列入下一批",
            "已临时处理，配件到了再换新的",
            "双方先照口头约定办，余下再议",
        ]),
        ReplyOutcome::Explained => dice.pick(&[
            "讲清了条件和依据，目前还办不了",
            "说明了办理顺序，要等下一批名额",
            "解释了规定，给出了别的办法",
        ]),
        ReplyOutcome::NotSupported => {
            dice.pick(&["不符合规定的条件，说明了理由和救济途径", "不在可办的范围内，已告知依据"])
        }
        ReplyOutcome::NoLongerNeeded => dice.pick(&["本人说已自行解决，不用再办", "情况有变，本人说不需要了"]),
    };
    format!("{how}：{what}，有事再联系。")
}

/// Note of a follow-up call.
pub(crate) fn follow_up(dice: &mut Dice, reached: bool, content: bool) -> String {
    let end = dice.pick(&[
        "通话约两分钟",
        "按回访单逐项问过",
        "由本人接听",
        "家人代为转达",
        "记录后归档",
    ]);
    match (reached, content) {
        (false, _) => format!(
            "{}，{}。",
            dice.pick(&["电话无人接听，稍后再打", "电话关机，没有联系上", "号码占线，没有接通"]),
            dice.pick(&["改日再回访", "换个时间再联系", "请村里帮忙问方便的时间"])
        ),
        (true, true) => format!(
            "回访本人，说{}，{end}。",
            dice.pick(&["事情办好了", "结果能接受", "已经在用了，没有别的要求", "答复讲得清楚"])
        ),
        (true, false) => format!(
            "回访本人，说{}，{end}。",
            dice.pick(&[
                "问题还没有完全解决",
                "用了几天又出现原来的情况",
                "还想请人再去看一次",
                "答复里有一处没有听明白"
            ])
        ),
    }
}

/// Why a request goes into the next round, or is closed.
pub(crate) fn dispatch(dice: &mut Dice, round: u16) -> String {
    let why = dice.pick(&[
        "请先到现场核对再动手",
        "请与本人约好时间",
        "办完请当面说明",
        "涉及用料的先报数量",
        "请两人同去并做好记录",
    ]);
    if round > 1 {
        format!("按回访意见再次交办，第{round}轮，{why}。")
    } else {
        format!("按职责交办，请在期限内答复，{why}。")
    }
}

/// Note of a closing.
pub(crate) fn closing(dice: &mut Dice, why: &str) -> String {
    let end = dice.pick(&["材料齐全，予以办结", "核对无误，予以办结", "登记销号，材料归档"]);
    format!("经回访核对，{why}，{end}。")
}

/// A cadre's diary for one day.
pub(crate) fn diary(dice: &mut Dice, visits: usize, requests: usize) -> String {
    let day = dice.pick(&["天晴", "小雨", "阴天", "起了大雾", "风大", "天热", "降温", "雨过天晴"]);
    let main = match (visits, requests) {
        (0, 0) => dice
            .pick(&[
                "在村部整理台账、接待来人",
                "到镇里开会，带回两份通知",
                "和组长巡了一遍水渠",
                "帮合作社清点入库",
                "值班，接了几个咨询电话",
            ])
            .to_owned(),
        (0, _) => format!("跟进{requests}件诉求的办理"),
        (_, 0) => format!("走了{visits}户人家"),
        _ => format!("走了{visits}户人家，跟进{requests}件诉求"),
    };
    let (first, second) = two(dice, &SUBJECT);
    let end = dice.pick(&[
        "明天接着去没见到的几户",
        "回来补齐了登记",
        "有两句话记在本子上，明天核实",
        "答应的事列了单子",
        "晚上把材料归了档",
        "给家在外地的打了电话",
    ]);
    if dice.permille(500) {
        format!("{day}，{main}，{first}，{second}，{end}。")
    } else {
        format!("{day}，今天{main}，主要{first}，{end}。")
    }
}

/// Summary of a talk between the two of a pairing.
pub(crate) fn talk(dice: &mut Dice) -> String {
    let (first, second) = two(dice, &SUBJECT);
    format!("结对谈心，{first}，{second}，{}。", dice.pick(&CLOSING))
}

/// Why a record is corrected or voided.
pub(crate) fn correction(dice: &mut Dice, what: &str) -> String {
    let how = dice.pick(&[
        "核对纸质本时发现",
        "同行的人提醒后发现",
        "月底对账时发现",
        "录入后复看发现",
    ]);
    format!("{how}{what}，按原始记录改正。")
}

/// Why a household changed.
pub(crate) fn household_change(dice: &mut Dice, what: &str) -> String {
    format!(
        "{what}，{}，{}。",
        dice.pick(&["本人到村部说明", "组长上门核实", "家人打电话告知", "走访时得知"]),
        dice.pick(&["户口簿已看过", "登记表已更新", "按本人说法登记", "联系方式不变"])
    )
}

/// One or two topics of a visit or talk.
pub(crate) fn topics(dice: &mut Dice) -> Vec<String> {
    let (first, second) = two(
        dice,
        &[
            "生产",
            "就业",
            "医疗",
            "养老",
            "教育",
            "住房安全",
            "饮水",
            "道路",
            "政策宣传",
            "防火防汛",
        ],
    );
    let mut topics = vec![first.to_owned()];
    if dice.permille(400) {
        topics.push(second.to_owned());
    }
    topics
}

/// Theme of a pairing.
pub(crate) fn theme(dice: &mut Dice) -> &'static str {
    dice.pick(&["种养技术", "就业帮扶", "日常照应", "政策代办", "子女上学", "农机使用"])
}

/// Two different ones.
fn two<'a>(dice: &mut Dice, options: &[&'a str]) -> (&'a str, &'a str) {
    let first = dice.index(options.len());
    let second = (first + 1 + dice.index(options.len() - 1)) % options.len();
    (options[first], options[second])
}
