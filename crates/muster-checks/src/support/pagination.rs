//! A walk through all pages of a list (owner of [`Walk`]).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{support::own_record::success, support::schema_view::Place};
use muster_core::{
    arrange::{
        Arranged, Paging, create, meaning,
        paging::{Next, listed, next},
        valid_request,
    },
    contract::{Contract, Operation, ParameterPlace},
    exchange::{Exchange, Request},
    model::{ParameterRole, Responsible},
    script::{Halt, Script, Scripted},
    verdict::Finding,
};

/// The contract of the examples of lists whose pages begin at a cursor.
pub(crate) const CURSORED: &str = "
/people:
  get:
    parameters:
      - {name: limit, in: query, schema: {type: integer, maximum: 100}}
      - {name: cursor, in: query, schema: {type: string}}
    responses: {'200': {description: People}}
";

/// More pages than a walk takes.
const MOST_PAGES: usize = 40;

/// As many pages as show what is wrong with them.
const USUAL_PAGES: usize = 6;

/// The most that a page is asked for where the contract names no maximum: few servers give more.
const USUAL_MAXIMUM: usize = 100;

/// A list, page by page.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    operation: &'a Operation,
    paging: Paging,
    arranged: Arranged,
    /// How much a page may hold.
    pub(crate) limit: usize,
    /// The most that it may be asked for.
    most: usize,
    /// What was listed so far, in order.
    pub(crate) seen: Vec<String>,
    pages: usize,
    /// What the first page held.
    begun: Vec<String>,
    /// The page that was read last.
    pub(crate) latest: Option<&'a Exchange>,
}

/// How far a walk has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// To the end of the list.
    Whole,
    /// So many pages that it was enough.
    Cut,
    /// To empty pages that name a next one again and again.
    Endless,
}

/// So many empty pages in a row have no end.
pub(crate) const MOST_EMPTY: usize = 5;

/// One page of a walk.
#[derive(Debug)]
pub(crate) enum Step {
    /// These items, and more to come.
    More(Vec<String>),
    /// These items, and no more.
    Last(Vec<String>),
}

impl<'a> Walk<'a> {
    /// A walk with small pages: as many as show the defects of paging, and no more than 40.
    pub(crate) fn new(
        script: &mut Script<'a>,
        operation: &'a Operation,
        small: usize,
    ) -> Scripted<Self> {
        let Some(paging) = Paging::of(script.world.contract, operation) else {
            return Err(Halt::NotApplicable(format!(
                "No parameter of {} is recognised as one that cuts it into pages.",
                operation.key
            )));
        };
        let arranged = valid_request(script, operation)?;
        let contract = script.world.contract;
        let most = paging
            .limit
            .as_deref()
            .and_then(|limit| operation.parameter(ParameterPlace::Query, limit))
            .and_then(|limit| limit.schema.as_ref())
            .and_then(|schema| {
                Place::of(contract, schema)
                    .keyword("maximum")
                    .find_map(Value::as_u64)
            })
            .and_then(|most| usize::try_from(most).ok())
            .unwrap_or(USUAL_MAXIMUM);
        let mut walk = Self {
            operation,
            paging,
            arranged,
            limit: small,
            most,
            seen: Vec::new(),
            pages: 0,
            begun: Vec::new(),
            latest: None,
        };
        for cut in [
            walk.paging.cursor.clone(),
            walk.paging.offset.clone(),
            walk.paging.page.clone(),
        ]
        .into_iter()
        .flatten()
        {
            let contract = script.world.contract;
            let place = ParameterPlace::Query;
            walk.arranged.values.drop(place, &cut);
            walk.arranged.request = walk.arranged.without(contract, operation, place, &cut)?;
        }
        Ok(walk)
    }

    /// Begins again with the largest pages, where small ones come to no end soon.
    pub(crate) fn hurry(&mut self) -> bool {
        let slow = self.pages >= 2 * USUAL_PAGES && self.limit < self.most;
        if slow {
            self.limit = self.most;
            self.restart();
        }
        slow
    }

    /// Asks for the largest pages there are.
    pub(crate) fn widen(&mut self) {
        self.limit = self.limit.max(self.most);
    }

    /// Asks for larger pages where the list is long, by the total of its first page, and gives the request for it.
    pub(crate) fn fit(&mut self, script: &mut Script<'a>) -> Scripted<Request> {
        let first = self.first(script)?;
        let total = total(script.send(first)?)
            .and_then(|total| usize::try_from(total).ok())
            .unwrap_or(0);
        self.limit = self.limit.max(total.div_ceil(USUAL_PAGES).min(self.most));
        self.first(script)
    }

