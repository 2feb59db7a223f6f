//! Lists: their parameters, their pages, their totals (owner of [`Lister`]).

use serde_json::Value;

use crate::{
    support::resource::{CreatedRecord, ResourceOperations, answered, to_item},
    support::schema_view::Place,
};
use muster_core::{
    arrange::{answers, meaning::parameter, names, serialise, shape},
    contract::{Contract, Operation, Parameter, ParameterPlace, Schema},
    exchange::{Address, Exchange, Request},
    model::{IdentityName, ParameterRole, Responsible},
    script::{Halt, Script, Scripted},
};

/// More pages than a search goes through.
const MOST_PAGES: usize = 40;

const TOTALS: [&str; 8] = [
    "total",
    "totalcount",
    "totalitems",
    "totalresults",
    "totalrecords",
    "recordstotal",
    "totalelements",
    "numfound",
];
const NEXTS: [&str; 6] = [
    "next",
    "nextcursor",
    "nextpagetoken",
    "nexttoken",
    "cursor",
    "continuationtoken",
];

/// How a list is asked.
#[derive(Debug, Clone)]
pub(crate) struct Lister<'a> {
    /// The operation.
    pub(crate) operation: &'a Operation,
    /// How many records a page has.
    pub(crate) limit: Option<&'a Parameter>,
    /// How many records are left out.
    pub(crate) offset: Option<&'a Parameter>,
    /// Which page.
    pub(crate) page: Option<&'a Parameter>,
    cursor: Option<&'a Parameter>,
    thing: String,
    variable: String,
    path: String,
    most: Option<i64>,
    caller: IdentityName,
}

/// One page.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    /// Its records.
    pub(crate) items: Vec<&'a Value>,
    /// How many there are in all, as the answer says.
    pub(crate) total: Option<i64>,
    next: Option<String>,
}

/// What a search found.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    /// The records that were looked for.
    pub(crate) items: Vec<&'a Value>,
    /// Whether every page was seen.
    pub(crate) whole: bool,
}

impl<'a> Lister<'a> {
    /// The parameters that a list has for its pages, by name and type.
    pub(crate) fn limit_of(contract: &Contract, operation: &'a Operation) -> Option<&'a Parameter> {
        parameter(contract, operation, ParameterRole::Limit)
    }

    /// The parameter that says where a page begins.
    pub(crate) fn offset_of(
        contract: &Contract,
        operation: &'a Operation,
    ) -> Option<&'a Parameter> {
        parameter(contract, operation, ParameterRole::Offset)
            .or_else(|| parameter(contract, operation, ParameterRole::Page))
    }

    /// The list that a record belongs to.
    pub(crate) fn of(
        script: &Script<'a>,
        home: &ResourceOperations<'a>,
        operation: &'a Operation,
        held: &CreatedRecord,
    ) -> Scripted<Self> {
        let contract = script.world.contract;
        if !operation.key.method.is_safe() {
            return Err(Halt::NotApplicable(format!(
                "{} is a search with a body, and not read as a list is.",
                operation.key
            )));
        }
        // As the contract writes it, with the parents of the record: `/people/` is not `/people`.
        let path = operation
            .key
            .path
            .split('/')
            .zip(
                held.path
                    .split('/')
                    .map(Some)
                    .chain(std::iter::repeat(None)),
            )
            .map(|(segment, parent)| match parent {
                Some(parent) if segment.starts_with('{') => parent,
                _ => segment,
            })
            .collect::<Vec<_>>()
            .join("/");
        let limit = Self::limit_of(contract, operation);
        let most = limit.and_then(|parameter| {
            let place = Place::of(contract, parameter.schema.as_ref()?);
            place.keyword("maximum").find_map(Value::as_i64)
        });
        Ok(Self {
            operation,
            limit,
            offset: parameter(contract, operation, ParameterRole::Offset),
            page: parameter(contract, operation, ParameterRole::Page),
            cursor: parameter(contract, operation, ParameterRole::Cursor),
            thing: home.collection.thing.clone(),
            variable: home
                .collection
                .item
                .as_ref()
                .map_or_else(String::new, |(_, variable)| variable.clone()),
            path,
            most,
            caller: IdentityName::default(),
        })
    }

    /// The same list, as somebody else asks for it.
    pub(crate) fn asked_by(mut self, caller: IdentityName) -> Self {
        self.caller = caller;
        self
    }

