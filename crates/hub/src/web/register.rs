//! `GET|POST /requests/new`: registers a request for a village. The form's own name becomes the request's identity, so that
//! a form that is sent twice registers once, whatever happens in between.

use accounts::Act;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use event::bounds::TEXT_BYTES_MAX;
use event::{
    Channel, EntityId, EntryMode, EventId, Facts, PersonalContent, RequestKind, RequestRaised, UnitCode, Urgency,
};
use pages::{Fields, Visitor};
use screen::Words;
use screen::office::Here;
use screen::township::{Register, RegisterField, WhyNot, register as register_page};

use super::Web;
use super::look::{person, said};
use crate::dispatch::{self, Asked, Clock, From, Order, Told, carry_out};

/// Longest name, telephone number and address, in characters.
const FIELD_CHARS_MAX: usize = 64;

fn blank(key: String) -> Register {
    Register {
        key,
        urgency: Urgency::Ordinary.key().to_owned(),
        people: "1".to_owned(),
        ..Register::default()
    }
}

impl Web {
    /// The identity of a request that may come to be.
    fn new_request(&self) -> EntityId {
        let random: [u8; 10] = self.office.surroundings.random();
        let ms = u64::try_from(self.clock().now_ms).unwrap_or(0);
        let random = random.iter().fold(0, |n, byte| n << 8 | u128::from(*byte));
        let id = EventId::from_parts(ms, random).map_or([0; 16], EventId::to_bytes);
        EntityId::from_bytes(id)
    }
}

pub(super) async fn ask(State(web): State<Web>, visitor: Visitor) -> Response {
    let key = web.new_request().to_string();
    show(&web, &visitor, blank(key), StatusCode::OK).await
}

async fn show(web: &Web, visitor: &Visitor, mut page: Register, status: StatusCode) -> Response {
    let villages = web.look(person(visitor), |_, _, names| Ok(names.villages()));
    match villages.await {
        Ok(villages) => {
            page.villages = villages
                .into_iter()
                .map(|(code, name)| (code.to_string(), name))
                .collect();
            let frame = visitor.frame(web, Here::Requests, "/requests/new");
            (status, Html(register_page(&frame, &page))).into_response()
        }
        Err(problem) => visitor.trouble(web, &problem),
    }
}

fn typed(fields: &Fields) -> Register {
    let get = |name: &str| fields.get(name).to_owned();
    Register {
        village: get("village"),
        channel: get("channel"),
        kind: get("kind"),
        urgency: get("urgency"),
        people: get("people"),
        text: get("t").replace("\r\n", "\n"),
        name: get("name"),
        phone: get("phone"),
        address: get("address"),
        ..blank(get("key"))
    }
}

pub(super) async fn register(State(web): State<Web>, visitor: Visitor, fields: Fields) -> Response {
    if let Some(refused) = visitor.refusal(&web, Act::Dispatch) {
        return refused;
    }
    let w = visitor.words();
    let mut page = typed(&fields);
    // A name that is none of ours begins a new form.
    let Ok(request) = page.key.parse::<EntityId>() else {
        page.key = web.new_request().to_string();
        return show(&web, &visitor, page, StatusCode::OK).await;
    };
    if fields.get("do") != "save" {
        return show(&web, &visitor, page, StatusCode::OK).await;
    }
    let Some((unit, asked)) = understand(&mut page, web.clock(), w) else {
        return show(&web, &visitor, page, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let order = Order {
        request,
        from: From::Nothing(unit),
        asked,
        person: person(&visitor),
        form: page.key.clone(),
    };
    let (event, again) = match carry_out(&web.office, vec![order])
        .await
        .map(|told| told.into_iter().next())
    {
        Ok(Some(Told::Done(event))) => (event, ""),
        Ok(Some(Told::Known(event))) => (event, "&known=1"),
        Ok(told) => {
            let why = match told {
                Some(Told::Not(why)) => why,
                _ => WhyNot::Moved,
            };
            page.errors
                .push((RegisterField::Village, why.sentence(w, web.clock().today)));
            return show(&web, &visitor, page, StatusCode::CONFLICT).await;
        }
        Err(problem) => {
            tracing::warn!(%problem, "a registration at the desk");
            page.trouble = Some(said(w, &problem));
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return show(&web, &visitor, page, status).await;
        }
    };
    Redirect::to(&format!("{}?done={event}{again}", dispatch::address(request))).into_response()
}

/// What the form asks for; `None` where something is wrong, which then stands in the form.
fn understand(page: &mut Register, clock: Clock, w: Words) -> Option<(UnitCode, Asked)> {
    let unit = page.village.parse::<UnitCode>().ok();
    let channel = Channel::from_key(&page.channel);
    let kind = RequestKind::from_key(&page.kind);
    let people = page.people.trim().parse::<u16>().ok().filter(|people| *people > 0);
    let text = page.text.trim().to_owned();
    let mut wrong = |field, is_wrong: bool, words: &str| {
        if is_wrong {
            page.errors.push((field, words.to_owned()));
        }
    };
    wrong(RegisterField::Village, unit.is_none(), w.register_no_village());
    wrong(RegisterField::Text, text.is_empty(), w.register_no_text());
    wrong(RegisterField::Channel, channel.is_none(), w.register_no_channel());
    wrong(RegisterField::Kind, kind.is_none(), w.register_no_kind());
    wrong(RegisterField::People, people.is_none(), w.register_people_wrong());
    let over = text.len().saturating_sub(TEXT_BYTES_MAX);
    wrong(RegisterField::Text, over > 0, &w.too_long(over));
    let given = [&page.name, &page.phone, &page.address].map(|field| field.trim().to_owned());
    let is_long = given.iter().any(|field| field.chars().count() > FIELD_CHARS_MAX);
    if is_long {
        page.errors.push((RegisterField::Who, w.register_long().to_owned()));
    }
    if !page.errors.is_empty() {
        return None;
    }
    let [head, phone, address] = given.map(|field| (!field.is_empty()).then_some(field));
    let asked = Asked {
        step: None,
        facts: Facts::RequestRaised(RequestRaised {
            household: None,
            channel: channel?,
            kind: kind?,
            urgency: Urgency::from_key(&page.urgency).unwrap_or(Urgency::Ordinary),
            people: people?,
        }),
        occurred: clock.minute(),
        mode: EntryMode::Live,
        personal: Some(PersonalContent {
            text: Some(text),
            head,
            phone,
            address,
            ..PersonalContent::default()
        }),
    };
    Some((unit?, asked))
}