    /// Reads page after page: to the end, or as far as shows what is wrong.
    pub(crate) fn through(&mut self, script: &mut Script<'a>) -> Scripted<Extent> {
        let mut request = self.fit(script)?;
        let mut empty = 0;
        loop {
            let (Step::More(items) | Step::Last(items), next) = self.page(script, request)?;
            empty = if items.is_empty() { empty + 1 } else { 0 };
            request = match next {
                None => return Ok(Extent::Whole),
                Some(_) if empty >= MOST_EMPTY => return Ok(Extent::Endless),
                Some(_) if self.hurry() => {
                    empty = 0;
                    self.first(script)?
                }
                Some(_) if self.pages >= MOST_PAGES => return Ok(Extent::Cut),
                Some(next) => next,
            };
        }
    }

    /// Whether the first page holds other items than before: others write while the list is read.
    pub(crate) fn has_moved(&self, script: &mut Script<'a>) -> Scripted<bool> {
        let first = self.first(script)?;
        let response = success(script.send(first)?)?;
        Ok(response.json().is_ok_and(|body| {
            listed(script.world.relations, &self.operation.key, body) != self.begun
        }))
    }

    /// That a walk tells nothing, since others write while the list is read.
    pub(crate) fn moved(&self) -> Halt {
        Halt::NotApplicable(format!(
            "{} was changed by others while it was read.",
            self.operation.key
        ))
    }

    /// The first request.
    pub(crate) fn first(&self, script: &Script<'_>) -> Scripted<Request> {
        let contract = script.world.contract;
        let mut request = match &self.paging.limit {
            Some(limit) => {
                self.arranged
                    .with_query(contract, self.operation, limit, json!(self.limit))?
            }
            None => self.arranged.request.clone(),
        };
        request.purpose = "reads the first page of a list".into();
        Ok(request)
    }

    /// Sends a request for a page, and gives its items with the request for the next page.
    pub(crate) fn page(
        &mut self,
        script: &mut Script<'a>,
        request: Request,
    ) -> Scripted<(Step, Option<Request>)> {
        let exchange = script.send(request.clone())?;
        self.latest = Some(exchange);
        let response = success(exchange)?;
        let body = response.json().map_err(|reason| {
            Halt::unmet(
                Responsible::Supplier,
                format!("A page of {} is not JSON: {reason}", self.operation.key),
            )
        })?;
        let items = listed(script.world.relations, &self.operation.key, body);
        if self.pages == 0 {
            self.begun.clone_from(&items);
        }
        self.pages += 1;
        self.seen.extend(items.iter().cloned());
        let following = self.following(script, exchange, items.len(), &request)?;
        Ok(match following {
            Some(request) => (Step::More(items), Some(request)),
            None => (Step::Last(items), None),
        })
    }

    /// Begins again.
    pub(crate) fn restart(&mut self) {
        self.seen.clear();
        self.pages = 0;
    }

    /// Begins again in another order.
    pub(crate) fn ordered(&mut self, script: &Script<'a>, name: &str, value: &str) -> Scripted<()> {
        let contract = script.world.contract;
        self.arranged
            .values
            .put(ParameterPlace::Query, name, json!(value));
        self.arranged.request =
            self.arranged
                .with_query(contract, self.operation, name, json!(value))?;
        self.restart();
        Ok(())
    }

    /// Whether pages begin after a number of items, so that others who add or remove move them.
    pub(crate) const fn counts(&self) -> bool {
        self.paging.cursor.is_none() && (self.paging.offset.is_some() || self.paging.page.is_some())
    }

    /// Whether pages begin at a text of the page before.
    pub(crate) const fn has_cursor(&self) -> bool {
        self.paging.cursor.is_some()
    }

    /// Whether the walk has taken as many pages as it may.
    pub(crate) const fn is_long(&self) -> bool {
        self.pages >= MOST_PAGES
    }

    fn following(
        &self,
        script: &Script<'_>,
        exchange: &Exchange,
        came: usize,
        request: &Request,
    ) -> Scripted<Option<Request>> {
        let world = script.world;
        let again = |name: &str, value: Value| {
            let mut arranged = self.arranged.clone();
            if let Some(limit) = &self.paging.limit {
                arranged
                    .values
                    .put(ParameterPlace::Query, limit, json!(self.limit));
            }
            arranged
                .with_query(world.contract, self.operation, name, value)
                .map(|mut request| {
                    request.purpose = "reads the next page of a list".into();
                    Some(request)
                })
        };
        match next(exchange, world.base_url) {
            Next::At(address) => {
                let mut request = request.clone();
                request.address = address;
                request.purpose = "reads the next page of a list".into();
                Ok(Some(request))
            }
            Next::Cursor(text) if self.paging.cursor.is_some() => {
                let name = self.paging.cursor.as_deref().unwrap_or_default();
                again(name, json!(text))
            }
            Next::None => Ok(None),
            Next::Elsewhere(url) => Err(Halt::unmet(
                Responsible::Supplier,
                format!(
                    "The next page of {} is on another host: {url}.",
                    self.operation.key
                ),
            )),
            Next::Unsaid | Next::Cursor(_) if came == 0 || self.paging.cursor.is_some() => Ok(None),
            Next::Unsaid | Next::Cursor(_) => match (&self.paging.offset, &self.paging.page) {
                (Some(name), _) => again(name, json!(self.seen.len())),
                (None, Some(name)) => {
                    let first = self
                        .operation
                        .parameter(ParameterPlace::Query, name)
                        .and_then(|parameter| parameter.schema.as_ref())
                        .and_then(|schema| world.contract.schemas.normalised(schema))
                        .and_then(|schema| schema.get("default").or_else(|| schema.get("minimum")))
                        .and_then(Value::as_u64)
                        .unwrap_or(1);
                    again(name, json!(first + self.pages as u64))
                }
                (None, None) => Ok(None),
            },
        }
    }
}

