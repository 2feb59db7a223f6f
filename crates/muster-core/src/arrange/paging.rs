//! How a list is cut into pages (owner of [`Paging`]): told from its parameters, and from what a page says of
//! the next one.

use serde_json::Value;
use url::Url;

use super::{answers, meaning::Meanings, names, relations::Relations, serialise};
use crate::{
    contract::{Contract, Operation},
    exchange::{Address, Exchange},
    model::{OperationKey, ParameterRole},
};

/// The parameters that cut a list, as far as the contract shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paging {
    /// How much a page may hold.
    pub limit: Option<String>,
    /// Where a page begins: a text of the page before.
    pub cursor: Option<String>,
    /// Where a page begins: how many items come before it.
    pub offset: Option<String>,
    /// Where a page begins: the number of the page.
    pub page: Option<String>,
}

/// What a page says of the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It is here.
    At(Address),
    /// It comes for this cursor.
    Cursor(String),
    /// It is on another host, where no request goes.
    Elsewhere(String),
    /// There is none: the answer says so.
    None,
    /// The answer says nothing of one.
    Unsaid,
}

impl Paging {
    /// What contract and target file show for an operation; nothing where its parameters do not cut it.
    #[must_use]
    pub fn of(contract: &Contract, operation: &Operation) -> Option<Self> {
        let meanings = Meanings::of(contract, operation);
        let named = |role| meanings.name(role).map(str::to_owned);
        let paging = Self {
            limit: named(ParameterRole::Limit),
            cursor: named(ParameterRole::Cursor),
            offset: named(ParameterRole::Offset),
            page: named(ParameterRole::Page),
        };
        (paging != Self::default()).then_some(paging)
    }

    /// Whether a parameter is one of those that cut the list.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        [&self.limit, &self.cursor, &self.offset, &self.page]
            .into_iter()
            .any(|held| held.as_deref() == Some(name))
    }
}

/// What a page says of the next one: `Link` first, then `Next-Page`, then the body.
#[must_use]
pub fn next(exchange: &Exchange, base_url: &str) -> Next {
    let Some(response) = exchange.response() else {
        return Next::Unsaid;
    };
    let linked = response
        .headers
        .all("link")
        .find_map(|value| linked_as(value, "next"))
        .or_else(|| response.headers.get("next-page").map(str::to_owned));
    if let Some(target) = linked {
        return address(&target, exchange, base_url);
    }
    // A page that links to others of its series, and to no next one, is the last (RFC 8288 §3.3).
    let names_others = ["first", "prev", "previous", "last"]
        .iter()
        .any(|relation| {
            let mut links = response.headers.all("link");
            links.any(|value| linked_as(value, relation).is_some())
        });
    let Ok(body) = response.json() else {
        return Next::Unsaid;
    };
    const PLACES: [&str; 22] = [
        "/links/next/href",
        "/_links/next/href",
        "/links/next",
        "/@odata.nextLink",
        "/nextLink",
        "/next_page_url",
        "/paging/next",
        "/pagination/next",
        "/meta/next",
        "/nextPage",
        "/nextCursor",
        "/next_cursor",
        "/nextToken",
        "/nextPageToken",
        "/next_page_token",
        "/cursor/next",
        "/meta/next_cursor",
        "/meta/nextCursor",
        "/pagination/nextCursor",
        "/pagination/next_cursor",
        "/page/next",
        "/next",
    ];
    let held = || {
        PLACES
            .into_iter()
            .filter_map(|place| Some((place, body.pointer(place)?)))
    };
    let said = held().find_map(|(place, value)| {
        let text = value.as_str().filter(|text| !text.is_empty())?;
        Some((place, text))
    });
    match said {
        None if names_others || held().any(|(_, value)| value.is_null()) => Next::None,
        None => Next::Unsaid,
        Some((place, text)) => {
            // A reference need not begin with a slash (RFC 3986 §4.2): HAL has `people?page=2`.
            let is_link = text.contains("://")
                || text.starts_with(['/', '?'])
                || place.ends_with("/href")
                || text.contains('?') && text.contains('=');
            if is_link {
                address(text, exchange, base_url)
            } else {
                Next::Cursor(text.to_owned())
            }
        }
    }
}

/// Where a page says that the page of this relation is, such as `first`, `last` or `prev`: in `Link`, or as a link in
/// its body. Nothing where it says so of another host, or not at all.
#[must_use]
pub fn page_at(exchange: &Exchange, base_url: &str, relation: &str) -> Option<Address> {
    let response = exchange.response()?;
    let linked = response
        .headers
        .all("link")
        .find_map(|value| linked_as(value, relation));
    let in_body = || {
        let body = response.json().ok()?;
        [
            format!("/links/{relation}/href"),
            format!("/_links/{relation}/href"),
            format!("/links/{relation}"),
            format!("/{relation}_page_url"),
            format!("/paging/{relation}"),
            format!("/pagination/{relation}"),
            format!("/meta/{relation}"),
            format!("/{relation}"),
        ]
        .iter()
        .find_map(|place| body.pointer(place)?.as_str())
        .filter(|text| text.contains("://") || text.starts_with(['/', '?']))
        .map(str::to_owned)
    };
    match address(&linked.or_else(in_body)?, exchange, base_url) {
        Next::At(address) => Some(address),
        Next::Cursor(_) | Next::Elsewhere(_) | Next::None | Next::Unsaid => None,
    }
}

