//! Reading paths and operations, and the rules that bind them together.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use super::{
    cursor::{Cursor, Reader},
    model::{Dialect, Operation, Parameter, ParameterPlace, SecurityScheme, StatusPattern},
    parts::LinkTo,
};
use crate::model::{Method, OperationKey};

/// Operations while they are read.
pub(super) struct Paths {
    pub(super) operations: Vec<Operation>,
    /// The place of each operation: (document, pointer) → index, for `operationRef`.
    pub(super) places: HashMap<(Arc<str>, String), usize>,
    /// Links to settle: operation, response and link index, and the way.
    pub(super) links: Vec<(usize, usize, usize, LinkTo)>,
}

/// A member of a path item that is an operation.
fn method(name: &str, dialect: Dialect) -> Option<Method> {
    Some(match name {
        "get" => Method::Get,
        "put" => Method::Put,
        "post" => Method::Post,
        "delete" => Method::Delete,
        "options" => Method::Options,
        "head" => Method::Head,
        "patch" => Method::Patch,
        "trace" => Method::Trace,
        "query" if dialect == Dialect::V3_2 => Method::Query,
        _ => return None,
    })
}

impl<'a> Reader<'a> {
    pub(super) fn paths(
        &mut self,
        root: &Cursor<'a>,
        schemes: &BTreeMap<String, SecurityScheme>,
    ) -> Paths {
        let mut paths = Paths {
            operations: Vec::new(),
            places: HashMap::new(),
            links: Vec::new(),
        };
        let Some(at) = root.get("paths") else {
            let webhooks_do = self.dialect != Dialect::V3_0
                && (root.get("webhooks").is_some() || root.get("components").is_some());
            if !webhooks_do {
                self.fault(root, "the document has no `paths`");
            }
            return paths;
        };
        if !at.value.is_object() {
            self.fault(&at, "`paths` must be an object");
            return paths;
        }
        let mut shapes: HashMap<String, String> = HashMap::new();
        for (path, item) in at.members() {
            if !path.starts_with('/') {
                self.fault(&item, format!("the path `{path}` must begin with `/`"));
                continue;
            }
            if let Some(other) = shapes.insert(shape(path), path.to_owned()) {
                self.fault(
                    &item,
                    format!("the paths `{other}` and `{path}` match the same requests"),
                );
            }
            self.path_item(root, path, &item, schemes, &mut paths);
        }
        self.unique_ids(&paths);
        self.settle_links(&mut paths);
        paths
    }

    fn path_item(
        &mut self,
        root: &Cursor<'a>,
        path: &str,
        at: &Cursor<'a>,
        schemes: &BTreeMap<String, SecurityScheme>,
        paths: &mut Paths,
    ) {
        if !at.value.is_object() {
            self.fault(at, "a path item must be an object");
            return;
        }
        // Members beside `$ref` come before those it leads to.
        let mut layers = vec![at.clone()];
        if at.value.get("$ref").is_some() {
            match self.follow(at) {
                Some(target) => layers.push(target),
                None => {
                    self.read_layers(root, path, &layers, schemes, paths);
                    return;
                }
            }
        }
        self.read_layers(root, path, &layers, schemes, paths);
    }

