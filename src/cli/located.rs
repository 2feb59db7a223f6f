//! Where in the contract a finding points, as file, line and column (owner of [`located()`]).

use std::path::Path;

use url::Url;

use muster_core::{
    contract::{Contract, Position},
    model::OperationKey,
    verdict::{Finding, Judgement, SourceLocation},
};
use muster_report::event::Event;

/// The event, a finding of it with the place in the contract that says what was expected. A finding that knows its place,
/// as that of a suite's case does, keeps it.
pub(super) fn located(contract: &Contract, event: Event) -> Event {
    let Event::Judged(mut judged) = event else {
        return event;
    };
    if let Judgement::Fail(finding) = &mut judged.judgement
        && finding.source.is_none()
    {
        finding.source = place(contract, finding, judged.operation.as_ref()).map(Box::new);
    }
    Event::Judged(judged)
}

/// The part that the finding names, or else the operation that it is about.
pub(super) fn place(
    contract: &Contract,
    finding: &Finding,
    operation: Option<&OperationKey>,
) -> Option<SourceLocation> {
    let is_of_contract = |pointer: &&str| {
        // A pointer into a body names nothing of the document.
        let is_part = ["/paths/", "/components/"]
            .iter()
            .any(|part| pointer.starts_with(part));
        pointer.contains('#') || is_part && contract.at(pointer).is_some()
    };
    let named = finding
        .pointer
        .as_deref()
        .filter(is_of_contract)
        .and_then(|pointer| contract.position_of(pointer));
    let position = named.or_else(|| {
        let operation = contract.operation(operation?)?;
        contract.position_of(&operation.pointer)
    })?;
    Some(location(&position))
}

/// The place as a reader opens it: a path below the working folder is told relative to it.
pub(super) fn location(position: &Position) -> SourceLocation {
    SourceLocation {
        file: file_name(&position.document),
        line: position.line,
        column: position.column,
    }
}

/// A document's URI as the path of its file, where it is one.
pub(super) fn file_name(uri: &str) -> String {
    let Some(path) = Url::parse(uri)
        .ok()
        .filter(|url| url.scheme() == "file")
        .and_then(|url| url.to_file_path().ok())
    else {
        return uri.to_owned();
    };
    let folder = std::env::current_dir().unwrap_or_default();
    // The URI may have been made from a path with symbolic links resolved.
    let resolved = folder.canonicalize().unwrap_or_else(|_| folder.clone());
    let shown: &Path = path
        .strip_prefix(&folder)
        .or_else(|_| path.strip_prefix(&resolved))
        .unwrap_or(&path);
    shown.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

    use super::*;
    use crate::load::contract_source;
    use muster_core::{
        contract::Documents,
        model::{Method, Verifier},
    };
    use muster_report::event::{Confirmation, Judged};

    fn contract() -> Contract {
        let text = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /people:\n    get:\n      responses:\n        '200': {description: Good.}\n";
        let folder = Url::from_directory_path(std::env::current_dir().unwrap()).unwrap();
        let uri = folder.join("api/openapi.yaml").unwrap().to_string();
        let document = contract_source::read(text.as_bytes()).unwrap();
        Contract::build(&uri, Documents::single(&uri, document)).unwrap()
    }

    fn told(finding: Finding) -> Option<SourceLocation> {
        let judged = Judged {
            by: Verifier::Check("x.one".into()),
            operation: Some(OperationKey::new(Method::Get, "/people")),
            judgement: Judgement::Fail(finding),
            confirmation: Confirmation::None,
            evidence: Vec::new(),
        };
        let Event::Judged(judged) = located(&contract(), Event::Judged(Box::new(judged))) else {
            return None;
        };
        match judged.judgement {
            Judgement::Fail(finding) => finding.source.map(|source| *source),
            _ => None,
        }
    }

    #[test]
    fn a_finding_is_told_with_its_line() {
        let finding = || Finding::new("c", "t", "e", "r");
        let at = |pointer: &str| told(finding().at(pointer)).map(|at| (at.file, at.line));
        let file = "api/openapi.yaml".to_owned();
        let responses = "#/paths/~1people/get/responses/200";
        assert_eq!(at(responses), Some((file.clone(), 7)));
        assert_eq!(
            at("/paths/~1people/get/responses/200"),
            Some((file.clone(), 7))
        );
        assert_eq!(at("/items/0/name"), Some((file.clone(), 5)));
        assert_eq!(told(finding()).map(|at| at.line), Some(5));
        let own = SourceLocation {
            file: "suite.yaml".into(),
            line: 3,
            column: 1,
        };
        assert_eq!(told(finding().in_source(own.clone())), Some(own));
    }
}
