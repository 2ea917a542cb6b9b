//! From the mapping as written to the mapping as used: every name is resolved and every rule tried once, so
//! that what is left to go wrong is in the rows.

mod moment;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use event::{Facts, Kind, PersonalContent, SubjectKind, UnitCode};
use serde::Deserialize as _;
use toml::{Spanned, Table, Value};

use crate::form::{DerivedForm, MappingForm, RuleForm, WordsForm};
use crate::mapping::{Label, MAPPING_FORMAT};
use crate::moment::Moment;
use crate::rule::{Derived, Key, Part, Recipe, Words, facts};
use crate::{Mapping, MappingError};

/// Longest name of a mapping, in bytes.
const ID_BYTES_MAX: usize = 64;
/// An identifier, for trying rules.
const SAMPLE_ID: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

pub(crate) fn mapping(text: &str) -> Result<Mapping, MappingError> {
    let form: MappingForm = toml::from_str(text).map_err(|error| MappingError {
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        reason: error.message().to_owned(),
    })?;
    let mut compiler = Compiler {
        text,
        columns: Vec::new(),
        moments: Vec::new(),
        words: Vec::new(),
        keys: Vec::new(),
        names: BTreeMap::new(),
    };
    compiler.mapping(form)
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

struct Compiler<'a> {
    text: &'a str,
    columns: Vec<String>,
    moments: Vec<Moment>,
    words: Vec<Words>,
    keys: Vec<Key>,
    /// Names under `moments`, `words` and `keys`.
    names: BTreeMap<String, Part>,
}

type Spot = Range<usize>;
type Compiled<T> = Result<T, MappingError>;

