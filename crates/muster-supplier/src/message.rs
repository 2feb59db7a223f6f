//! One request as the supplier sees it, and one answer before it is written: [`Incoming`] and [`Outgoing`].
//!
//! An answer keeps its body as a JSON value until the very end, so that a fault can spoil one property of it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::rules::Operation;
use super::tokens::Grant;

/// A request, read to its end.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Received,
    /// The path parameters by name, decoded.
    pub(crate) path_values: Vec<(String, String)>,
    /// The operation that was matched, if path and method name one (HEAD counts as GET).
    pub(crate) operation: Option<&'static Operation>,
    /// Who calls, once the token has been judged.
    pub(crate) grant: Option<Grant>,
    /// The body as JSON, once it has been parsed and found valid.
    pub(crate) json: Option<Value>,
    /// The query parameters, once they have been found valid.
    pub(crate) query_values: Map<String, Value>,
    /// What names this exchange in answer and audit.
    pub(crate) correlation: String,
    /// Whether it came in HTTP/1.1, or an older version.
    pub(crate) in_old_http: bool,
    /// When it had been read.
    pub(crate) arrived: std::time::Instant,
    /// The SHA-256 thumbprint of the certificate that the client showed.
    pub(crate) certificate: Option<String>,
}

impl Incoming {
    /// Is this a call of the operation with this id?
    pub(crate) fn is(&self, operation: &str) -> bool {
        self.operation.is_some_and(|known| known.id == operation)
    }

    /// A header as text, if it is there once or more.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A path parameter, or nothing if the path has no such one.
    pub(crate) fn path_value(&self, name: &str) -> &str {
        self.path_values
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value)
    }

    /// A query parameter as text.
    pub(crate) fn query_text(&self, name: &str) -> Option<&str> {
        self.query_values.get(name).and_then(Value::as_str)
    }
}

/// The body of a request.
#[derive(Debug)]
pub(crate) enum Received {
    /// All of it.
    Whole(Bytes),
    /// More than the supplier takes; it was thrown away.
    TooLarge,
    /// The connection broke off before its end.
    Broken,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    /// Which records the answer is about, for the audit log.
    pub(crate) touched: Option<Touched>,
    /// How much longer it takes than others.
    pub(crate) delay: Option<std::time::Duration>,
}

/// An answer that ends the way of a request early.
pub(crate) type Refusal = Box<Outgoing>;

/// The body of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    /// None.
    None,
    /// JSON, not yet written.
    Json(Value),
    /// Bytes as they are.
    Raw(Bytes),
}

/// What a call did to which records, in the words of section 62 of the Data Protection Act 2018.
#[derive(Debug, Clone)]
pub(crate) struct Touched {
    pub(crate) processing: &'static str,
    pub(crate) record_type: &'static str,
    pub(crate) record_id: Option<String>,
    pub(crate) disclosed: Vec<String>,
}

/// The media type of problems.
pub(crate) const PROBLEM: &str = "application/problem+json";

impl Outgoing {
    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Body::None,
            touched: None,
            delay: None,
        }
    }

    /// A JSON answer.
    pub(crate) fn json(status: StatusCode, value: Value) -> Self {
        let mut answer = Self::empty(status);
        answer.body = Body::Json(value);
        answer.with("content-type", "application/json")
    }

    /// An answer of bytes.
    pub(crate) fn raw(status: StatusCode, media: &'static str, bytes: impl Into<Bytes>) -> Self {
        let mut answer = Self::empty(status);
        answer.body = Body::Raw(bytes.into());
        answer.with("content-type", media)
    }

    /// A problem (RFC 9457). The correlation id is added when the answer is finished.
    pub(crate) fn problem(status: StatusCode, slug: &str, title: &str, detail: &str) -> Self {
        Self::json(
            status,
            json!({
                "type": format!("https://records.example/problems/{slug}"),
                "title": title,
                "status": status.as_u16(),
                "detail": detail,
            }),
        )
        .with("content-type", PROBLEM)
    }

    /// A 400 that names each wrong place.
    pub(crate) fn invalid(detail: &str, places: Vec<Value>) -> Self {
        let mut answer = Self::problem(
            StatusCode::BAD_REQUEST,
            "invalid-request",
            "The request is not valid",
            detail,
        );
        if let Some(problem) = answer.object_mut() {
            problem.insert("errors".to_owned(), Value::Array(places));
        }
        answer
    }

    /// The 404 that is the same for what is not there and for what the caller may not see.
    pub(crate) fn not_found() -> Self {
        Self::problem(
            StatusCode::NOT_FOUND,
            "not-found",
            "Not found",
            "There is nothing here that you may see.",
        )
    }

    /// Makes a problem another one, in status and body.
    pub(crate) fn restate(&mut self, status: StatusCode, slug: &str, title: &str) {
        self.status = status;
        if let Some(problem) = self.object_mut() {
            for (name, value) in [
                (
                    "type",
                    json!(format!("https://records.example/problems/{slug}")),
                ),
                ("title", json!(title)),
                ("status", json!(status.as_u16())),
            ] {
                problem.insert(name.to_owned(), value);
            }
        }
    }

    /// The same answer with a header set. A value that is no header value is left out.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    /// Sets a header. A value that is no header value is left out.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
    }

    /// The same answer, marked for the audit log.
    pub(crate) fn about(
        mut self,
        processing: &'static str,
        record_type: &'static str,
        record_id: &str,
    ) -> Self {
        self.touched = Some(Touched {
            processing,
            record_type,
            record_id: Some(record_id.to_owned()),
            disclosed: Vec::new(),
        });
        self
    }

    /// The body, if it is JSON.
    pub(crate) fn value_mut(&mut self) -> Option<&mut Value> {
        match &mut self.body {
            Body::Json(value) => Some(value),
            Body::None | Body::Raw(_) => None,
        }
    }

    /// The body, if it is a JSON object.
    pub(crate) fn object_mut(&mut self) -> Option<&mut Map<String, Value>> {
        self.value_mut().and_then(Value::as_object_mut)
    }

    /// The content type, without parameters.
    pub(crate) fn media(&self) -> &str {
        self.headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .unwrap_or("")
    }

    /// Is it a problem?
    pub(crate) fn is_problem(&self) -> bool {
        self.media() == PROBLEM
    }

    /// The body as bytes.
    pub(crate) fn bytes(&self) -> Bytes {
        match &self.body {
            Body::None => Bytes::new(),
            Body::Json(value) => Bytes::from(serde_json::to_vec(value).unwrap_or_default()),
            Body::Raw(bytes) => bytes.clone(),
        }
    }
}
