//! A report under the auditor's own key: who verified what, and what came of it. Readable text, then one signature line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proof::{OriginKey, PublicKey};

/// Domain under which a report is signed: a statement, never a checkpoint.
pub const REPORT_DOMAIN: &str = "minqing/audit-report/v1";
/// First line of a report.
const HEAD: &str = "minqing/audit-report/v1";
/// Longest report that is read, in bytes.
const REPORT_BYTES_MAX: usize = 4 << 20;

/// Why a text is no report, or not the one that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// The text has not the form of a report.
    #[error("not a report: {0}")]
    Form(&'static str),
    /// The key in it did not sign this text.
    #[error("the report was changed after it was signed")]
    Signature,
}

/// Puts the signature under a text: an empty line, then `— <origin> <base64 of public key ‖ signature>`.
#[must_use]
pub fn sign_report(text: &str, key: &OriginKey) -> String {
    let body = format!("{HEAD}\n{}\n", text.trim_end());
    let signed = [&key.public().0[..], &key.sign(REPORT_DOMAIN, body.as_bytes())].concat();
    format!(
        "{body}\n\u{2014} minqing/{} {}\n",
        key.origin(),
        STANDARD.encode(signed)
    )
}

/// Reads a report and verifies its signature. Returns the text and the key that signed it: whose that is has to be known
/// from elsewhere.
///
/// # Errors
/// [`ReportError`].
pub fn verify_report(report: &str) -> Result<(&str, PublicKey), ReportError> {
    let form = ReportError::Form;
    if report.len() > REPORT_BYTES_MAX {
        return Err(form("it is longer than 4 MiB"));
    }
    let end = report.rfind("\n\n").ok_or(form("no signature line"))?;
    let (body, line) = (&report[..=end], &report[end + 2..]);
    let text = body
        .strip_prefix(HEAD)
        .and_then(|rest| rest.strip_prefix('\n'))
        .ok_or(form("its first line is not minqing/audit-report/v1"))?;
    let line = line.strip_suffix('\n').filter(|line| !line.contains('\n'));
    let line = line.and_then(|line| line.strip_prefix("\u{2014} minqing/"));
    let (origin, signed) = line
        .and_then(|line| line.split_once(' '))
        .ok_or(form("no signature line"))?;
    let signed = STANDARD
        .decode(signed)
        .map_err(|_| form("a signature that is not base64"))?;
    let split = signed.split_first_chunk::<32>();
    let (key, signature) = split.ok_or(form("a signature that is too short"))?;
    let signature = signature
        .try_into()
        .map_err(|_| form("a signature of another length"))?;
    let key = PublicKey(*key);
    if key.origin().to_string() != origin {
        return Err(form("the key is not the one of the origin that is named"));
    }
    if key.verify(REPORT_DOMAIN, body.as_bytes(), signature) {
        Ok((text, key))
    } else {
        Err(ReportError::Signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_the_one_that_was_signed_and_no_other() {
        let key = OriginKey::from_seed([5; 32]);
        let report = sign_report("everything verifies\n\n  第一段\n", &key);
        let (text, by) = verify_report(&report).expect("its own report");
        assert_eq!((text, by), ("everything verifies\n\n  第一段\n", key.public()));
        for (from, to) in [
            ("verifies", "Verifies"),
            ("第一", "第二"),
            ("minqing/audit", "minqing/Audit"),
        ] {
            assert!(verify_report(&report.replacen(from, to, 2)).is_err(), "{from}");
        }
        let other = sign_report("everything verifies", &OriginKey::from_seed([6; 32]));
        let line = other.lines().last().expect("its signature");
        let mixed = format!("{}{line}\n", &report[..report.rfind('\u{2014}').expect("a line")]);
        assert_eq!(verify_report(&mixed), Err(ReportError::Signature));
        for bad in ["", "minqing/audit-report/v1\n", "x\n\n\u{2014} minqing/a AAAA\n"] {
            assert!(verify_report(bad).is_err(), "{bad:?}");
        }
    }
}