impl Compiler<'_> {
    fn fault<T>(&self, spot: &Spot, reason: impl Into<String>) -> Compiled<T> {
        Err(MappingError {
            line: line_of(self.text, spot.start),
            reason: reason.into(),
        })
    }

    fn mapping(&mut self, form: MappingForm) -> Compiled<Mapping> {
        if *form.format.get_ref() != MAPPING_FORMAT {
            let reason = format!("format: this program reads format {MAPPING_FORMAT}");
            return self.fault(&form.format.span(), reason);
        }
        let id = form.id.get_ref();
        if id.is_empty() || id.len() > ID_BYTES_MAX {
            let reason = format!("id: 1 to {ID_BYTES_MAX} bytes; every identifier is made from it");
            return self.fault(&form.id.span(), reason);
        }
        let unit = form.unit.as_ref().map(|unit| self.unit(unit)).transpose()?;
        let delimiter = form.delimiter.as_ref().map(|one| self.delimiter(one)).transpose()?;
        for (name, moment) in &form.moments {
            let spot = moment.span();
            let compiled = self.moment(name, moment.get_ref(), &form.time, &spot)?;
            self.moments.push(compiled);
            self.name(name, Part::When(self.moments.len() - 1), &spot)?;
        }
        for (name, words) in &form.words {
            let compiled = self.words(name, words)?;
            self.words.push(compiled);
            self.name(name, Part::Word(self.words.len() - 1), &words.span())?;
        }
        for (name, key) in &form.keys {
            let Some(sort) = SubjectKind::from_key(&key.get_ref().sort) else {
                return self.fault(&key.span(), format!("keys.{name}: sort: household, request or pairing"));
            };
            let column = self.column(&key.get_ref().column);
            self.keys.push(Key { column, sort });
            self.name(name, Part::Key(self.keys.len() - 1), &key.span())?;
        }
        let label = match (&form.row.label, &form.row.label_text) {
            (Some(column), None) => Label::Column(self.column(column.get_ref())),
            (None, Some(text)) => Label::Text(text.get_ref().clone()),
            (Some(one), _) => return self.fault(&one.span(), "row: either `label` or `label_text`, not both"),
            (None, None) => return self.fault(&form.row.at.span(), "row: give `label` or `label_text`"),
        };
        let at = self.moment_named(&form.row.at, "row.at")?;
        let case = self.column(&form.row.case);
        let actor = form.row.actor.as_deref().map(|name| self.column(name));
        let key = form.row.key.as_deref().map(|name| self.column(name));
        let number = form.row.number.as_deref().map(|name| self.column(name));
        let (rules, by_label, default, skip) = self.rules(&form, actor.is_some())?;
        let derived = self.all_derived(&form.derived, &skip, actor.is_some())?;
        Ok(Mapping {
            id: id.clone(),
            unit,
            delimiter: delimiter.unwrap_or(b','),
            columns: std::mem::take(&mut self.columns),
            case,
            case_without: form.row.case_without,
            label,
            actor,
            key,
            number,
            at,
            moments: std::mem::take(&mut self.moments),
            words: std::mem::take(&mut self.words),
            keys: std::mem::take(&mut self.keys),
            rules,
            by_label,
            default,
            skip,
            derived,
        })
    }

    fn unit(&self, unit: &Spanned<String>) -> Compiled<UnitCode> {
        match unit.get_ref().parse() {
            Ok(unit) => Ok(unit),
            Err(error) => self.fault(&unit.span(), format!("unit: {error}")),
        }
    }

    fn delimiter(&self, delimiter: &Spanned<String>) -> Compiled<u8> {
        match delimiter.get_ref().as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n') => Ok(*byte),
            _ => self.fault(
                &delimiter.span(),
                "delimiter: one character, such as \",\", \";\" or \"\\t\"",
            ),
        }
    }

    fn column(&mut self, name: &str) -> usize {
        match self.columns.iter().position(|column| column == name) {
            Some(column) => column,
            None => {
                self.columns.push(name.to_owned());
                self.columns.len() - 1
            }
        }
    }

    fn name(&mut self, name: &str, part: Part, spot: &Spot) -> Compiled<()> {
        let is_reserved = name == "actor" || name.contains('.');
        if is_reserved || self.names.insert(name.to_owned(), part).is_some() {
            let reason = format!("`{name}` is taken: names of moments, words and keys differ, and none is `actor`");
            return self.fault(spot, reason);
        }
        Ok(())
    }

    /// The names of one sort, for messages.
    fn known(&self, is: impl Fn(Part) -> bool) -> String {
        let names = self.names.iter().filter(|(_, part)| is(**part));
        names.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn moment_named(&self, name: &Spanned<String>, key: &str) -> Compiled<usize> {
        match self.names.get(name.get_ref()) {
            Some(Part::When(moment)) => Ok(*moment),
            _ => {
                let known = self.known(|part| matches!(part, Part::When(_)));
                let reason = format!("{key}: there is no moment `{}`; there are: {known}", name.get_ref());
                self.fault(&name.span(), reason)
            }
        }
    }

    fn words(&mut self, name: &str, words: &Spanned<WordsForm>) -> Compiled<Words> {
        let form = words.get_ref();
        if form.number != (form.map.is_empty() && form.other.is_none()) {
            let reason = format!("words.{name}: give either `number = true` or a `map`");
            return self.fault(&words.span(), reason);
        }
        Ok(Words {
            column: self.column(&form.column),
            map: form.map.clone(),
            other: form.other.clone(),
            number: form.number,
        })
    }

    #[expect(
        clippy::type_complexity,
        reason = "the four parts of the mapping that labels lead to"
    )]
    fn rules(
        &mut self,
        form: &MappingForm,
        has_actor: bool,
    ) -> Compiled<(Vec<Recipe>, BTreeMap<String, usize>, Option<usize>, BTreeSet<String>)> {
        let skip: BTreeSet<String> = form.skip.iter().map(|label| label.get_ref().clone()).collect();
        let (mut rules, mut by_label) = (Vec::new(), BTreeMap::new());
        for rule in &form.rule {
            if rule.get_ref().labels.is_empty() {
                return self.fault(&rule.span(), "rule: give its `labels`");
            }
            for label in &rule.get_ref().labels {
                let is_second = by_label.insert(label.get_ref().clone(), rules.len()).is_some();
                if is_second || skip.contains(label.get_ref()) {
                    let reason = format!("rule.labels: {:?} has a rule or is skipped already", label.get_ref());
                    return self.fault(&label.span(), reason);
                }
            }
            rules.push(self.rule(rule.get_ref(), "rule", has_actor)?);
        }
        let mut default = None;
        if let Some(rule) = &form.default {
            if let Some(label) = rule.get_ref().labels.first() {
                return self.fault(
                    &label.span(),
                    "default: it is for every label without a rule, and names none",
                );
            }
            default = Some(rules.len());
            rules.push(self.rule(rule.get_ref(), "default", has_actor)?);
        }
        Ok((rules, by_label, default, skip))
    }

    fn rule(&mut self, form: &RuleForm, key: &str, has_actor: bool) -> Compiled<Recipe> {
        self.recipe(key, &form.kind, &form.facts, &form.from, &form.personal, has_actor)
    }

    fn all_derived(
        &mut self,
        forms: &[Spanned<DerivedForm>],
        skip: &BTreeSet<String>,
        has_actor: bool,
    ) -> Compiled<Vec<Derived>> {
        let mut all: Vec<Derived> = Vec::new();
        for form in forms {
            let (spot, form) = (form.span(), form.get_ref());
            let labels: Vec<String> = form.labels.iter().map(|label| label.get_ref().clone()).collect();
            if labels.is_empty() || labels.iter().any(|label| skip.contains(label)) {
                return self.fault(
                    &spot,
                    "derived: give the `labels` of the rows it comes from; none is skipped",
                );
            }
            let recipe = self.recipe(
                "derived",
                &form.kind,
                &form.facts,
                &form.from,
                &form.personal,
                has_actor,
            )?;
            let at = self.moment_named(&form.at, "derived.at")?;
            let part = format!("{}@{}", form.kind.get_ref(), form.at.get_ref());
            let twin = |other: &Derived| other.part == part && other.labels.iter().any(|label| labels.contains(label));
            if all.iter().any(twin) {
                return self.fault(&spot, format!("derived: a second {part} from the same row"));
            }
            all.push(Derived {
                labels,
                at,
                part,
                place: form.place,
                if_empty: form.if_empty,
                recipe,
            });
        }
        Ok(all)
    }

    fn recipe(
        &mut self,
        key: &str,
        kind_name: &Spanned<String>,
        fixed: &Table,
        from: &BTreeMap<String, Spanned<String>>,
        personal: &BTreeMap<String, String>,
        has_actor: bool,
    ) -> Compiled<Recipe> {
        let spot = kind_name.span();
        let found = Kind::from_key(kind_name.get_ref());
        let found = found.and_then(|kind| Some((kind, Facts::subject_kind(kind)?)));
        let Some((kind, sort)) = found.filter(|(_, sort)| !matches!(sort, SubjectKind::Origin | SubjectKind::Journal))
        else {
            let reason = format!("{key}.kind: {:?} is no kind that can be imported", kind_name.get_ref());
            return self.fault(&spot, reason);
        };
        if sort == SubjectKind::Person && !has_actor {
            return self.fault(&spot, format!("{key}.kind: {kind} is about a person: give `row.actor`"));
        }
        let mut parts = Vec::with_capacity(from.len());
        for (fact, name) in from {
            if fixed.contains_key(fact) {
                return self.fault(&name.span(), format!("{key}.from.{fact}: it has a fixed value already"));
            }
            parts.push((fact.clone(), self.part(name, &format!("{key}.from.{fact}"), has_actor)?));
        }
        self.try_facts(key, kind, fixed, &parts, &spot)?;
        let sample: Table = personal
            .keys()
            .map(|field| (field.clone(), Value::String(field.clone())))
            .collect();
        if let Err(error) = PersonalContent::deserialize(Value::Table(sample)) {
            return self.fault(&spot, format!("{key}.personal: {}", error.message()));
        }
        Ok(Recipe {
            kind,
            sort,
            facts: fixed.clone(),
            from: parts,
            personal: personal
                .iter()
                .map(|(field, column)| (field.clone(), self.column(column)))
                .collect(),
        })
    }

    fn part(&self, name: &Spanned<String>, key: &str, has_actor: bool) -> Compiled<Part> {
        let text = name.get_ref();
        if text == "actor" && has_actor {
            return Ok(Part::Actor);
        }
        if let Some(part) = self.names.get(text) {
            return Ok(*part);
        }
        if let Some(Part::When(moment)) = text.strip_suffix(".day").and_then(|moment| self.names.get(moment)) {
            return Ok(Part::Day(*moment));
        }
        let known = self.known(|_| true);
        let reason = format!("{key}: there is no `{text}`; there are: {known}, `.day` behind a moment, actor");
        self.fault(&name.span(), reason)
    }

    /// Makes the facts once for every word that may stand in them.
    fn try_facts(&self, key: &str, kind: Kind, fixed: &Table, parts: &[(String, Part)], spot: &Spot) -> Compiled<()> {
        let mut whole = fixed.clone();
        for (fact, part) in parts {
            whole.insert(fact.clone(), self.samples(*part).remove(0));
        }
        let mut trials = vec![whole.clone()];
        for (fact, part) in parts {
            for value in self.samples(*part).into_iter().skip(1) {
                let mut trial = whole.clone();
                trial.insert(fact.clone(), value);
                trials.push(trial);
            }
        }
        for trial in trials {
            if let Err(reason) = facts(kind, trial) {
                return self.fault(spot, format!("{key}: facts of {kind}: {reason}"));
            }
        }
        Ok(())
    }

    /// Values that a part may give; at least one.
    fn samples(&self, part: Part) -> Vec<Value> {
        let one = |text: &str| vec![Value::String(text.to_owned())];
        match part {
            Part::When(_) => one("2019-10-05T13:02:03.456Z"),
            Part::Day(_) => one("2019-10-05"),
            Part::Key(_) | Part::Actor => one(SAMPLE_ID),
            Part::Word(words) => {
                let words = &self.words[words];
                if words.number {
                    vec![Value::Integer(1)]
                } else {
                    words.map.values().chain(&words.other).cloned().collect()
                }
            }
        }
    }
}
