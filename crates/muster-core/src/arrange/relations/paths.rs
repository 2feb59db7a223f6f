//! What paths and methods alone tell: collections, and the roles of operations.

use super::{Collection, Relations, Role};
use crate::{
    arrange::{names, shape},
    contract::{Contract, Operation, StatusPattern},
    model::{Does, Method},
};

impl Relations {
    /// Collections and roles.
    pub(super) fn gather(&mut self, contract: &Contract) {
        for operation in &contract.operations {
            if let Some((before, name)) = item_of(&operation.key.path) {
                self.collection_mut(before)
                    .item
                    .get_or_insert_with(|| (operation.key.path.to_string(), name.to_owned()));
            }
        }
        self.gather_compounds(contract);
        for operation in &contract.operations {
            let (role, reason) = self.role_of(contract, operation);
            self.roles.insert(operation.key.clone(), (role, reason));
            let path = operation.key.path.trim_end_matches('/');
            let item = item_of(path);
            let on_item = item.is_some();
            let home = match (item, split_last(path), role) {
                (Some((before, _)), ..) => before,
                (None, Some((before, last)), Role::List | Role::Create)
                    if is_verb(last) && self.by_skeleton.contains_key(&skeleton(before)) =>
                {
                    before
                }
                _ => path,
            };
            if home.is_empty() || (!on_item && !matches!(role, Role::List | Role::Create)) {
                continue;
            }
            let home = home.to_owned();
            let key = operation.key.clone();
            let collection = self.collection_mut(&home);
            let place = match role {
                Role::List => &mut collection.list,
                Role::Create => &mut collection.create,
                Role::Read => &mut collection.read,
                Role::Replace => &mut collection.replace,
                Role::Patch => &mut collection.patch,
                Role::Delete => &mut collection.delete,
                Role::Bulk | Role::Action | Role::Other => continue,
            };
            // The collection's own path speaks before `/search` below it.
            if place.is_none() || *home == *key.path {
                *place = Some(key);
            }
        }
        let mut order: Vec<usize> = (0..self.collections.len()).collect();
        let depth = |index: &usize| {
            self.collections
                .get(*index)
                .map_or(0, |collection| collection.path.matches('{').count())
        };
        order.sort_by_key(depth);
        for index in order {
            if let Some(collection) = self.collections.get(index) {
                for thing in things(collection) {
                    self.by_thing.entry(thing).or_default().push(index);
                }
            }
        }
    }

    /// Collections whose records are named by several variables together: a POST adds to one, and its body holds each of them.
    fn gather_compounds(&mut self, contract: &Contract) {
        for operation in &contract.operations {
            if operation.key.method != Method::Delete {
                continue;
            }
            let path = operation.key.path.trim_end_matches('/');
            let mut before = path;
            let mut names = Vec::new();
            while let Some((parent, name)) =
                split_last(before).and_then(|(parent, last)| Some((parent, variable(last)?)))
            {
                names.insert(0, name.to_owned());
                before = parent;
            }
            let is_added_to = || {
                contract.operations.iter().any(|other| {
                    other.key.method == Method::Post
                        && skeleton(&other.key.path) == skeleton(before)
                        && names.iter().all(|name| {
                            let mut body = other.surroundings.body.iter();
                            body.any(|held| names::folded(held) == names::folded(name))
                        })
                })
            };
            if names.len() < 2 || before.is_empty() || !is_added_to() {
                continue;
            }
            // `GET /tags/{type}` beside `DELETE /tags/{type}/{value}` reads all of one type.
            let single = names.first().map(|name| format!("{before}/{{{name}}}"));
            let is_changed_alone = contract.operations.iter().any(|other| {
                !other.key.method.is_safe()
                    && single
                        .as_ref()
                        .is_some_and(|single| skeleton(&other.key.path) == skeleton(single))
            });
            if !is_changed_alone {
                let collection = self.collection_mut(before);
                collection.item = None;
                collection
                    .compound
                    .get_or_insert_with(|| (operation.key.path.to_string(), names));
            }
        }
    }

