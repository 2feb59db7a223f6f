//! Operations, their parameters, bodies, answers and security (owner of [`compare`]).

use super::{
    Difference, Impact, rule,
    schemas::{Side, compare_schemas},
};
use crate::{
    contract::{
        Alternative, Contract, HeaderSpec, Media, Operation, Parameter, ParameterPlace,
        ResponseSpec, Schema, Security, StatusPattern,
    },
    model::OperationKey,
};

/// Every difference of two contracts.
pub(super) fn compare(old: &Contract, new: &Contract) -> Vec<Difference> {
    let mut drift = Drift {
        old,
        new,
        found: Vec::new(),
        about: String::new(),
    };
    for operation in &old.operations {
        drift.about = operation.key.to_string();
        match twin(new, &operation.key) {
            None => drift.tell("operation-removed", "The operation is gone.".to_owned()),
            Some(other) => drift.operation(operation, other),
        }
    }
    for operation in &new.operations {
        if twin(old, &operation.key).is_none() {
            drift.about = operation.key.to_string();
            drift.tell("operation-added", "The operation is new.".to_owned());
        }
    }
    drift.found
}

/// The operation of the same method and path, whatever the variables of the path are called.
fn twin<'a>(contract: &'a Contract, key: &OperationKey) -> Option<&'a Operation> {
    contract.operation(key).or_else(|| {
        contract.operations.iter().find(|other| {
            other.key.method == key.method && shape(&other.key.path) == shape(&key.path)
        })
    })
}

/// A path without the names of its variables.
fn shape(path: &str) -> String {
    let mut shape = String::with_capacity(path.len());
    let mut within = false;
    for character in path.trim_end_matches('/').chars() {
        match character {
            '{' => {
                within = true;
                shape.push_str("{}");
            }
            '}' => within = false,
            _ if within => {}
            other => shape.push(other),
        }
    }
    shape
}

struct Drift<'a> {
    old: &'a Contract,
    new: &'a Contract,
    found: Vec<Difference>,
    about: String,
}

