//! What probes of long-running work share: starting it, and following its status (owner of [`AsyncJob`]).

use std::time::Duration;

use serde_json::Value;

use crate::{Applies, support::own_record::success, support::probe::reached};
use muster_core::{
    arrange::{Arranged, accept, ownership::addressed_resource, valid_request},
    contract::{Contract, Operation},
    exchange::{Address, Exchange, Intent, Request, Response},
    model::{IdentityName, Method, Responsible},
    script::{Halt, Script, Scripted},
};

/// The contract of most examples: an export that is followed.
pub(crate) const EXPORTS: &str = "
x-muster-parameters: {work_timeout_ms: 1000}
/exports:
  post:
    requestBody:
      content: {application/json: {schema: {type: object, properties: {ttlSeconds: {type: integer, minimum: 1, maximum: 60}}}}}
    responses: {'202': {description: Taken on}}
/exports/{id}:
  get: {responses: {'200': {description: The status}}}
  delete: {responses: {'204': {description: Cancelled}}}
";

/// How long work is followed where `work_timeout_ms` does not say, in milliseconds.
const MOST_MS: u64 = 10_000;

/// For probes of operations that take work on.
pub(crate) fn takes_on(_: &Contract, operation: &Operation) -> Applies {
    let starts = operation.key.method == Method::Post
        && operation
            .responses
            .iter()
            .any(|response| response.status == muster_core::contract::StatusPattern::Exact(202));
    if starts {
        Applies::Yes
    } else {
        Applies::Irrelevant
    }
}

/// How far work is, by the words that APIs use for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// It waits.
    Waiting,
    /// It goes on.
    Running,
    /// It is over, and brought nothing.
    Failed,
    /// It is over, because somebody asked for that.
    Cancelled,
    /// It is over, and brought a result.
    Succeeded,
}

impl Phase {
    /// Whether it is over.
    pub(crate) const fn is_over(self) -> bool {
        matches!(self, Self::Failed | Self::Cancelled | Self::Succeeded)
    }

    fn named(word: &str) -> Option<Self> {
        let word: String = word
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        Some(match word.as_str() {
            "queued" | "pending" | "accepted" | "notstarted" | "scheduled" | "waiting"
            | "submitted" | "created" | "new" => Self::Waiting,
            "running" | "processing" | "inprogress" | "started" | "active" | "executing"
            | "working" => Self::Running,
            "failed" | "failure" | "error" | "errored" | "crashed" | "expired" => Self::Failed,
            "cancelled" | "canceled" | "aborted" | "cancelling" | "canceling" | "stopped" => {
                Self::Cancelled
            }
            "succeeded" | "success" | "successful" | "completed" | "complete" | "done"
            | "finished" | "ready" => Self::Succeeded,
            _ => return None,
        })
    }
}

/// One reading of a status.
#[derive(Debug, Clone)]
pub(crate) struct Reading<'a> {
    /// The exchange.
    pub(crate) exchange: &'a Exchange,
    /// How far it is, where the answer says so in a word that is known.
    pub(crate) phase: Option<Phase>,
    /// How much is done, in per cent or any other number that grows.
    pub(crate) progress: Option<f64>,
}

impl<'a> Reading<'a> {
    fn of(exchange: &'a Exchange) -> Self {
        let mut reading = Self {
            exchange,
            phase: None,
            progress: None,
        };
        let Some(response) = exchange.response() else {
            return reading;
        };
        if response.status == 303 {
            reading.phase = Some(Phase::Succeeded);
            return reading;
        }
        let Ok(body) = response.json() else {
            return reading;
        };
        reading.phase = text(body, &["status", "state", "phase"]).and_then(Phase::named);
        reading.progress = [
            "progressPercent",
            "percentComplete",
            "progress",
            "percentage",
        ]
        .iter()
        .find_map(|name| member(body, name)?.as_f64());
        reading
    }

    /// The answer.
    pub(crate) fn response(&self) -> Option<&'a Response> {
        self.exchange.response()
    }
}