    pub(super) fn collection_mut(&mut self, path: &str) -> &mut Collection {
        let key = skeleton(path);
        let next = self.collections.len();
        let index = *self.by_skeleton.entry(key).or_insert(next);
        if index == next {
            let last = path
                .rsplit('/')
                .find(|segment| !segment.contains('{') && !is_verb(segment))
                .unwrap_or_default();
            self.collections.push(Collection {
                path: path.to_owned(),
                thing: names::thing(last),
                item: None,
                compound: None,
                list: None,
                create: None,
                read: None,
                replace: None,
                patch: None,
                delete: None,
            });
        }
        #[expect(
            clippy::indexing_slicing,
            reason = "the index was made for this list above"
        )]
        &mut self.collections[index]
    }

    pub(super) fn role_of(
        &self,
        contract: &Contract,
        operation: &Operation,
    ) -> (Role, &'static str) {
        let said = contract
            .roles
            .get(&operation.key)
            .and_then(|said| said.does);
        if let Some(does) = said {
            return (Role::from(does), "the target file says so");
        }
        let path = operation.key.path.trim_end_matches('/');
        let last = split_last(path).map_or("", |(_, last)| last);
        let on_item = item_of(path).is_some();
        let own = self
            .by_skeleton
            .get(&skeleton(path))
            .and_then(|&index| self.collections.get(index));
        let has_items = own.is_some_and(|collection| collection.item.is_some());
        let has_compounds = own.is_some_and(|collection| collection.compound.is_some());
        let lists =
            || shape::success(operation).is_some_and(|schema| shape::records(contract, schema).1);
        const ITEM: &str = "its path ends in a variable";
        const ITEMS: &str = "other paths name one of what is under its path";
        const LISTS: &str = "its response holds an array of records";
        const METHOD: &str = "of its method alone";
        match operation.key.method {
            Method::Get | Method::Query if on_item => (Role::Read, ITEM),
            Method::Get | Method::Query if has_items && is_one_object(contract, operation) => {
                (Role::Read, "its response is one object")
            }
            Method::Get | Method::Query if has_items || has_compounds => (Role::List, ITEMS),
            Method::Get | Method::Query if lists() => (Role::List, LISTS),
            Method::Get | Method::Query => (Role::Read, "its response holds no array"),
            Method::Post if on_item => (Role::Action, ITEM),
            Method::Post if is_search(last) && lists() => (Role::List, LISTS),
            Method::Post if is_search(last) => (Role::Action, "it searches and lists nothing"),
            Method::Post if has_items => (Role::Create, ITEMS),
            Method::Post if documents_creation(operation) => {
                (Role::Create, "it documents 201 or Location")
            }
            Method::Post if matches!(last, "create" | "add" | "new") => {
                (Role::Create, "the last word of its path")
            }
            Method::Post => (Role::Action, "nothing shows that it makes a record"),
            Method::Put | Method::Patch | Method::Delete if has_items => (Role::Bulk, ITEMS),
            Method::Put => (Role::Replace, METHOD),
            Method::Patch => (Role::Patch, METHOD),
            Method::Delete => (Role::Delete, METHOD),
            Method::Head | Method::Options | Method::Trace => (Role::Other, METHOD),
            Method::Other(_) => (Role::Action, METHOD),
        }
    }
}

/// Whether an operation plainly answers one object, which holds no list: the settings of `/settings/{key}`.
fn is_one_object(contract: &Contract, operation: &Operation) -> bool {
    let schemas = &contract.schemas;
    let Some(schema) = shape::success(operation) else {
        return false;
    };
    let (record, many) = shape::records(contract, schema);
    let is_list = |member: &shape::Member| {
        shape::types(schemas, &member.schema)
            .iter()
            .any(|kind| kind == "array")
    };
    let members = shape::members(schemas, &record);
    !many
        && !members.is_empty()
        && shape::keyword(schemas, &record, "additionalProperties")
            .is_none_or(|rest| !rest.is_object())
        && !members.iter().any(is_list)
}

