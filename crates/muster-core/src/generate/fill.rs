//! Builds a value for a node by construction. The main type is [`Fill`]: one attempt at one value.

use serde_json::Value;

use super::accept::{accepts, accepts_choices, accepts_text, escapes_nots, members};
use super::format;
use super::graph::{Graph, NodeId};
use super::limits::{
    BRANCH_TRIES, HARD_DEPTH, LOCAL_TRIES, LONGEST_TEXT, SOFT_DEPTH, SOFT_FIELDS, STEPS,
};
use super::random::{Rng, chance, pick};
use super::shape::{Choice, ChoiceKind, Shape, Types};
use super::{Place, Style, Unsatisfiable};

/// Why a part of a value could not be built.
#[derive(Clone, Debug)]
pub(super) struct Fail {
    pub(super) reason: String,
    /// Where, innermost first.
    pub(super) path: Vec<String>,
    /// Whether no other draw could help.
    pub(super) hopeless: bool,
    /// Whether the whole value ran out of steps, so that trying siblings only wastes more.
    pub(super) exhausted: bool,
}

impl Fail {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            path: Vec::new(),
            hopeless: false,
            exhausted: false,
        }
    }

    pub(super) fn hopeless(reason: impl Into<String>) -> Self {
        Self {
            hopeless: true,
            ..Self::new(reason)
        }
    }

    pub(super) fn under(mut self, name: impl Into<String>) -> Self {
        self.path.push(name.into());
        self
    }

    pub(super) fn into_unsatisfiable(self) -> Unsatisfiable {
        let mut pointer = String::new();
        for segment in self.path.iter().rev() {
            pointer.push('/');
            pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
        }
        Unsatisfiable {
            reason: self.reason,
            pointer,
        }
    }
}

pub(super) struct Fill<'f, 'a> {
    pub(super) graph: &'f Graph<'a>,
    pub(super) rng: &'f mut Rng,
    pub(super) style: Style,
    pub(super) place: Place,
    pub(super) send_all: bool,
    /// Whether the schema's own examples may be used.
    pub(super) examples: bool,
    pub(super) steps: u32,
    /// Whether a required property was left out for the direction's sake.
    pub(super) omitted: bool,
    pub(super) fields: u32,
    pub(super) path: Vec<NodeId>,
}

impl<'f, 'a> Fill<'f, 'a> {
    pub(super) fn new(
        graph: &'f Graph<'a>,
        rng: &'f mut Rng,
        style: Style,
        place: Place,
        send_all: bool,
    ) -> Self {
        Self {
            graph,
            rng,
            style,
            place,
            send_all,
            examples: true,
            steps: 0,
            omitted: false,
            fields: 0,
            path: Vec::new(),
        }
    }

    /// Whether only what is required should still be built.
    pub(super) fn frugal(&self) -> bool {
        self.path.len() > SOFT_DEPTH || self.fields > SOFT_FIELDS
    }

    /// A value for a node.
    pub(super) fn value(&mut self, id: NodeId) -> Result<Value, Fail> {
        self.named(id, None)
    }

    /// A value for the node of a property of this name.
    pub(super) fn named(&mut self, id: NodeId, name: Option<&str>) -> Result<Value, Fail> {
        self.step()?;
        if self.path.len() >= HARD_DEPTH {
            return Err(Fail::new("the schema nests without end"));
        }
        let shape = self.graph.shape(id);
        if let Some(reason) = &shape.never {
            return Err(Fail::hopeless(reason.clone()));
        }
        self.fields += 1;
        if let Some(example) = self.example(id, &shape) {
            return Ok(example);
        }
        self.path.push(id);
        let value = self.repaired(id, &shape, name);
        self.path.pop();
        value
    }

    fn step(&mut self) -> Result<(), Fail> {
        self.steps += 1;
        if self.steps > STEPS {
            return Err(Fail {
                exhausted: true,
                ..Fail::new("the schema takes too many steps to satisfy")
            });
        }
        Ok(())
    }