/// The target of a link with this relation (RFC 8288).
fn linked_as(value: &str, relation: &str) -> Option<String> {
    let mut rest = value;
    while let Some(begin) = rest.find('<') {
        let after = rest.get(begin + 1..)?;
        let end = after.find('>')?;
        let target = after.get(..end)?;
        let parameters = after.get(end + 1..)?;
        let until = parameters.find(",<").or_else(|| parameters.find(", <"));
        let own = until.map_or(Some(parameters), |until| parameters.get(..until))?;
        let is_meant = own.split(';').any(|parameter| {
            parameter.split_once('=').is_some_and(|(name, value)| {
                name.trim().eq_ignore_ascii_case("rel")
                    && value
                        .trim()
                        .trim_matches('"')
                        .split_whitespace()
                        .any(|name| name.eq_ignore_ascii_case(relation))
            })
        });
        if is_meant {
            return Some(target.to_owned());
        }
        rest = parameters;
    }
    None
}

fn address(target: &str, exchange: &Exchange, base_url: &str) -> Next {
    let here = Url::parse(&exchange.url).or_else(|_| Url::parse(base_url));
    let Ok(url) = here.and_then(|here| here.join(target)) else {
        return Next::Unsaid;
    };
    let same = Url::parse(base_url).is_ok_and(|base| {
        base.host_str() == url.host_str()
            && base.port_or_known_default() == url.port_or_known_default()
    });
    if !same {
        return Next::Elsewhere(url.to_string());
    }
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let base = Url::parse(base_url).map(|base| base.path().trim_end_matches('/').to_owned());
    let below = base
        .ok()
        .and_then(|base| path.strip_prefix(&base).map(str::to_owned))
        .filter(|path| path.starts_with('/'));
    Next::At(below.map_or(Address::Root(path), Address::Base))
}

/// The items of a response of a collection; none where it is not a list.
#[must_use]
pub fn items<'b>(relations: &Relations, key: &OperationKey, body: &'b Value) -> Vec<&'b Value> {
    let thing = relations
        .collection(key)
        .map_or("", |collection| collection.thing.as_str());
    let items = answers::records(body, thing);
    // A response that is not a list comes back as its own only record.
    if items.first().is_some_and(|item| std::ptr::eq(*item, body)) {
        return Vec::new();
    }
    items
}

/// The items of a list answer, each by its id, or by its whole text where it has none.
#[must_use]
pub fn listed(relations: &Relations, key: &OperationKey, body: &Value) -> Vec<String> {
    let collection = relations.collection(key);
    let thing = collection.map_or("", |collection| collection.thing.as_str());
    let variable = collection
        .and_then(|collection| collection.item.as_ref())
        .map_or("id", |(_, variable)| variable);
    let members = names::members_for(variable, thing);
    let items = answers::records(body, thing);
    // An answer that is no list comes back as its own only record.
    if items.first().is_some_and(|item| std::ptr::eq(*item, body)) {
        return Vec::new();
    }
    items
        .into_iter()
        .map(|item| {
            answers::member(item, &members)
                .map_or_else(|| item.to_string(), |id| serialise::scalar(&id))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at what is wrong")]

    use bytes::Bytes;

    use super::*;
    use crate::{
        exchange::{ExchangeId, Headers, HttpVersion, Outcome, Request, Response, Timing},
        model::Method,
    };

    fn after(body: &str) -> Next {
        with_link(None, body)
    }

    fn with_link(link: Option<&str>, body: &str) -> Next {
        let request = Request::new(Method::Get, Address::Base("/people".into()), "lists");
        let mut headers = Headers::new();
        headers.set("content-type", "application/json");
        if let Some(link) = link {
            headers.set("link", link);
        }
        let response = Response::new(
            200,
            HttpVersion::Http11,
            headers,
            Bytes::copy_from_slice(body.as_bytes()),
            false,
            Timing::default(),
        );
        let exchange = Exchange {
            id: ExchangeId(1),
            request,
            url: "http://127.0.0.1:1/v1/people?page=1".to_owned(),
            credentials: Headers::new(),
            followed: None,
            outcome: Outcome::Answered(response),
        };
        next(&exchange, "http://127.0.0.1:1/v1")
    }

    #[test]
    fn a_reference_without_a_slash_is_a_link_and_null_is_the_end() {
        let second = Next::At(Address::Base("/people?page=2".into()));
        assert_eq!(
            after(r#"{"_links":{"next":{"href":"people?page=2"}}}"#),
            second
        );
        assert_eq!(after(r#"{"next":"?page=2"}"#), second);
        assert_eq!(after(r#"{"next":null,"count":3}"#), Next::None);
        assert_eq!(
            after(r#"{"next":"bGFzdA=="}"#),
            Next::Cursor("bGFzdA==".into())
        );
        assert_eq!(after(r#"{"items":[]}"#), Next::Unsaid);
    }

    #[test]
    fn a_page_that_links_to_others_and_to_no_next_is_the_last() {
        let links = |relations: &str| with_link(Some(relations), r#"{"items":[1]}"#);
        assert_eq!(links(r#"</people>; rel="first""#), Next::None);
        let second = Next::At(Address::Root("/b".into()));
        assert_eq!(links(r#"</people>; rel="first", </b>; rel="next""#), second);
        assert_eq!(links(r#"</people.html>; rel="alternate""#), Next::Unsaid);
    }

    #[test]
    fn the_next_link_is_found_among_others() {
        let value = r#"</a>; rel="successor-version", </b?x=1,2>; rel="prev next""#;
        assert_eq!(linked_as(value, "next").as_deref(), Some("/b?x=1,2"));
        assert_eq!(linked_as("</a>; rel=last", "next"), None);
        assert_eq!(linked_as("</a>; rel=last", "last").as_deref(), Some("/a"));
        assert_eq!(linked_as("<a", "next").as_deref(), None);
    }
}
