use std::collections::BTreeSet;

use super::{Caller, person, tour};
use crate::{Fault, Options, Supplier, Tls, fault, faults};

async fn supplier(faults: Vec<&'static Fault>, tls: bool) -> Supplier {
    let tls = tls.then(Tls::default);
    Supplier::start(Options {
        faults,
        tls,
        ..Options::default()
    })
    .await
    .unwrap()
}

#[test]
fn each_fault_has_a_name_of_its_own_and_a_check_that_catches_it() {
    let ids: BTreeSet<&str> = faults().iter().map(|fault| fault.id).collect();
    assert_eq!(ids.len(), faults().len());
    for known in faults() {
        assert!(
            known
                .id
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{}",
            known.id
        );
        assert!(known.summary.ends_with('.'), "{}", known.id);
        assert!(!known.caught_by.is_empty(), "{}", known.id);
        assert_eq!(
            fault(known.id).map(|found| found.summary),
            Some(known.summary)
        );
    }
    assert!(fault("no-such-fault").is_none());
}

#[test]
fn each_check_of_the_government_baseline_has_a_fault_made_for_it() {
    let made_for: BTreeSet<&str> = faults()
        .iter()
        .filter_map(|fault| fault.caught_by.first().copied())
        .collect();
    let wanted = "contract.valid-document contract.references-resolve contract.satisfiable-schemas contract.operation-ids contract.described \
        contract.semantic-version contract.https-servers contract.kebab-case-paths contract.nesting-depth \
        contract.object-bodies contract.property-case contract.versioned contract.examples-valid \
        contract.negotiation-documented contract.query-identifies contract.rate-limits contract.x-headers \
        contract.deprecation-flagged contract.test-server contract.licence contract.security-declared \
        transport.plain-http response.object-body response.data-as-keys response.dates response.json-utf8 \
        response.geojson response.status-documented response.body-schema response.content-type \
        response.headers-schema response.declared-properties response.problem-json response.deprecation-headers \
        response.server-error response.well-formed http.unknown-resource http.undeclared-method http.not-acceptable \
        http.unsupported-media-type http.test-server-reachable http.security-txt data.unicode-round-trip";
    for check in wanted.split_whitespace() {
        assert!(made_for.contains(check), "{check}");
    }
}

/// Two good suppliers tell the same story, so a difference is the fault's.
/// Areas whose checks see what one request after the other in this story does not.
const AREAS: [&str; 6] = ["ops.", "change.", "work.", "time.", "wire.", "errors."];

#[tokio::test]
async fn two_good_suppliers_cannot_be_told_apart() {
    let (one, two) = (supplier(vec![], true).await, supplier(vec![], true).await);
    let (first, second) = (tour::walk(&one).await, tour::walk(&two).await);
    assert_eq!(tour::told(&first, &one), tour::told(&second, &two));
    assert_eq!(tour::contract(&one), tour::contract(&two));
}

#[tokio::test]
async fn each_fault_can_be_seen_and_one_of_the_contract_alone_changes_nothing_else() {
    let good = [supplier(vec![], false).await, supplier(vec![], true).await];
    let stories = [
        tour::told(&tour::walk(&good[0]).await, &good[0]),
        tour::told(&tour::walk(&good[1]).await, &good[1]),
    ];
    // A fault of TLS itself is seen by handshakes, which the walk does not look at.
    for known in faults().iter().filter(|known| known.tls.is_none()) {
        let at = usize::from(known.needs_tls);
        let bad = supplier(vec![known], known.needs_tls).await;
        let changed = tour::contract(&bad) != tour::contract(&good[at]);
        assert_eq!(changed, known.contract.is_some(), "{}", known.id);
        let only_words = known.answer.is_none() && known.before.is_none() && known.switch.is_none();
        if only_words {
            assert!(changed || known.published.is_some(), "{}", known.id);
            if known.routes.is_empty() {
                continue;
            }
        }
        // Only a broken credential, a wrong body or several requests lead to these: the self-test shows them.
        if known.caught_by.first().is_some_and(|id| {
            [
                "security.",
                "records.",
                "input.",
                "change.",
                "time.",
                "http.credentials-",
                "http.hidden-",
            ]
            .iter()
            .any(|area| id.starts_with(area))
        }) {
            continue;
        }
        let walked = tour::walk(&bad).await;
        let story = tour::told(&walked, &bad);
        let differences = story
            .iter()
            .zip(&stories[at])
            .filter(|(one, other)| one != other)
            .count();
        match known.id {
            // Only the contract leads to these.
            "query-identifies" | "query-acts" | "person-by-pnc-id" => {
                assert_eq!(differences, 0, "{}", known.id)
            }
            // A list under another path names that path in its Link.
            _ if only_words => assert!(differences <= 1, "{}", known.id),
            // Several requests at once, or one after the other in a certain way, show these: `muster selftest` does.
            _ if known
                .caught_by
                .first()
                .is_some_and(|id| AREAS.iter().any(|area| id.starts_with(area))) => {}
            _ => assert!(differences > 0, "{} cannot be seen", known.id),
        }
    }
}

#[tokio::test]
async fn a_parameter_that_a_fault_documents_is_taken() {
    let bad = supplier(
        vec![
            fault("query-identifies").unwrap(),
            fault("query-acts").unwrap(),
        ],
        false,
    )
    .await;
    let caller = Caller::of(&bad, &bad.credentials().north).await;
    let id = caller.get("/vehicles?limit=1").await.json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        caller.get(&format!("/vehicles?id={id}")).await.json()["total"],
        1
    );
    assert_eq!(caller.get("/incidents?action=list").await.status, 200);
    assert_eq!(caller.get("/incidents?id=1").await.status, 400);
}

#[tokio::test]
async fn faults_add_up() {
    let both = ["stores-ascii", "status-undocumented"].map(|id| fault(id).unwrap());
    let bad = supplier(both.to_vec(), false).await;
    let caller = Caller::of(&bad, &bad.credentials().north).await;
    let stored = caller.post("/people", person()).await.json();
    assert_eq!(stored["surname"], "Zztest ?clair");
    let id = caller.create("/vehicles", super::vehicle()).await;
    assert_eq!(caller.get(&format!("/vehicles/{id}")).await.status, 203);
}
