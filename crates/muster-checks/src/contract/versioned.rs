//! `contract.versioned`

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.versioned",
    purpose: "Clients can tell and choose the major version of the API.",
    verifies: "A version stands in the base URL, a server, a path, a header parameter or a media type.",
    matters: "Without one, the first breaking change breaks every consumer on the same day.",
    fix: "Put the major version into the path (`/v1/…`), or into a header or media type, and document it.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "in the server's path",
            contract: "servers: [ { url: 'https://rms.example.test/v1' } ]",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "in a header",
            contract: "paths: { /people: { get: { parameters: [ { name: Api-Version, in: header, schema: { type: string } } ], responses: { '200': { description: All. } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "nowhere",
            contract: "servers: [ { url: 'https://rms.example.test/api' } ]\npaths: { /people: { get: { responses: { '200': { description: All. } } } } }",
            dialogue: &[],
            says: Expect::Fail("cannot choose"),
        },
    ],
};

fn judge(contract: &Contract, parameters: &Parameters) -> Vec<Judged> {
    let base = parameters.text("base_url").into_iter();
    let servers = contract
        .servers
        .iter()
        .flat_map(|server| [server.url.as_str(), server.template.as_str()]);
    let paths = contract
        .operations
        .iter()
        .map(|operation| &*operation.key.path);
    let in_address = base
        .chain(servers)
        .chain(paths)
        .any(|text| text.split(['/', '?']).any(is_version_segment));
    let in_header = contract
        .operations
        .iter()
        .flat_map(|operation| &operation.parameters)
        .any(|parameter| {
            matches!(
                parameter.place,
                ParameterPlace::Header | ParameterPlace::Query
            ) && parameter.name.to_ascii_lowercase().contains("version")
        });
    let in_media = contract
        .operations
        .iter()
        .flat_map(|operation| {
            operation
                .responses
                .iter()
                .flat_map(|response| &response.content)
        })
        .any(|media| {
            media.media_type.contains("version=")
                || media.media_type.split(['.', '+']).any(is_version_segment)
        });
    if in_address || in_header || in_media {
        return vec![Judged::document(Judgement::Pass)];
    }
    vec![Judged::document(Finding::new(
        "nowhere",
        "Clients cannot choose the version of the API.",
        "a version in the path, a header or the media type",
        "none in any of them",
    ))]
}

/// `v1`, `v2.0`, `{version}`, `1.0`.
fn is_version_segment(segment: &str) -> bool {
    let segment = segment.to_ascii_lowercase();
    if segment.starts_with('{') && segment.contains("version") {
        return true;
    }
    let digits = segment.strip_prefix('v').unwrap_or(&segment);
    let numeric = !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && digits.starts_with(|c: char| c.is_ascii_digit());
    numeric
        && (segment.starts_with('v') || (digits.contains('.') && digits.matches('.').count() < 3))
}
