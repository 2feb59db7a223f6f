//! The parts of a contract.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::schema::Schema;
use crate::model::OperationKey;

/// The version of OpenAPI a document is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Dialect {
    #[serde(rename = "3.0")]
    V3_0,
    #[serde(rename = "3.1")]
    V3_1,
    #[serde(rename = "3.2")]
    V3_2,
}

/// Something in a document that is not as OpenAPI has it; the rest still loads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What kind of fault.
    pub kind: FaultKind,
    /// The document, as a URI; empty for the root document.
    pub document: String,
    /// Where, as a JSON pointer fragment such as `#/paths/~1people/get`.
    pub pointer: String,
    /// What is wrong, in one sentence.
    pub message: String,
}

/// The kinds of fault a document can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// A part has the wrong shape or breaks a rule of OpenAPI.
    Structure,
    /// An `operationId` that stands twice.
    OperationId,
    /// A security scheme that is named and not declared.
    Security,
    /// A `$ref` that leads nowhere.
    Reference,
    /// A `$ref` to a document that Muster did not fetch, so that nobody knows where it leads.
    Unfetched,
    /// A schema that no validator can compile.
    Schema,
    /// A keyword or a regular expression of another dialect, which validators leave out of account.
    Dialect,
    /// A key that stands twice in one object; the last one counted.
    DuplicateKey,
}

/// A place of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum ParameterPlace {
    Path,
    Query,
    /// The whole query string (OpenAPI 3.2).
    Querystring,
    Header,
    Cookie,
}

/// How a value of a parameter becomes text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are OpenAPI's")]
pub enum Style {
    Matrix,
    Label,
    Simple,
    Form,
    SpaceDelimited,
    PipeDelimited,
    DeepObject,
    /// OpenAPI 3.2.
    Cookie,
}

/// An example in the document.
#[derive(Debug, Clone)]
pub struct Example {
    /// Its name, or `example`.
    pub name: String,
    /// The value.
    pub value: Value,
    /// Where it stands.
    pub pointer: String,
}

/// One parameter of an operation, path-level ones merged in.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The name.
    pub name: String,
    /// What the contract says of it.
    pub description: String,
    /// The place.
    pub place: ParameterPlace,
    /// Whether it must be sent; always true of path parameters.
    pub required: bool,
    /// Whether it is deprecated.
    pub deprecated: bool,
    /// How a value becomes text.
    pub style: Style,
    /// Whether members of arrays and objects are spread.
    pub explode: bool,
    /// Whether reserved characters go unescaped.
    pub allow_reserved: bool,
    /// The schema, if there is one; for `content` parameters that of the media type.
    pub schema: Option<Schema>,
    /// The media type, where the parameter is described by `content`.
    pub content: Option<String>,
    /// Its examples (of the parameter first, then of the schema).
    pub examples: Vec<Example>,
    /// Where it stands.
    pub pointer: String,
}

/// One media type of a body.
#[derive(Debug, Clone)]
pub struct Media {
    /// The media type or range as written, in lower case, such as `application/json`.
    pub media_type: String,
    /// The schema, if there is one.
    pub schema: Option<Schema>,
    /// The schema of each item of a sequence (OpenAPI 3.2).
    pub item_schema: Option<Schema>,
    /// Examples of the media type object.
    pub examples: Vec<Example>,
    /// Where it stands.
    pub pointer: String,
}

impl Media {
    /// Whether the media type is JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        let essence = self.media_type.split(';').next().unwrap_or_default().trim();
        // A sequence of JSON values is not one JSON value.
        (essence.ends_with("/json") || essence.ends_with("+json"))
            && essence != "application/stream+json"
    }
}

/// The body of a request.
#[derive(Debug, Clone)]
pub struct RequestBody {
    /// Whether it must be sent.
    pub required: bool,
    /// Its media types in document order.
    pub content: Vec<Media>,
    /// Where it stands.
    pub pointer: String,
}

/// The statuses a response object speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatusPattern {
    /// One code, such as `404`.
    Exact(u16),
    /// A class, such as `4XX` (4).
    Range(u8),
    /// Every code that nothing else speaks for.
    Default,
}

impl StatusPattern {
    /// Whether it speaks for this code.
    #[must_use]
    pub const fn matches(self, status: u16) -> bool {
        match self {
            Self::Exact(code) => code == status,
            Self::Range(class) => status / 100 == class as u16,
            Self::Default => true,
        }
    }
}

/// A header of a response.
#[derive(Debug, Clone)]
pub struct HeaderSpec {
    /// The name as written.
    pub name: String,
    /// Whether it must be there.
    pub required: bool,
    /// The schema, if there is one; for `content` headers that of the media type.
    pub schema: Option<Schema>,
    /// The media type, where the header is described by `content`.
    pub content: Option<String>,
    /// Whether members of objects are spread (style `simple`).
    pub explode: bool,
    /// Where it stands.
    pub pointer: String,
}