/// The total that a list answer says.
pub(crate) fn total(exchange: &Exchange) -> Option<u64> {
    let response = exchange.response()?;
    if let Some(text) = [
        "total-objects",
        "total-records",
        "x-total-count",
        "total-count",
    ]
    .into_iter()
    .find_map(|name| response.headers.get(name))
    {
        return text.parse().ok();
    }
    let body = response.json().ok()?;
    [
        "/total",
        "/totalCount",
        "/total_count",
        "/count",
        "/meta/total",
        "/totalItems",
        "/totalElements",
    ]
    .into_iter()
    .find_map(|place| body.pointer(place)?.as_u64())
}

/// Records of the run's own in a list, as many as are asked for: by the ids that the list would show.
pub(crate) fn own_records<'a>(
    script: &mut Script<'a>,
    list: &'a Operation,
    many: usize,
) -> Scripted<BTreeMap<String, Option<String>>> {
    let world = script.world;
    let maker = world
        .relations
        .collection(&list.key)
        .filter(|_| world.writes)
        .and_then(|collection| world.contract.operation(collection.create.as_ref()?));
    let mut own = BTreeMap::new();
    let Some(maker) =
        maker.filter(|maker| maker.key.path == list.key.path && !maker.key.path.contains('{'))
    else {
        return Ok(own);
    };
    for _ in 0..many {
        let made = create(script, maker)?;
        if let Some(id) = made.id.as_ref().and_then(|id| match id {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }) {
            own.insert(id, made.item.clone());
        }
    }
    Ok(own)
}

/// Orders that a list can be asked for, each of another property: the parameter and its value.
pub(crate) fn orders(contract: &Contract, list: &Operation) -> Vec<(String, String)> {
    let Some(parameter) = meaning::parameter(contract, list, ParameterRole::Sort) else {
        return Vec::new();
    };
    let place = parameter
        .schema
        .as_ref()
        .map_or_else(Place::default, |schema| Place::of(contract, schema));
    let mut properties = BTreeSet::new();
    place
        .keyword("enum")
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(Value::as_str)
        .filter(|value| {
            let property = value.trim_start_matches(['-', '+']);
            let property = property.split([':', ' ', ',']).next().unwrap_or(property);
            let moment = ["created", "updated", "id"]
                .iter()
                .any(|word| property.to_ascii_lowercase().starts_with(word));
            !moment && properties.insert(property.to_owned())
        })
        .map(|value| (parameter.name.clone(), value.to_owned()))
        .collect()
}

/// What is wrong with a walk that should have shown each of these once, and nothing twice.
pub(crate) fn once_each(
    operation: &Operation,
    seen: &[String],
    wanted: impl IntoIterator<Item = String>,
) -> Option<Finding> {
    let mut met = BTreeSet::new();
    let found = |cause: &str, title: &str, expected: &str, received: String| {
        Some(
            Finding::new(
                cause,
                title,
                format!("{}: {expected}", operation.key),
                received,
            )
            .at(operation.pointer.clone()),
        )
    };
    // Two items of the same text may be two items.
    if let Some(twice) = seen
        .iter()
        .filter(|item| has_id(item))
        .find(|item| !met.insert(*item))
    {
        let twice: String = twice.chars().take(80).collect();
        return found(
            "twice",
            "An item is on two pages.",
            "every item once",
            format!("{twice} twice"),
        );
    }
    if let Some(lost) = wanted.into_iter().find(|item| !met.contains(item)) {
        return found(
            "lost",
            "A record that exists is on no page.",
            "every item once",
            format!("{lost} on no page"),
        );
    }
    None
}

/// Whether an item is told by an id: one that has none is told by its whole text.
pub(crate) fn has_id(item: &str) -> bool {
    !item.starts_with(['{', '[', '"'])
}