    fn read_layers(
        &mut self,
        root: &Cursor<'a>,
        path: &str,
        layers: &[Cursor<'a>],
        schemes: &BTreeMap<String, SecurityScheme>,
        paths: &mut Paths,
    ) {
        let first = |key: &str| layers.iter().find_map(|layer| layer.get(key));
        let mut broken = None;
        let shared = first("parameters")
            .map(|list| self.parameters(&list, &mut broken))
            .unwrap_or_default();
        let servers = self.servers(first("servers"));
        let mut seen = HashSet::new();
        for layer in layers {
            for (name, member) in layer.members() {
                if !seen.insert(name.to_owned()) {
                    continue;
                }
                let mut found = Vec::new();
                if let Some(method) = method(name, self.dialect) {
                    found.push((method, member));
                } else if name == "additionalOperations" && self.dialect == Dialect::V3_2 {
                    found.extend(
                        member
                            .entries()
                            .map(|(token, operation)| (Method::parse(token), operation)),
                    );
                } else if !matches!(
                    name,
                    "$ref" | "summary" | "description" | "servers" | "parameters"
                ) {
                    let hint = if method(&name.to_ascii_lowercase(), self.dialect).is_some() {
                        "; methods are written in lower case"
                    } else {
                        ""
                    };
                    self.fault(
                        &member,
                        format!("a path item has no property `{name}`{hint}"),
                    );
                }
                for (method, at) in found {
                    let key = OperationKey::new(method, path);
                    let operation = self.operation(
                        (root, &at),
                        key,
                        (&shared, broken.clone()),
                        &servers,
                        schemes,
                        paths,
                    );
                    if let Some(operation) = operation {
                        paths
                            .places
                            .insert((at.document, at.pointer), paths.operations.len());
                        paths.operations.push(operation);
                    }
                }
            }
        }
    }

    fn parameters(&mut self, at: &Cursor<'a>, broken: &mut Option<String>) -> Vec<Parameter> {
        if !at.value.is_array() {
            self.fault(at, "`parameters` must be a list");
        }
        let mut parameters: Vec<Parameter> = Vec::new();
        for item in at.items() {
            let Some(parameter) = self.parameter(&item) else {
                broken.get_or_insert_with(|| {
                    format!("the parameter at `{}` did not load", self.location(&item))
                });
                continue;
            };
            let same =
                |other: &Parameter| other.place == parameter.place && other.name == parameter.name;
            if parameters.iter().any(same) {
                self.fault(
                    &item,
                    format!("the parameter `{}` is declared twice", parameter.name),
                );
                continue;
            }
            parameters.push(parameter);
        }
        parameters
    }

    fn operation(
        &mut self,
        (root, at): (&Cursor<'a>, &Cursor<'a>),
        key: OperationKey,
        (shared, mut broken): (&[Parameter], Option<String>),
        path_servers: &[super::Server],
        schemes: &BTreeMap<String, SecurityScheme>,
        paths: &mut Paths,
    ) -> Option<Operation> {
        if !at.value.is_object() {
            self.fault(at, "an operation must be an object");
            return None;
        }
        let own = at
            .get("parameters")
            .map(|list| self.parameters(&list, &mut broken))
            .unwrap_or_default();
        let parameters = merge(shared, own);
        self.path_variables(at, &key, &parameters);
        let body = match at.get("requestBody") {
            None => None,
            Some(body) => {
                let read = self.body(&body);
                if read.is_none() {
                    broken.get_or_insert_with(|| "its request body did not load".to_owned());
                }
                read
            }
        };
        let mut responses = Vec::new();
        match at.get("responses") {
            Some(list) if list.value.is_object() => {
                for (status, response) in list.members() {
                    let Some(pattern) = status_pattern(status) else {
                        self.fault(
                            &response,
                            format!("`{status}` is not a status: use a code, `2XX` or `default`"),
                        );
                        continue;
                    };
                    if let Some(read) = self.response(pattern, &response) {
                        responses.push(read);
                    }
                }
                if responses.is_empty() {
                    self.fault(&list, "an operation needs at least one response");
                }
            }
            Some(list) => self.fault(&list, "`responses` must be an object"),
            None if self.dialect == Dialect::V3_0 => {
                self.fault(at, "an operation needs `responses`");
            }
            None => {}
        }
        responses.sort_by_key(|(response, _)| response.status);
        let index = paths.operations.len();
        let mut specs = Vec::new();
        for (at_response, (response, ways)) in responses.into_iter().enumerate() {
            for (at_link, way) in ways.into_iter().enumerate() {
                paths.links.push((index, at_response, at_link, way));
            }
            specs.push(response);
        }
        self.callbacks(at);
        let security = match at.get("security") {
            Some(own) => self.security(Some(own), schemes),
            // Judged once at the root, so that its faults are told once.
            None => quietly(self, |reader| {
                reader.security(root.get("security"), schemes)
            }),
        };
        let servers = match self.servers(at.get("servers")) {
            own if own.is_empty() => path_servers.to_vec(),
            own => own,
        };
        Some(Operation {
            key,
            id: at.text("operationId").map(str::to_owned),
            summary: at.owned("summary"),
            tags: at
                .get("tags")
                .map(|tags| {
                    tags.items()
                        .filter_map(|tag| tag.value.as_str().map(str::to_owned))
                        .collect()
                })
                .unwrap_or_default(),
            deprecated: at.flag("deprecated"),
            parameters,
            body,
            responses: specs,
            security,
            servers,
            broken,
            pointer: self.location(at),
            surroundings: super::Surroundings {
                description: at.owned("description"),
                ..super::Surroundings::default()
            },
        })
    }

    fn path_variables(&mut self, at: &Cursor<'a>, key: &OperationKey, parameters: &[Parameter]) {
        let mut variables = Vec::new();
        let mut rest: &str = &key.path;
        while let Some((_, after)) = rest.split_once('{') {
            match after.split_once('}') {
                Some((name, after)) => {
                    if variables.contains(&name) {
                        self.fault(at, format!("the path names `{{{name}}}` twice"));
                    }
                    variables.push(name);
                    rest = after;
                }
                None => {
                    self.fault(at, "a `{` in the path is not closed");
                    break;
                }
            }
        }
        let declared = |name: &str| {
            parameters
                .iter()
                .any(|parameter| parameter.place == ParameterPlace::Path && parameter.name == name)
        };
        for name in &variables {
            if !declared(name) {
                self.fault(
                    at,
                    format!("the path variable `{name}` is not declared as a parameter"),
                );
            }
        }
        for parameter in parameters {
            if parameter.place == ParameterPlace::Path
                && !variables.contains(&parameter.name.as_str())
            {
                self.fault(
                    at,
                    format!(
                        "the path parameter `{}` does not stand in the path `{}`",
                        parameter.name, key.path
                    ),
                );
            }
        }
    }

    /// Callbacks are kept raw; only their schemas are noted, so that references into them work.
    fn callbacks(&mut self, at: &Cursor<'a>) {
        let Some(callbacks) = at.get("callbacks") else {
            return;
        };
        for (_, callback) in callbacks.entries() {
            if let Some(callback) = self.follow(&callback) {
                for (_, item) in callback.members() {
                    self.raw_path_item(&item);
                }
            }
        }
    }

    /// Reads a path item for its faults and schemas alone.
    pub(super) fn raw_path_item(&mut self, at: &Cursor<'a>) {
        let Some(at) = self.follow(at) else { return };
        let mut broken = None;
        if let Some(list) = at.get("parameters") {
            self.parameters(&list, &mut broken);
        }
        for (name, operation) in at.members() {
            if method(name, self.dialect).is_none() {
                continue;
            }
            if let Some(list) = operation.get("parameters") {
                self.parameters(&list, &mut broken);
            }
            if let Some(body) = operation.get("requestBody") {
                self.body(&body);
            }
            for (status, response) in operation
                .get("responses")
                .iter()
                .flat_map(|responses| responses.members())
            {
                if let Some(pattern) = status_pattern(status) {
                    self.response(pattern, &response);
                }
            }
        }
    }

    fn unique_ids(&mut self, paths: &Paths) {
        let mut seen: HashMap<&str, &OperationKey> = HashMap::new();
        let mut places: Vec<_> = paths.places.iter().collect();
        places.sort_by_key(|(_, index)| **index);
        for ((document, pointer), index) in places {
            let Some(operation) = paths.operations.get(*index) else {
                continue;
            };
            let Some(id) = operation.id.as_deref() else {
                continue;
            };
            if let Some(other) = seen.insert(id, &operation.key) {
                let at = Cursor {
                    document: Arc::clone(document),
                    pointer: pointer.clone(),
                    value: &serde_json::Value::Null,
                };
                let message = format!("the operationId `{id}` is also that of {other}");
                self.fault_of(super::FaultKind::OperationId, &at, message);
            }
        }
    }
}

/// Reads without adding faults.
fn quietly<'a, T>(reader: &mut Reader<'a>, read: impl FnOnce(&mut Reader<'a>) -> T) -> T {
    let before = reader.faults.len();
    let value = read(reader);
    reader.faults.truncate(before);
    value
}

/// The path's parameters with the operation's own put over them.
fn merge(shared: &[Parameter], own: Vec<Parameter>) -> Vec<Parameter> {
    let mut merged: Vec<Parameter> = shared.to_vec();
    for parameter in own {
        let same = merged
            .iter_mut()
            .find(|other| other.place == parameter.place && other.name == parameter.name);
        match same {
            Some(other) => *other = parameter,
            None => merged.push(parameter),
        }
    }
    // OpenAPI keeps these three for its own keywords; a parameter of that name counts for nothing.
    merged.retain(|parameter| {
        parameter.place != ParameterPlace::Header
            || !["accept", "content-type", "authorization"]
                .iter()
                .any(|reserved| parameter.name.eq_ignore_ascii_case(reserved))
    });
    merged
}

/// Two paths of the same shape match the same requests.
fn shape(path: &str) -> String {
    let mut shape = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        shape.push_str(before);
        shape.push_str("{}");
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    shape.push_str(rest);
    shape
}

fn status_pattern(key: &str) -> Option<StatusPattern> {
    if key == "default" {
        return Some(StatusPattern::Default);
    }
    let bytes = key.as_bytes();
    let first = bytes
        .first()
        .filter(|digit| (b'1'..=b'5').contains(*digit))?;
    if bytes.len() != 3 {
        return None;
    }
    if key.ends_with("XX") || key.ends_with("xx") {
        return Some(StatusPattern::Range(first - b'0'));
    }
    if bytes.iter().all(u8::is_ascii_digit) {
        key.parse().ok().map(StatusPattern::Exact)
    } else {
        None
    }
}