    /// The schema's own example, where the style asks for it and it is valid.
    fn example(&mut self, id: NodeId, shape: &Shape<'a>) -> Option<Value> {
        if !self.examples || shape.examples.is_empty() {
            return None;
        }
        let scalar = |v: &Value| !v.is_object() && !v.is_array();
        let wanted = match self.style {
            Style::Simple => true,
            Style::Plain => chance(self.rng, 50),
            Style::Varied => false,
        };
        if !wanted {
            return None;
        }
        let fits = |v: &&&Value| {
            // A whole example may hold what the direction leaves out; single values are safe to take in any style.
            (scalar(v) || self.style == Style::Simple)
                && !v.is_null()
                && accepts(self.graph, id, v, true)
                && v.as_str().is_none_or(|text| expressible(self.place, text))
        };
        shape.examples.iter().find(fits).map(|v| (**v).clone())
    }

    /// Draws until `not` and the open choices agree.
    fn repaired(
        &mut self,
        id: NodeId,
        shape: &Shape<'a>,
        name: Option<&str>,
    ) -> Result<Value, Fail> {
        let style = self.style;
        let mut last = None;
        let tries = if shape.nots.is_empty() && shape.choices.is_empty() {
            1
        } else {
            BRANCH_TRIES
        };
        for attempt in 0..tries {
            // What a simple value cannot escape, a varied one may.
            if attempt > 1 && !self.frugal() {
                self.style = if attempt % 2 == 0 {
                    Style::Varied
                } else {
                    style
                };
            }
            let drawn = match shape.choices.first() {
                Some(choice) => self.chosen(id, shape, choice, name),
                None => self.plainly(id, shape, name),
            };
            self.style = style;
            match drawn {
                Ok(value) if escapes_nots(self.graph, shape, &value, self.send_all) => {
                    return Ok(value);
                }
                Ok(_) => last = Some(Fail::new("every value tried is excluded by not")),
                Err(fail) if fail.hopeless || fail.exhausted => return Err(fail),
                Err(fail) => last = Some(fail),
            }
        }
        Err(last.unwrap_or_else(|| Fail::new("nothing could be drawn")))
    }

    /// Makes one of the open choices, in the order that the style prefers, and takes the first branch that works out.
    fn chosen(
        &mut self,
        id: NodeId,
        shape: &Shape<'a>,
        choice: &Choice<'a>,
        name: Option<&str>,
    ) -> Result<Value, Fail> {
        let mut order: Vec<usize> = (0..choice.branches.len()).collect();
        let again = self.path.iter().filter(|p| **p == id).count() > 1;
        if self.frugal() || again {
            let mut path = Vec::new();
            order.sort_by_cached_key(|at| {
                self.graph
                    .height(self.graph.decide(id, choice, *at), &mut path)
            });
        } else if self.style != Style::Simple {
            for at in (1..order.len()).rev() {
                order.swap(at, super::random::between(self.rng, 0, at));
            }
        }
        if self.style != Style::Varied {
            // Null is a legal branch of many choices, and never the telling one.
            order.sort_by_key(|at| {
                let decided = self.graph.shape(self.graph.decide(id, choice, *at));
                decided.never.is_some() || decided.wanted_types() == Types::NULL
            });
        }
        let mut last = None;
        let mut hopeless = true;
        for at in order {
            let decided = self.graph.decide(id, choice, at);
            for _ in 0..2 {
                match self.named(decided, name) {
                    Ok(value) if self.keeps_choice(shape, &value) => return Ok(value),
                    Ok(_) => {
                        hopeless = false;
                        last = Some(Fail::new(
                            "every value tried fits more than one branch, or none",
                        ));
                    }
                    Err(fail) if fail.exhausted => return Err(fail),
                    Err(fail) => {
                        let stop = fail.hopeless;
                        hopeless &= stop;
                        last = Some(fail);
                        if stop {
                            break;
                        }
                    }
                }
            }
        }
        let mut fail = last.unwrap_or_else(|| Fail::hopeless("the choice has no branches"));
        fail.hopeless = hopeless;
        Err(fail)
    }

    fn keeps_choice(&self, shape: &Shape<'a>, value: &Value) -> bool {
        // A branch taken satisfies `anyOf` by construction.
        let sure =
            |choice: &Choice<'a>| matches!(choice.key.1, ChoiceKind::Any | ChoiceKind::Mapping);
        shape.choices.iter().all(sure) || accepts_choices(self.graph, shape, value, self.send_all)
    }

