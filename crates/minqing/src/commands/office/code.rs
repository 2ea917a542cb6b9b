//! `minqing village code`: a one-time code, with which somebody opens an account or sets a new password.

use axum::http::Method;
use clap::Args;
use event::PersonId;

use super::At;
use super::door::at_door;
use crate::exit::Exit;
use crate::out::Out;

#[derive(Args, Debug)]
pub(crate) struct Code {
    #[command(flatten)]
    at: At,
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

pub(crate) async fn code(args: &Code, out: &Out) -> anyhow::Result<Exit> {
    let mut path = format!("/code?keeper={}", args.keeper);
    if let Some(person) = args.person {
        path.push_str(&format!("&person={person}"));
    }
    if let Some(name) = &args.password_of {
        path.push_str("&password_of=");
        for byte in name.bytes() {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    let answer = at_door(&args.at.dir, async |door| {
        door.json(Method::POST, &path, Vec::new()).await
    })
    .await?;
    if out.json {
        out.object(&answer)?;
    } else {
        out.line(out.words.one_code(answer["code"].as_str().unwrap_or_default()))?;
    }
    Ok(Exit::Ok)
}