/// A link from an answer to another operation.
#[derive(Debug, Clone)]
pub struct Link {
    /// Its name.
    pub name: String,
    /// The operation it leads to; none where the document's reference leads nowhere.
    pub operation: Option<OperationKey>,
    /// Parameter name (optionally qualified, as `path.id`) to runtime expression or constant.
    pub parameters: IndexMap<String, Value>,
    /// The body, as runtime expression or constant.
    pub body: Option<Value>,
    /// Where it stands.
    pub pointer: String,
}

/// A documented answer.
#[derive(Debug, Clone)]
pub struct ResponseSpec {
    /// The statuses it speaks for.
    pub status: StatusPattern,
    /// The description.
    pub description: String,
    /// Documented headers.
    pub headers: Vec<HeaderSpec>,
    /// Documented media types; empty where no body is documented.
    pub content: Vec<Media>,
    /// Links to other operations.
    pub links: Vec<Link>,
    /// Where it stands.
    pub pointer: String,
}

/// What an operation asks of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Security {
    /// The document says nothing, neither here nor at its root.
    NotDeclared,
    /// Any one of these alternatives; an empty alternative means that no credentials are fine too.
    AnyOf(Vec<Alternative>),
}

impl Security {
    /// Whether credentials are declared and cannot be left out.
    #[must_use]
    pub fn is_required(&self) -> bool {
        matches!(self, Self::AnyOf(alternatives) if !alternatives.is_empty() && alternatives.iter().all(|all| !all.0.is_empty()))
    }
}

/// Schemes that must all be met together: name and scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Alternative(pub Vec<(String, Vec<String>)>);

/// A security scheme of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemeKind {
    /// `type: http` with its scheme in lower case, such as `basic` or `bearer`.
    Http {
        /// The scheme in lower case.
        scheme: String,
    },
    /// `type: apiKey`.
    ApiKey {
        /// Header, query or cookie.
        place: ParameterPlace,
        /// The name of it.
        name: String,
    },
    /// `type: oauth2`.
    OAuth2 {
        /// The token URL of the client-credentials flow, where there is one.
        token_url: Option<String>,
        /// Every scope any flow names.
        scopes: Vec<String>,
    },
    /// `type: openIdConnect`.
    OpenIdConnect {
        /// The discovery URL.
        url: String,
    },
    /// `type: mutualTLS`.
    MutualTls,
    /// Any other type, as written.
    Unknown(String),
}

/// A named security scheme.
#[derive(Debug, Clone)]
pub struct SecurityScheme {
    /// Its name in the document.
    pub name: String,
    /// What it is.
    pub kind: SchemeKind,
    /// Where it stands.
    pub pointer: String,
}

/// A server of the document, its variables replaced by their defaults.
#[derive(Debug, Clone)]
pub struct Server {
    /// The URL as written.
    pub template: String,
    /// The URL with every variable at its default.
    pub url: String,
    /// The description.
    pub description: String,
    /// Where it stands.
    pub pointer: String,
}

/// One operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Method and path template.
    pub key: OperationKey,
    /// The `operationId`.
    pub id: Option<String>,
    /// The summary.
    pub summary: String,
    /// The tags.
    pub tags: Vec<String>,
    /// Whether it is deprecated.
    pub deprecated: bool,
    /// Its parameters, path-level ones merged in, in document order.
    pub parameters: Vec<Parameter>,
    /// Its body.
    pub body: Option<RequestBody>,
    /// Its documented answers, exact codes first, then ranges, then `default`.
    pub responses: Vec<ResponseSpec>,
    /// What it asks of the caller, the root's where it has none of its own.
    pub security: Security,
    /// Servers of its own or of its path; empty where the root's count.
    pub servers: Vec<Server>,
    /// Whether a part it cannot be called without did not load (an unresolved reference, say).
    pub broken: Option<String>,
    /// Where it stands.
    pub pointer: String,
    /// What the contract shows besides.
    pub surroundings: super::Surroundings,
}

impl Operation {
    /// The documented answer that speaks for this status: exact before range before `default`.
    #[must_use]
    pub fn response(&self, status: u16) -> Option<&ResponseSpec> {
        self.responses
            .iter()
            .find(|spec| spec.status.matches(status))
    }

    /// Whether the status is documented by its own code or class; `default` does not count.
    #[must_use]
    pub fn documents(&self, status: u16) -> bool {
        self.responses
            .iter()
            .any(|spec| spec.status != StatusPattern::Default && spec.status.matches(status))
    }

    /// The parameter of this place and name; header names in any case.
    #[must_use]
    pub fn parameter(&self, place: ParameterPlace, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| {
            parameter.place == place
                && if place == ParameterPlace::Header {
                    parameter.name.eq_ignore_ascii_case(name)
                } else {
                    parameter.name == name
                }
        })
    }

    /// The names of the variables in the path template, in order.
    pub fn path_variables(&self) -> impl Iterator<Item = &str> {
        self.key
            .path
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
    }
}

/// A place in a source file: line and column from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The file or URL.
    pub document: Arc<str>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}
