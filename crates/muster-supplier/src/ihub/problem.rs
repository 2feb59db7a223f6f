//! What is wrong with a request, and the JSON:API document that says so: [`Problem`] and [`refusal`].

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::message::Outgoing;

/// The media type of JSON:API.
pub(super) const JSON_API: &str = "application/vnd.api+json";

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    /// `BUSINESS_…` where the sender must change the request, `SYSTEM_…` where it may send it again.
    pub(super) code: &'static str,
    pub(super) title: &'static str,
    /// Says nothing of the values: they are people's.
    pub(super) detail: String,
    /// Where in the request.
    pub(super) pointer: Option<String>,
    /// The value there, for the fault that repeats it.
    pub(super) value: Option<Value>,
}

impl Problem {
    pub(super) fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            title,
            detail: detail.into(),
            pointer: None,
            value: None,
        }
    }

    /// Something that the payload breaks.
    pub(super) fn rule(
        code: &'static str,
        detail: impl Into<String>,
        pointer: impl Into<String>,
    ) -> Self {
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            code,
            "The submission does not keep to the Standard Data Model",
            detail,
        );
        problem.pointer = Some(pointer.into());
        problem
    }

    fn document(&self, status: StatusCode, submission: Option<&str>) -> Value {
        let mut error = Map::new();
        error.insert("status".to_owned(), json!(status.as_str()));
        error.insert("code".to_owned(), json!(self.code));
        error.insert("title".to_owned(), json!(self.title));
        error.insert("detail".to_owned(), json!(self.detail));
        if let Some(pointer) = &self.pointer {
            error.insert("source".to_owned(), json!({ "pointer": pointer }));
        }
        if let Some(submission) = submission {
            error.insert("meta".to_owned(), json!({ "submissionId": submission }));
        }
        Value::Object(error)
    }
}

/// The answer that tells all of them; its status is that of the first.
pub(super) fn refusal(problems: &[Problem], submission: Option<&str>) -> Outgoing {
    let status = problems
        .first()
        .map_or(StatusCode::INTERNAL_SERVER_ERROR, |problem| problem.status);
    let errors: Vec<Value> = problems
        .iter()
        .map(|problem| problem.document(status, submission))
        .collect();
    Outgoing::json(status, json!({ "errors": errors })).with("content-type", JSON_API)
}
