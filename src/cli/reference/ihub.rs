//! The reference receiver of the iHub Standard API as something to test.

use std::collections::BTreeMap;

use super::key_identity;
use crate::{
    cli::Failure,
    load::{Target, TlsFiles},
};
use muster_core::model::{
    Attestation, Budget, Claims, ClientCertificate, Environment, IdentityName, Parameters, Writes,
};
use muster_supplier::IhubSupplier;

/// The requirements that a person states, with what was seen: of the reference receiver, in its source.
const STATED: &[(&str, &str)] = &[
    (
        "IHUB-04",
        "A submission is put into the store before its receipt is written.",
    ),
    ("IHUB-46", "It has no systems behind it that could fail."),
    ("IHUB-80", "Its interfaces are open from its first day."),
    ("IHUB-81", "Its contract is published with Muster."),
    ("IHUB-82", "Reading back is published with Muster."),
    ("IHUB-83", "Every run has a receiver of its own."),
];

/// What its target file would say.
pub(super) fn target(receiver: &IhubSupplier) -> Result<Target, Failure> {
    let base_url = receiver
        .base_url()
        .parse()
        .map_err(|error| Failure::Internal(format!("{error}")))?;
    let key = receiver.key();
    let mut target = Target::at(base_url);
    target.name = "Reference receiver".to_owned();
    target.supplier = "Muster".to_owned();
    target.environment = Environment::Test;
    target.writes = Writes::Allowed;
    target.budget = Budget {
        requests: 20_000,
        per_second: 0,
        concurrency: 16,
        ..Budget::default()
    };
    target.claims = Claims(
        ["read-back", "conflict-on-duplicate", "correlation-id"]
            .map(str::to_owned)
            .into(),
    );
    target.identities = vec![
        (IdentityName::default(), key_identity(&key.id, &key.secret)),
        (
            "wrong-client-id".into(),
            key_identity("zztest-nobody", &key.secret),
        ),
        (
            "wrong-client-secret".into(),
            key_identity(&key.id, "zztest-wrong-secret"),
        ),
    ];
    let client = receiver.client();
    target.tls = TlsFiles {
        ca_pem: Some(receiver.ca_pem().as_bytes().to_vec()),
        client: Some(ClientCertificate {
            chain_pem: client.certificate.as_bytes().to_vec(),
            key_pem: client.key.clone().into(),
        }),
    };
    target.attestations = STATED
        .iter()
        .map(|(requirement, statement)| Attestation {
            requirement: (*requirement).into(),
            by: "The maintainers of Muster".to_owned(),
            on: "2026-01-01".to_owned(),
            statement: (*statement).to_owned(),
        })
        .collect();
    target.timeout = std::time::Duration::from_secs(120);
    // Several receivers may be tested side by side on this machine; only a slow network would be told by less.
    target.parameters = Parameters(BTreeMap::from([("delivery_ms".to_owned(), 120_000.into())]));
    Ok(target)
}

/// What a person needs to try it by hand.
pub(super) fn invitation(receiver: &IhubSupplier) -> String {
    let key = receiver.key();
    let client = receiver.client();
    format!(
        "base URL        {}\nclient-id       {}\nclient-secret   {}\n\nThe authority to trust:\n{}\nThe sender's certificate and key:\n{}{}\nStop with Ctrl-C.\n",
        receiver.base_url(),
        key.id,
        key.secret,
        receiver.ca_pem(),
        client.certificate,
        client.key,
    )
}
