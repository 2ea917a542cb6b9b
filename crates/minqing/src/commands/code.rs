//! `minqing village code` and `minqing hub code`: a one-time code, with which somebody opens an account or sets a new
//! password.

use clap::Args;
use event::PersonId;
use serde_json::Value;

use crate::exit::Exit;
use crate::out::Out;

/// What the code is for.
#[derive(Args, Debug)]
pub(crate) struct CodeFor {
    /// 给这个名字的账号换密码，不开新账号 / a new password for the account of this name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["person", "keeper"])]
    password_of: Option<String>,
    /// 新账号记录时用的干部编号；不写就新编一个 / the person that the new account records as
    #[arg(long, value_name = "PERSON")]
    person: Option<PersonId>,
    /// 新账号也保管这台机器 / the new account keeps the machine too
    #[arg(long)]
    keeper: bool,
}

impl CodeFor {
    /// The address that it is asked for at.
    pub(crate) fn path(&self) -> String {
        let mut path = format!("/code?keeper={}", self.keeper);
        if let Some(person) = self.person {
            path.push_str(&format!("&person={person}"));
        }
        if let Some(name) = &self.password_of {
            path.push_str("&password_of=");
            for byte in name.bytes() {
                path.push_str(&format!("%{byte:02X}"));
            }
        }
        path
    }
}

/// Says the code.
pub(crate) fn say(answer: &Value, out: &Out) -> anyhow::Result<Exit> {
    if out.json {
        out.object(answer)?;
    } else {
        out.line(out.words.one_code(answer["code"].as_str().unwrap_or_default()))?;
    }
    Ok(Exit::Ok)
}
