//! The texts that go into an export: the page for people, and the policies.

use std::fmt::Write as _;

use proof::{POLICY_LINES_MAX, VerifierKey};

/// What stands in the folder while it is being written.
pub(crate) const UNFINISHED: &str = "\
这个文件夹还没有写完，不能用来核对。请再导出一次到同一个文件夹。
This folder was not finished and proves nothing. Export into it again.
";

/// The page for people.
pub(crate) const README: &str = "\
民情 · 导出的账本
================

这个文件夹是一个镇的全部账本（到最新检查点为止）和核对它所需的一切，别的什么都不需要。

  journal/<编号>/    总台的流水账：谁登记过，哪台机器的记录在什么时候收到多少条
  origin/<编号>/     每台机器自己的记录
                     两者的格式都是 c2sp.org/tlog-tiles：checkpoint（签过名的条数和树根）、tile/（哈希和记录）
  checkpoints/       以前留下的检查点，带见证人的签名
  keys/              核对签名用的公钥
  policy             认哪些公钥、要几个见证人（c2sp.org/tlog-policy）；你应当用你自己的
  proofs/            单条记录的证明（c2sp.org/tlog-proof），旁边 .leaf 是那条记录本身
  personal/          个人部分；只有要求时才有
  UNFINISHED         有这个文件，说明没有写完

怎么核对
  1. 用本程序：      minqing audit verify --export 这个文件夹
     上个月打印的：  加 --checkpoint 文件，或 --root 条数:树根
  2. 不用本程序：    python3 protocol/check/export.py 这个文件夹（只用标准库，另写的）
  3. 任何读得懂 C2SP tlog-tiles 的工具：每个 journal/… 和 origin/… 都是一份完整的账
  先把 keys/ 里总台的公钥跟纸上的比一比：公钥是假的，别的都没有意义。

这样的证明说明不了什么
  走访是不是真的去了；从来没有记录的事；第一次同步以前在村里机器上改过的；
  两次同步之间时间是怎么说的；所有见证人和总台串通；导出之后的事，和没有给你看的另一份账。


Minqing: an exported log
========================

This folder holds the whole history of a township up to the newest checkpoint, and everything that is needed to check it.

  journal/<id>/      the hub's journal: who was enrolled, how many entries of which machine were received when
  origin/<id>/       every machine's own entries
                     both as c2sp.org/tlog-tiles: checkpoint (signed size and root), tile/ (hashes and entries)
  checkpoints/       checkpoints kept from earlier, with the signatures of witnesses
  keys/              public keys for checking signatures (verifier keys, c2sp.org/signed-note)
  policy             which keys, how many witnesses (c2sp.org/tlog-policy); use one of your own
  proofs/            proofs for single entries (c2sp.org/tlog-proof), each beside its .leaf: the entry
  personal/          personal parts; only where they were asked for
  UNFINISHED         stands here if the folder was not finished

How to check it
  1. With this program:    minqing audit verify --export FOLDER
     last month's print:   add --checkpoint FILE, or --root SIZE:ROOT
  2. Without it:           python3 protocol/check/export.py FOLDER (standard library only, written apart from it)
  3. With any tool that reads C2SP tlog-tiles: every journal/<id> and origin/<id> is a log of its own
  Compare the hub's key in keys/ with the one on paper first: under a false key nothing else means anything.

What such a proof cannot show
  whether a visit took place; what was never recorded; what was changed on a village's machine before its first sync;
  what time was claimed between two syncs; a hub and all witnesses who agree on a lie; what came after the export, and
  another journal that you were not shown.
";

/// A policy for the current journal: the known cosigners, and no quorum, for that is for the reader to choose.
pub(crate) fn policy(journal: Option<&VerifierKey>, witnesses: &[VerifierKey]) -> String {
    let mut text = "\
# 认哪些公钥、要几个见证人：请用你自己的。这里列着登记过的机器，不要求见证人。
# Which keys and how many witnesses: choose for yourself. Here stand the enrolled machines, and no quorum.
# e.g.  group villages 2 v1 v2 v3   /   quorum villages   /   # minqing: fresh 168   (alone on its line)
"
    .to_owned();
    // Writing into a string cannot fail.
    if let Some(journal) = journal {
        let _ = writeln!(text, "log {journal}");
    }
    for (number, witness) in (1..).zip(witnesses.iter().take(POLICY_LINES_MAX)) {
        let number: usize = number;
        let _ = writeln!(text, "witness v{number} {witness}");
    }
    text.push_str("quorum none\n");
    text
}

/// Policies for the origins' logs, which nobody cosigns, as many to a file as a policy holds: `policy.origins` and on.
pub(crate) fn origin_policies(logs: &[VerifierKey]) -> Vec<(String, String)> {
    let name = |at: usize| match at {
        0 => "policy.origins".to_owned(),
        more => format!("policy.origins.{}", more + 1),
    };
    let text = |logs: &[VerifierKey]| {
        let lines: String = logs.iter().map(|log| format!("log {log}\n")).collect();
        format!("{lines}quorum none\n")
    };
    let files = logs.chunks(POLICY_LINES_MAX).enumerate();
    files.map(|(at, logs)| (name(at), text(logs))).collect()
}

#[cfg(test)]
mod tests {
    use proof::{KeyKind, OriginKey, Policy};

    use super::*;

    #[test]
    fn the_policies_are_policies_however_many_machines_there_are() {
        let key = |seed: u8, kind| VerifierKey {
            name: format!("minqing/{seed}"),
            kind,
            key: OriginKey::from_seed([seed; 32]).public(),
        };
        let witnesses: Vec<_> = (1..=70).map(|seed| key(seed, KeyKind::Cosigner)).collect();
        let read = Policy::parse(policy(Some(&key(90, KeyKind::Log)), &witnesses).as_bytes()).expect("a policy");
        assert_eq!((read.logs().len(), read.witnesses().len()), (1, POLICY_LINES_MAX));
        let logs: Vec<_> = (1..=70).map(|seed| key(seed, KeyKind::Log)).collect();
        let files = origin_policies(&logs);
        let count: usize = files
            .iter()
            .map(|(_, text)| Policy::parse(text.as_bytes()).expect("a policy").logs().len())
            .sum();
        assert_eq!((files.len(), count), (2, 70));
    }
}