    /// The request for a page, with these query values.
    pub(crate) fn request(
        &self,
        script: &Script<'a>,
        query: &[(&str, Value)],
        purpose: &str,
    ) -> Scripted<Request> {
        let request = to_item(script.world, self.operation, &self.path, None, None)?;
        let mut pairs = Vec::new();
        for (name, value) in query {
            let declared = self.operation.parameter(ParameterPlace::Query, name);
            match declared.map(|parameter| serialise::query(parameter, value)) {
                Some(Ok(written)) => pairs.extend(written),
                _ => pairs.push(format!(
                    "{}={}",
                    serialise::encode(name),
                    serialise::encode(&serialise::scalar(value))
                )),
            }
        }
        let path = request.path_and_query();
        let joint = if path.contains('?') { '&' } else { '?' };
        let address = if pairs.is_empty() {
            path.to_owned()
        } else {
            format!("{path}{joint}{}", pairs.join("&"))
        };
        Ok(Request {
            address: Address::Base(address),
            identity: self.caller.clone(),
            purpose: purpose.into(),
            ..request
        })
    }

    /// A page, asked with these query values.
    pub(crate) fn ask(
        &self,
        script: &mut Script<'a>,
        query: &[(&str, Value)],
        purpose: &str,
    ) -> Scripted<&'a Exchange> {
        let request = self.request(script, query, purpose)?;
        script.send(request)
    }

    /// Whether the list itself is there no longer, as when the record that it lies below is gone.
    pub(crate) fn is_gone(&self, script: &mut Script<'a>) -> Scripted<bool> {
        let exchange = self.ask(script, &[], "looks whether the collection is still there")?;
        Ok(matches!(exchange.status(), Some(404 | 410)))
    }

    /// The page in an answer; a gap where it is no success.
    pub(crate) fn read(&self, exchange: &'a Exchange) -> Scripted<Page<'a>> {
        let response = answered(exchange)?;
        let unmet = |why: String| Halt::unmet(Responsible::Supplier, why);
        if !response.is_success() {
            return Err(unmet(format!(
                "{} returned {}, so that the collection could not be judged.",
                self.operation.key,
                exchange.received()
            )));
        }
        let body = response
            .json()
            .map_err(|why| unmet(format!("The collection cannot be read: {why}.")))?;
        let items = answers::records(body, &self.thing);
        let is_list =
            body.is_array() || !matches!(items.as_slice(), [one] if std::ptr::eq(*one, body));
        if !is_list {
            return Err(unmet(format!("{} gives no list.", self.operation.key)));
        }
        let header = ["x-total-count", "total-count", "x-total"]
            .into_iter()
            .find_map(|name| response.headers.get(name)?.trim().parse().ok());
        Ok(Page {
            items,
            total: header.or_else(|| total(body)),
            next: next(body),
        })
    }

    /// A page, asked and read.
    pub(crate) fn fetch(
        &self,
        script: &mut Script<'a>,
        query: &[(&str, Value)],
        purpose: &str,
    ) -> Scripted<Page<'a>> {
        let exchange = self.ask(script, query, purpose)?;
        self.read(exchange)
    }

    /// As many records as one page may have.
    pub(crate) fn longest(&self) -> Option<(&'a str, Value)> {
        let limit = self.limit?;
        Some((
            limit.name.as_str(),
            self.most
                .map_or_else(|| Value::from(100), |most| Value::from(most.min(1_000))),
        ))
    }

    /// Goes through the list for what is wanted; with `all` to its end, else until something is found.
    pub(crate) fn search(
        &self,
        script: &mut Script<'a>,
        query: &[(&str, Value)],
        all: bool,
        wanted: &dyn Fn(&Value) -> bool,
    ) -> Scripted<Found<'a>> {
        let mut query = query.to_vec();
        query.extend(self.longest());
        let mut found = Vec::new();
        let mut page = self.fetch(script, &query, "looks through the collection")?;
        let size = page.items.len();
        let mut seen = size;
        found.extend(page.items.iter().copied().filter(|item| wanted(item)));
        // New records mostly come last: look there first.
        if let (false, true, Some(offset), Some(total)) =
            (all, found.is_empty(), self.offset, page.total)
            && usize::try_from(total).is_ok_and(|total| total > 2 * size)
        {
            let mut last = query.clone();
            let from = total - i64::try_from(size).unwrap_or(0);
            last.push((offset.name.as_str(), Value::from(from)));
            let tail = self.fetch(script, &last, "looks at the end of the collection")?;
            found.extend(tail.items.iter().copied().filter(|item| wanted(item)));
        }
        for number in 1..MOST_PAGES {
            if !all && !found.is_empty() {
                return Ok(Found {
                    items: found,
                    whole: false,
                });
            }
            let mut more = query.clone();
            let at_end = page.items.is_empty()
                || page
                    .total
                    .is_some_and(|total| i64::try_from(seen).is_ok_and(|seen| seen >= total));
            match (&page.next, self.cursor, self.offset, self.page) {
                (Some(next), Some(cursor), ..) => {
                    more.push((cursor.name.as_str(), Value::from(next.as_str())));
                }
                (_, Some(_), None, None) => {
                    return Ok(Found {
                        items: found,
                        whole: true,
                    });
                }
                _ if at_end => {
                    return Ok(Found {
                        items: found,
                        whole: true,
                    });
                }
                (_, _, Some(offset), _) => more.push((offset.name.as_str(), Value::from(seen))),
                (_, _, None, Some(page)) => {
                    more.push((
                        page.name.as_str(),
                        Value::from(number + self.first_page(page)),
                    ));
                }
                _ => {
                    // Without a way on, one page is the whole list, unless it says otherwise.
                    let whole = self.limit.is_none()
                        && page.next.is_none()
                        && page.total.is_none_or(|total| {
                            i64::try_from(seen).is_ok_and(|seen| seen >= total)
                        });
                    return Ok(Found {
                        items: found,
                        whole,
                    });
                }
            }
            let exchange = self.ask(script, &more, "looks at the next page")?;
            // Behind the last page many answer 404: the list was shorter than it seemed, or has become so.
            if self.cursor.is_none() && matches!(exchange.status(), Some(404)) {
                return Ok(Found {
                    items: found,
                    whole: true,
                });
            }
            page = self.read(exchange)?;
            seen += page.items.len();
            found.extend(page.items.iter().copied().filter(|item| wanted(item)));
        }
        Ok(Found {
            items: found,
            whole: false,
        })
    }

    fn first_page(&self, page: &Parameter) -> usize {
        let zero = page.examples.iter().any(|example| example.value == 0);
        usize::from(!zero)
    }

    /// The id of a record of the list.
    pub(crate) fn id(&self, item: &Value) -> Option<String> {
        answers::member(item, &names::members_for(&self.variable, &self.thing))
            .map(|id| serialise::scalar(&id))
    }

    /// Whether a record of the list is this one.
    pub(crate) fn is(&self, item: &Value, held: &CreatedRecord) -> bool {
        self.id(item).as_deref() == Some(&*held.id)
    }

    /// The schema of the records in the list.
    pub(crate) fn item_schema(&self, contract: &Contract) -> Option<Schema> {
        let schema = shape::success(self.operation)?;
        let (schema, many) = shape::records(contract, schema);
        many.then_some(schema)
    }
}

/// How many records there are in all, as a body says.
pub(crate) fn total(body: &Value) -> Option<i64> {
    let members = body.as_object()?;
    let here = members
        .iter()
        .find(|(name, value)| TOTALS.contains(&names::folded(name).as_str()) && value.is_i64())
        .and_then(|(_, value)| value.as_i64());
    here.or_else(|| {
        ["meta", "page", "pagination", "paging", "_meta"]
            .into_iter()
            .filter_map(|name| members.get(name)?.as_object())
            .flatten()
            .find(|(name, value)| TOTALS.contains(&names::folded(name).as_str()) && value.is_i64())
            .and_then(|(_, value)| value.as_i64())
    })
}

fn next(body: &Value) -> Option<String> {
    let members = body.as_object()?;
    let within = ["meta", "page", "pagination", "paging", "_meta"]
        .into_iter()
        .filter_map(|name| members.get(name)?.as_object())
        .flatten();
    members
        .iter()
        .chain(within)
        .find(|(name, value)| NEXTS.contains(&names::folded(name).as_str()) && value.is_string())
        .and_then(|(_, value)| value.as_str())
        .filter(|next| !next.is_empty() && !next.contains("://") && !next.starts_with('/'))
        .map(str::to_owned)
}