    /// A value where no choice is open.
    fn plainly(
        &mut self,
        id: NodeId,
        shape: &Shape<'a>,
        name: Option<&str>,
    ) -> Result<Value, Fail> {
        if shape.listed.is_some() {
            return self.member(shape);
        }
        let wanted = shape.wanted_types();
        let mut first: Option<Fail> = None;
        let mut hopeless = true;
        // Keywords bind their own type only: where that fails, any type they do not speak of will do.
        for mut left in [wanted, shape.types.without(wanted)] {
            while let Some(one) = self.one_type(shape, left) {
                left = left.without(one);
                match self.typed(id, shape, one, name) {
                    Ok(value) => return Ok(value),
                    Err(fail) if fail.exhausted => return Err(fail),
                    Err(fail) => {
                        hopeless &= fail.hopeless;
                        first.get_or_insert(fail);
                    }
                }
            }
        }
        let fail = first.unwrap_or_else(|| Fail::hopeless("its types exclude each other"));
        Err(Fail { hopeless, ..fail })
    }

    fn member(&mut self, shape: &Shape<'a>) -> Result<Value, Fail> {
        let members: Vec<&Value> = members(self.graph, shape)
            .iter()
            .copied()
            .filter(|v| v.as_str().is_none_or(|text| expressible(self.place, text)))
            .collect();
        let telling: Vec<&Value> = members.iter().copied().filter(|v| !v.is_null()).collect();
        let from = if self.style == Style::Varied || telling.is_empty() {
            &members
        } else {
            &telling
        };
        let one = if self.style == Style::Simple {
            from.first()
        } else {
            pick(self.rng, from)
        };
        one.map(|v| (*v).clone())
            .ok_or_else(|| Fail::hopeless("no listed value satisfies the other keywords"))
    }

    fn one_type(&mut self, shape: &Shape<'a>, left: Types) -> Option<Types> {
        let mut options: Vec<Types> = Types::ORDER.into_iter().filter(|t| left.has(*t)).collect();
        // Of a number's two halves the everyday one is drawn with `number` below.
        if left.has(Types::INTEGER) && left.has(Types::FRACTION) {
            options.retain(|t| *t != Types::INTEGER);
        }
        if shape.types == Types::ALL && shape.hint.is_empty() {
            // A schema that asks for nothing: a short text says so best.
            if self.style != Style::Varied {
                return options
                    .iter()
                    .copied()
                    .find(|t| *t == Types::STRING)
                    .or_else(|| options.first().copied());
            }
            options.retain(|t| {
                !t.has(Types::OBJECT.or(Types::ARRAY))
                    || left.without(Types::ARRAY.or(Types::OBJECT)).is_empty()
            });
        }
        if options.len() > 1 && self.style != Style::Varied {
            options.retain(|t| *t != Types::NULL);
        }
        if self.style == Style::Simple {
            options.first().copied()
        } else {
            pick(self.rng, &options).copied()
        }
    }

    fn typed(
        &mut self,
        id: NodeId,
        shape: &Shape<'a>,
        one: Types,
        name: Option<&str>,
    ) -> Result<Value, Fail> {
        match one {
            Types::NULL => Ok(Value::Null),
            Types::BOOLEAN => Ok(Value::Bool(
                self.style == Style::Simple || chance(self.rng, 50),
            )),
            Types::STRING => self.text(shape, name).map(Value::String),
            Types::ARRAY => self.array(shape, name),
            Types::OBJECT => self.object(id, shape),
            one => self.number(
                shape,
                one == Types::INTEGER || (shape.types.has(Types::INTEGER) && self.whole(shape)),
            ),
        }
    }

    fn whole(&self, shape: &Shape<'a>) -> bool {
        shape.number.register.is_some() && shape.types.has(Types::FRACTION)
    }