/// A member of an answer, at its top or in the object that holds its data, whatever its spelling.
pub(crate) fn member<'v>(body: &'v Value, name: &str) -> Option<&'v Value> {
    let folded = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
    let of = |value: &'v Value| {
        value
            .as_object()?
            .iter()
            .find(|(held, _)| folded(held) == folded(name))
            .map(|(_, value)| value)
    };
    of(body)
        .or_else(|| of(body.get("data")?))
        .or_else(|| of(body.pointer("/data/attributes")?))
}

fn text<'v>(body: &'v Value, names: &[&str]) -> Option<&'v str> {
    names.iter().find_map(|name| member(body, name)?.as_str())
}

/// The place of the result, as the status gives it.
pub(crate) fn said<'a>(reading: &Reading<'a>) -> Option<&'a str> {
    let response = reading.response()?;
    if response.status == 303 {
        return response.headers.get("location");
    }
    let body = response.json().ok()?;
    [
        "result",
        "resultUrl",
        "resultUri",
        "resultLocation",
        "output",
        "outputUrl",
        "downloadUrl",
        "resourceLocation",
    ]
    .iter()
    .find_map(|name| member(body, name)?.as_str())
    .or_else(|| body.pointer("/links/result").and_then(Value::as_str))
    .or_else(|| body.pointer("/_links/result/href").and_then(Value::as_str))
    .filter(|text| text.starts_with('/') || text.contains("://"))
}

/// Work that the target has taken on.
#[derive(Debug)]
pub(crate) struct AsyncJob<'a> {
    /// The answer that took it on.
    pub(crate) taken: &'a Exchange,
    /// Where its status is said to be; none where the answer does not say.
    pub(crate) status: Option<Request>,
    identity: IdentityName,
}

impl<'a> AsyncJob<'a> {
    /// Starts it, with a body that `shape` may change.
    pub(crate) fn start(
        script: &mut Script<'a>,
        operation: Option<&'a Operation>,
        shape: impl Fn(&Script<'_>, &'a Operation, &Arranged) -> Scripted<Request>,
    ) -> Scripted<Self> {
        let operation = operation
            .ok_or_else(|| Halt::NotApplicable("There is no operation to call.".to_owned()))?;
        let arranged = valid_request(script, operation)?;
        let request = shape(script, operation, &arranged)?;
        let identity = request.identity.clone();
        let taken = script.send(request)?;
        let response = success(taken)?;
        if response.status != 202 {
            return Err(Halt::NotApplicable(format!(
                "{} was done at once ({}), so there is nothing to follow.",
                operation.key, response.status
            )));
        }
        let mut work = Self {
            taken,
            status: None,
            identity,
        };
        work.status = work.place(script).map(|address| {
            work.request(
                script,
                Method::Get,
                address,
                "reads the status of a long-running operation",
            )
        });
        Ok(work)
    }

    /// Starts it with an ordinary body.
    pub(crate) fn begin(
        script: &mut Script<'a>,
        operation: Option<&'a Operation>,
    ) -> Scripted<Self> {
        Self::start(script, operation, |_, _, arranged| {
            Ok(arranged.request.clone())
        })
    }

    fn place(&self, script: &Script<'_>) -> Option<Address> {
        let response = self.taken.response()?;
        let said = ["location", "operation-location", "azure-asyncoperation"]
            .iter()
            .find_map(|name| response.headers.get(name))
            .map(str::to_owned)
            .or_else(|| {
                let body = response.json().ok()?;
                text(body, &["statusUrl", "statusUri", "pollUrl", "href", "self"])
                    .or_else(|| body.pointer("/links/status").and_then(Value::as_str))
                    .or_else(|| body.pointer("/_links/self/href").and_then(Value::as_str))
                    .map(str::to_owned)
            });
        match said {
            Some(said) => address(script, &said),
            None => addressed_resource(script.world.contract, script.world.relations, self.taken)
                .map(|resource| Address::Base(resource.path)),
        }
    }

    /// A request of the same caller to an address that the target gave.
    pub(crate) fn request(
        &self,
        script: &Script<'_>,
        method: Method,
        address: Address,
        purpose: &str,
    ) -> Request {
        let mut request = Request::new(method, address, purpose).meant(Intent::Plausible);
        if let Address::Base(path) = &request.address
            && let Some(operation) = script.world.contract.find_operation(&request.method, path)
        {
            let media = accept(operation);
            if !media.is_empty() {
                request.headers.set("accept", media);
            }
            request = request.calling(&operation.key);
        }
        request.identity = self.identity.clone();
        request
    }