impl Drift<'_> {
    fn tell(&mut self, id: &'static str, message: String) {
        let difference = Difference {
            rule: id,
            impact: rule(id).map_or(Impact::Unclear, |rule| rule.impact),
            operation: self.about.clone(),
            message,
        };
        if !self.found.contains(&difference) {
            self.found.push(difference);
        }
    }

    fn schemas(&mut self, old: Option<&Schema>, new: Option<&Schema>, side: Side, place: &str) {
        for (id, message) in compare_schemas((self.old, old), (self.new, new), side, place) {
            self.tell(id, message);
        }
    }

    fn operation(&mut self, old: &Operation, new: &Operation) {
        if let Some(reason) = old.broken.as_ref().or(new.broken.as_ref()) {
            self.tell(
                "operation-unreadable",
                format!("A part of the operation cannot be read, so not all of it was compared: {reason}"),
            );
        }
        match (old.deprecated, new.deprecated) {
            (false, true) => self.tell(
                "operation-deprecated",
                "The operation is deprecated now.".to_owned(),
            ),
            (true, false) => self.tell(
                "operation-undeprecated",
                "The operation is not deprecated any more.".to_owned(),
            ),
            _ => {}
        }
        self.security(&old.security, &new.security);
        self.parameters(old, new);
        self.request_body(old, new);
        self.responses(old, new);
    }

    fn security(&mut self, old: &Security, new: &Security) {
        let open = [Alternative::default()];
        let ways = |security: &Security| -> Vec<Alternative> {
            match security {
                Security::NotDeclared => open.to_vec(),
                Security::AnyOf(ways) if ways.is_empty() => open.to_vec(),
                Security::AnyOf(ways) => ways.clone(),
            }
        };
        let names = |way: &Alternative| {
            let schemes: Vec<&str> = way.0.iter().map(|(name, _)| name.as_str()).collect();
            schemes.join(" with ")
        };
        // A way suffices for another where it asks for nothing that the other does not ask for.
        let suffices = |new: &Alternative, old: &Alternative| {
            new.0.iter().all(|(name, scopes)| {
                old.0.iter().any(|(held, granted)| {
                    held == name && scopes.iter().all(|scope| granted.contains(scope))
                })
            })
        };
        let (before, after) = (ways(old), ways(new));
        for way in &before {
            if after.iter().any(|other| suffices(other, way)) {
                continue;
            }
            if way.0.is_empty() {
                self.tell(
                    "security-required",
                    "The operation needs credentials that it did not need.".to_owned(),
                );
            } else if after.iter().any(|other| {
                way.0
                    .iter()
                    .all(|(name, _)| other.0.iter().any(|(held, _)| held == name))
            }) {
                self.tell(
                    "security-narrowed",
                    format!(
                        "{} is not enough any more: a further scope or scheme is needed.",
                        names(way)
                    ),
                );
            } else {
                self.tell(
                    "security-removed",
                    format!("{} is not taken any more.", names(way)),
                );
            }
        }
        for way in &after {
            if before
                .iter()
                .any(|other| suffices(way, other) && suffices(other, way))
            {
                continue;
            }
            if !before.iter().any(|other| suffices(other, way)) {
                let message = match way.0.is_empty() {
                    true => "No credentials are needed any more.".to_owned(),
                    false => format!("{} is enough now.", names(way)),
                };
                self.tell("security-widened", message);
            }
        }
    }

    fn parameters(&mut self, old: &Operation, new: &Operation) {
        let in_path = ParameterPlace::Path;
        for (one, other) in old.path_variables().zip(new.path_variables()) {
            let (Some(one), Some(other)) =
                (old.parameter(in_path, one), new.parameter(in_path, other))
            else {
                continue;
            };
            self.parameter(one, other);
        }
        let free = |operation: &Operation| -> Vec<Parameter> {
            let mut free = operation.parameters.clone();
            free.retain(|held| held.place != in_path);
            free
        };
        let (before, after) = (free(old), free(new));
        for parameter in &before {
            match new.parameter(parameter.place, &parameter.name) {
                Some(other) => self.parameter(parameter, other),
                None => self.tell(
                    "parameter-removed",
                    format!("The {} is gone.", label(parameter)),
                ),
            }
        }
        for parameter in &after {
            if old.parameter(parameter.place, &parameter.name).is_some() {
                continue;
            }
            let label = label(parameter);
            if parameter.required {
                self.tell(
                    "parameter-added-required",
                    format!("The {label} is new, and needed."),
                );
            } else {
                self.tell("parameter-added", format!("The {label} is new."));
            }
        }
    }

    fn parameter(&mut self, old: &Parameter, new: &Parameter) {
        let place = label(old);
        match (old.required, new.required) {
            (false, true) => {
                self.tell("parameter-required", format!("The {place} is needed now."));
            }
            (true, false) => self.tell(
                "parameter-optional",
                format!("The {place} may be left out now."),
            ),
            _ => {}
        }
        let media = |parameter: &Parameter| parameter.content.as_deref().map(essence);
        if media(old) != media(new)
            || (old.content.is_none() && (old.style, old.explode) != (new.style, new.explode))
        {
            self.tell(
                "parameter-style-changed",
                format!("The {place} is written in another way."),
            );
        }
        self.schemas(
            old.schema.as_ref(),
            new.schema.as_ref(),
            Side::Request,
            &place,
        );
    }

    fn request_body(&mut self, old: &Operation, new: &Operation) {
        match (&old.body, &new.body) {
            (None, Some(body)) if body.required => {
                self.tell("body-required", "A body is needed now.".to_owned());
            }
            (None, Some(_)) => self.tell("body-added", "A body may be sent now.".to_owned()),
            (Some(_), None) => self.tell("body-removed", "No body is taken any more.".to_owned()),
            (Some(one), Some(other)) => {
                match (one.required, other.required) {
                    (false, true) => self.tell("body-required", "A body is needed now.".to_owned()),
                    (true, false) => {
                        self.tell("body-optional", "The body may be left out now.".to_owned())
                    }
                    _ => {}
                }
                self.contents(&one.content, &other.content, Side::Request, "body");
            }
            (None, None) => {}
        }
    }

    fn responses(&mut self, old: &Operation, new: &Operation) {
        for response in &old.responses {
            let status = status(response.status);
            match new
                .responses
                .iter()
                .find(|other| other.status == response.status)
            {
                Some(other) => self.response(response, other, &status),
                None if is_success(response.status) => self.tell(
                    "success-removed",
                    format!("The success {status} is not documented any more."),
                ),
                None => self.tell(
                    "error-removed",
                    format!("The response {status} is not documented any more."),
                ),
            }
        }
        for response in &new.responses {
            if old
                .responses
                .iter()
                .any(|other| other.status == response.status)
            {
                continue;
            }
            let status = status(response.status);
            if is_success(response.status) {
                self.tell("success-added", format!("The success {status} is new."));
            } else {
                self.tell("error-added", format!("The response {status} is new."));
            }
        }
    }

    fn response(&mut self, old: &ResponseSpec, new: &ResponseSpec, status: &str) {
        let place = format!("answer {status}");
        if !old.content.is_empty() && new.content.is_empty() {
            self.tell(
                "response-body-removed",
                format!("The {place} has no body any more."),
            );
        } else {
            self.contents(&old.content, &new.content, Side::Response, &place);
        }
        let find = |headers: &'_ [HeaderSpec], name: &str| -> Option<HeaderSpec> {
            headers
                .iter()
                .find(|other| other.name.eq_ignore_ascii_case(name))
                .cloned()
        };
        for header in &old.headers {
            let place = format!("header `{}` of the {place}", header.name);
            let Some(other) = find(&new.headers, &header.name) else {
                self.tell("response-header-removed", format!("The {place} is gone."));
                continue;
            };
            match (header.required, other.required) {
                (true, false) => self.tell(
                    "response-header-optional",
                    format!("The {place} may be missing now."),
                ),
                (false, true) => self.tell(
                    "response-header-required",
                    format!("The {place} is always there now."),
                ),
                _ => {}
            }
            self.schemas(
                header.schema.as_ref(),
                other.schema.as_ref(),
                Side::Response,
                &place,
            );
        }
        for header in &new.headers {
            if find(&old.headers, &header.name).is_none() {
                let name = &header.name;
                self.tell(
                    "response-header-added",
                    format!("The header `{name}` of the {place} is new."),
                );
            }
        }
    }

    fn contents(&mut self, old: &[Media], new: &[Media], side: Side, place: &str) {
        let (removed, added) = match side {
            Side::Request => ("request-media-type-removed", "request-media-type-added"),
            Side::Response => ("response-media-type-removed", "response-media-type-added"),
        };
        for media in old {
            let name = essence(&media.media_type);
            let twin = new
                .iter()
                .find(|other| essence(&other.media_type) == name)
                .or_else(|| new.iter().find(|other| covers(&other.media_type, &name)));
            match twin {
                Some(other) => {
                    self.schemas(media.schema.as_ref(), other.schema.as_ref(), side, place)
                }
                None => self.tell(
                    removed,
                    format!("The media type {name} of the {place} is gone."),
                ),
            }
        }
        for media in new {
            let name = essence(&media.media_type);
            if !old.iter().any(|other| essence(&other.media_type) == name) {
                self.tell(
                    added,
                    format!("The media type {name} of the {place} is new."),
                );
            }
        }
    }
}

fn label(parameter: &Parameter) -> String {
    let place = match parameter.place {
        ParameterPlace::Path => "path",
        ParameterPlace::Query | ParameterPlace::Querystring => "query",
        ParameterPlace::Header => "header",
        ParameterPlace::Cookie => "cookie",
    };
    format!("{place} parameter `{}`", parameter.name)
}

fn essence(media: &str) -> String {
    let essence = media.split(';').next().unwrap_or_default().trim();
    essence.to_ascii_lowercase()
}

/// Whether a media range, such as `*/*` or `text/*`, speaks for a media type.
fn covers(range: &str, media: &str) -> bool {
    let range = essence(range);
    range == "*/*"
        || range
            .strip_suffix('*')
            .is_some_and(|start| start.ends_with('/') && media.starts_with(start))
}

fn is_success(status: StatusPattern) -> bool {
    matches!(
        status,
        StatusPattern::Exact(200..=299) | StatusPattern::Range(2)
    )
}

fn status(status: StatusPattern) -> String {
    match status {
        StatusPattern::Exact(code) => code.to_string(),
        StatusPattern::Range(class) => format!("{class}XX"),
        StatusPattern::Default => "default".to_owned(),
    }
}