impl From<Does> for Role {
    fn from(does: Does) -> Self {
        match does {
            Does::List | Does::Search | Does::Export => Self::List,
            Does::Create => Self::Create,
            Does::Read => Self::Read,
            Does::Replace => Self::Replace,
            Does::Patch => Self::Patch,
            Does::Delete => Self::Delete,
            Does::Action => Self::Action,
        }
    }
}

/// A path with its variables' names left out, and without a slash at its end.
pub(crate) fn skeleton(path: &str) -> String {
    let mut skeleton = String::with_capacity(path.len());
    let mut rest = path.trim_end_matches('/');
    while let Some((before, after)) = rest.split_once('{') {
        skeleton.push_str(before);
        skeleton.push_str("{}");
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    skeleton.push_str(rest);
    skeleton
}

/// The path before its last segment, and the last segment.
pub(super) fn split_last(path: &str) -> Option<(&str, &str)> {
    path.trim_end_matches('/').rsplit_once('/')
}

/// The collection that an item path has one of, and its variable: `/courts/id/{courtId}` is one of `/courts`.
pub(super) fn item_of(path: &str) -> Option<(&str, &str)> {
    let (before, last) = split_last(path)?;
    let name = variable(last)?;
    let before = before
        .strip_suffix("/id")
        .or_else(|| before.strip_suffix("/by-id"))
        .filter(|before| !before.is_empty())
        .unwrap_or(before);
    (!before.is_empty()).then_some((before, name))
}

/// The variable that a segment is, where it is nothing but one.
pub(super) fn variable(segment: &str) -> Option<&str> {
    segment
        .strip_prefix('{')?
        .strip_suffix('}')
        .filter(|name| !name.contains(['{', '}']))
}

/// The path up to and with a variable.
pub(crate) fn prefix_through<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let marker = format!("{{{name}}}");
    path.find(&marker).and_then(|at| {
        let end = at + marker.len();
        let rest = path.get(end..)?;
        path.get(..end + rest.find('/').unwrap_or(rest.len()))
    })
}

/// What a path variable names, as a key: the path through it without the names of variables, and where several
/// variables share its segment, its own name too. Each of those has a value of its own.
pub(crate) fn named_by(path: &str, name: &str) -> Option<String> {
    let prefix = prefix_through(path, name)?;
    let key = skeleton(prefix);
    Some(if shares_segment(prefix) {
        format!("{key}#{name}")
    } else {
        key
    })
}

/// Whether the last segment of a path has several variables, as `{name}.{ext}` has.
pub(crate) fn shares_segment(path: &str) -> bool {
    split_last(path).is_some_and(|(_, last)| last.matches('{').count() > 1)
}

/// What one of a collection may be called: by its path, and by the variable of its item path
/// (`/court-maintenance/{courtId}` holds courts).
pub(super) fn things(collection: &Collection) -> Vec<String> {
    let mut things = vec![collection.thing.clone()];
    if let Some((owner, _)) = collection
        .item
        .as_ref()
        .and_then(|(_, variable)| names::identifier(variable))
        && !owner.is_empty()
        && owner != collection.thing
    {
        things.push(owner);
    }
    things
}

pub(crate) fn documents_creation(operation: &Operation) -> bool {
    operation.responses.iter().any(|response| {
        response.status == StatusPattern::Exact(201)
            || (200..300).any(|status| response.status == StatusPattern::Exact(status))
                && response
                    .headers
                    .iter()
                    .any(|header| header.name.eq_ignore_ascii_case("location"))
    })
}

pub(crate) fn is_search(segment: &str) -> bool {
    let words = names::words(segment);
    words.iter().any(|word| {
        matches!(
            word.as_str(),
            "search" | "searches" | "query" | "find" | "lookup" | "filter" | "match"
        )
    })
}

pub(super) fn is_verb(segment: &str) -> bool {
    is_search(segment)
        || matches!(
            segment,
            "create" | "add" | "new" | "list" | "all" | "paged" | "id" | "by-id"
        )
}