    /// Where the status is.
    ///
    /// # Errors
    /// Not applicable, where the answer does not say: `work.status-followed` judges that.
    pub(crate) fn status(&self) -> Scripted<&Request> {
        self.status.as_ref().ok_or_else(|| {
            Halt::NotApplicable(
                "The response 202 does not say where the status is, which `work.status-followed` judges."
                    .to_owned(),
            )
        })
    }

    /// Reads the status once.
    ///
    /// # Errors
    /// Inconclusive, where it cannot be read.
    pub(crate) fn read(&self, script: &mut Script<'a>) -> Scripted<Reading<'a>> {
        let exchange = script.send(self.status()?.clone())?;
        reached(exchange).map_err(|judgement| match judgement {
            muster_core::verdict::Judgement::Inconclusive(gap) => Halt::Unmet(gap),
            _ => Halt::unmet(Responsible::Supplier, "The status could not be read."),
        })?;
        Ok(Reading::of(exchange))
    }

    /// Follows it until it has succeeded, and gives the reading that says so.
    ///
    /// # Errors
    /// Inconclusive, where it was not seen to succeed.
    pub(crate) fn succeeded(&self, script: &mut Script<'a>) -> Scripted<Reading<'a>> {
        self.follow(script)?
            .pop()
            .filter(|last| last.phase == Some(Phase::Succeeded))
            .ok_or_else(|| {
                Halt::unmet(
                    Responsible::Supplier,
                    "The job was not seen to succeed, so there is no result to read.",
                )
            })
    }

    /// Reads the status until the work is over or its time is, and gives every reading.
    pub(crate) fn follow(&self, script: &mut Script<'a>) -> Scripted<Vec<Reading<'a>>> {
        let most = timeout(script).unwrap_or(MOST_MS);
        let (mut waited, mut pause) = (0, 20);
        let mut readings: Vec<Reading<'a>> = Vec::new();
        loop {
            let reading = self.read(script)?;
            let usable = reading
                .response()
                .is_some_and(|response| response.is_success() || response.status == 303);
            let over = reading.phase.is_some_and(Phase::is_over);
            let asked = reading
                .response()
                .and_then(|response| response.headers.get("retry-after")?.parse::<u64>().ok())
                .map_or(0, |seconds| seconds.min(5) * 1_000);
            readings.push(reading);
            if !usable || over || waited >= most {
                return Ok(readings);
            }
            let wait = asked.max(pause);
            script.pause(Duration::from_millis(wait))?;
            waited += wait;
            pause = (pause * 2).min(250);
        }
    }
}

/// The declared time that work takes at most, in milliseconds.
pub(crate) fn timeout(script: &Script<'_>) -> Option<u64> {
    script
        .world
        .parameters
        .integer("work_timeout_ms")
        .and_then(|ms| u64::try_from(ms).ok())
}

/// The address of a URL or path that the target gave, below the base URL where it is.
pub(crate) fn address(script: &Script<'_>, said: &str) -> Option<Address> {
    let base = url::Url::parse(script.world.base_url).ok()?;
    let joined = base.join(said).ok()?;
    if joined.origin() != base.origin() {
        return Some(Address::Absolute(joined.to_string()));
    }
    let mut path = joined.path().to_owned();
    if let Some(query) = joined.query() {
        path.push('?');
        path.push_str(query);
    }
    let root = base.path().trim_end_matches('/');
    Some(match path.strip_prefix(root) {
        Some(below) if below.starts_with('/') => Address::Base(below.to_owned()),
        _ => Address::Root(path),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_status_are_known_in_any_spelling() {
        assert_eq!(Phase::named("IN_PROGRESS"), Some(Phase::Running));
        assert_eq!(Phase::named("not-started"), Some(Phase::Waiting));
        assert_eq!(Phase::named("COMPLETED"), Some(Phase::Succeeded));
        assert_eq!(Phase::named("purple"), None);
        assert!(Phase::Running > Phase::Waiting && Phase::Succeeded.is_over());
    }
}