    fn number(&mut self, shape: &Shape<'a>, integer: bool) -> Result<Value, Fail> {
        let grid = shape.number.grid(integer).map_err(Fail::hopeless)?;
        let only_fractions = !shape.types.has(Types::INTEGER);
        for attempt in 0..LOCAL_TRIES {
            let style = if attempt > 2 {
                Style::Varied
            } else {
                self.style
            };
            if let Some(value) = grid.draw(self.rng, style)
                && !(only_fractions && Types::of(&value) == Types::INTEGER)
            {
                return Ok(value);
            }
        }
        Err(Fail::new("no number was found between its bounds"))
    }

    fn text(&mut self, shape: &Shape<'a>, name: Option<&str>) -> Result<String, Fail> {
        let min = shape.min_length.max(usize::from(self.place != Place::Body));
        let max = shape.max_length.unwrap_or(usize::MAX);
        if min > max {
            return Err(Fail::hopeless(format!(
                "minLength {min} is more than maxLength {max}"
            )));
        }
        if min > LONGEST_TEXT {
            return Err(Fail::hopeless(format!(
                "minLength {min} is more than the {LONGEST_TEXT} that Muster builds"
            )));
        }
        if shape.patterns.iter().any(|p| p.refusal().is_some()) {
            // Where no text can be drawn, the schema's own examples are the only ones; the judge knows whether they are.
            let fits = |text: &&str| expressible(self.place, text) && accepts_text(shape, text);
            let own: Vec<&str> = shape
                .examples
                .iter()
                .filter_map(|v| v.as_str())
                .filter(fits)
                .collect();
            if let Some(text) = pick(self.rng, &own) {
                return Ok((*text).to_owned());
            }
        }
        self.text_between(shape, min, max, name)
    }

    /// A text of these lengths that the shape takes.
    pub(super) fn text_between(
        &mut self,
        shape: &Shape<'a>,
        min: usize,
        max: usize,
        name: Option<&str>,
    ) -> Result<String, Fail> {
        if let Some(refusal) = shape.patterns.iter().find_map(|p| p.refusal()) {
            // A listed or example value would have been taken before it came to this.
            return Err(Fail::hopeless(refusal));
        }
        for attempt in 0..LOCAL_TRIES {
            let style = if attempt > LOCAL_TRIES / 2 {
                Style::Varied
            } else {
                self.style
            };
            let by_pattern =
                !shape.patterns.is_empty() && (shape.formats.is_empty() || attempt % 3 == 2);
            let text = if by_pattern {
                let pattern = shape.patterns.get(attempt % shape.patterns.len());
                pattern.and_then(|p| p.draw(self.rng, style, min, max))
            } else if let Some(format) = shape.formats.first() {
                Some(format.draw(self.rng, style, min, max))
            } else {
                let style = if self.place == Place::Body {
                    style
                } else {
                    Style::Plain.min_with(style)
                };
                Some(format::free(self.rng, style, min, max, name))
            };
            let Some(text) = text else { continue };
            let length = text.chars().count();
            if length >= min
                && length <= max
                && expressible(self.place, &text)
                && accepts_text(shape, &text)
            {
                return Ok(text);
            }
        }
        let patterns: Vec<&str> = shape.patterns.iter().map(|p| p.source()).collect();
        Err(Fail::new(if patterns.is_empty() {
            "no text was found for its format and lengths".to_owned()
        } else {
            format!(
                "no text was found for the pattern {} with its lengths and format",
                patterns.join(" and ")
            )
        }))
    }
}

impl Style {
    /// Free texts outside bodies stay everyday: what a path or header may hold is the transport's affair, not the schema's.
    fn min_with(self, other: Self) -> Self {
        if other == Self::Simple {
            Self::Simple
        } else {
            self
        }
    }
}

/// Whether a text can stand in a place so that it arrives as it was.
pub(super) fn expressible(place: Place, text: &str) -> bool {
    match place {
        Place::Body => true,
        Place::Path => {
            !text.is_empty()
                && text != "."
                && text != ".."
                && !text.contains(['/', '\\'])
                && !text.chars().any(char::is_control)
        }
        Place::Query => !text.is_empty() && !text.chars().any(char::is_control),
        Place::Header => {
            !text.is_empty()
                && text.trim() == text
                && text.chars().all(|c| c == ' ' || c.is_ascii_graphic())
        }
        Place::Cookie => {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_graphic() && !['"', ',', ';', '\\'].contains(&c))
        }
    }
}
