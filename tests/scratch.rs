#![allow(clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, unused)]
use muster::{*, model::*, runner::*, contract::*, exchange::*, http::*, event::*, verdict::*};
use serde_json::json;
use std::sync::Mutex;
struct W(Transport, String, String);
impl Wire for W {
    async fn send(&self, r: &Request, op: Option<&Operation>) -> runner::Sent {
        let mut c = Credentials::default();
        let needs = op.is_none_or(|o| matches!(&o.security, Security::AnyOf(a) if !a.is_empty()) );
        match &r.auth { Auth::Declared if needs => c.headers.append("authorization", format!("Bearer {}", self.1)), Auth::Instead(h) => c.headers = h.clone(), _ => {} }
        self.0.send(r, &c).await
    }
    async fn log_in(&self, _: &IdentityName) -> Result<(), Gap> { Ok(()) }
    async fn renew(&self, _: &IdentityName) -> bool { false }
}
async fn go(fault: Option<&'static supplier::Fault>) -> (summary::Summary, u128) {
    let mut o = supplier::Options::default();
    o.faults = fault.into_iter().collect();
    if fault.is_some_and(|f| f.needs_tls) { o.tls = Some(supplier::Tls { require_client_certificate: false }); }
    let s = supplier::Supplier::start(o).await.unwrap();
    let cl = s.credentials().north.clone();
    let mut b = reqwest::Client::builder().no_proxy();
    let mut ho = http::Options::new(s.base_url().parse().unwrap());
    if let Some(ca) = s.ca_pem() { b = b.tls_certs_only([reqwest::Certificate::from_pem(ca.as_bytes()).unwrap()]); ho.trust = Trust::Only(ca.as_bytes().to_vec()); } else { b = b.tls_certs_only([]); }
    let tok: serde_json::Value = serde_json::from_str(&b.build().unwrap().post(&s.credentials().token_url).form(&[("grant_type","client_credentials"),("client_id",&cl.id),("client_secret",&cl.secret)]).send().await.unwrap().text().await.unwrap()).unwrap();
    let contract = match Contract::from_value(s.contract()) { Ok(c) => c, Err(e) => { println!("REFUSED {e:?}"); panic!() } };
    let reqs: Vec<_> = checks::ALL.iter().map(|c| json!({"id": c.id, "class":"all","level":"MUST","statement":"x.","source":{"document":"x"},"interoperability":"structural","verification":{"verified-by":[{"check":c.id}]}})).collect();
    let profile: profile::Profile = serde_json::from_value(json!({"id":"all","version":"1.0.0","title":"All","classes":[{"id":"all","title":"All","kind":"core"}],"requirements":reqs})).unwrap();
    let relations = arrange::Relations::of(&contract);
    let claims = Claims::default();
    let mut parameters = Parameters::default();
    parameters.0.insert("base_url".into(), s.base_url().into());
    parameters.0.insert("environment".into(), "test".into());
    if let Some(p) = s.plain_http_port() { parameters.0.insert("plain_http_port".into(), p.into()); }
    let selection = plan::Selection::default();
    let plan = plan::Plan::new(plan::Basis { profile: &profile, contract: &contract, claims: &claims, parameters: &parameters, writes: true, selection: &selection });
    let ids = [IdentityName::default()];
    let setup = Setup { started: Started { run_id: "r".into(), muster: "0".into(), at: "2026-01-01T00:00:00Z".into(), seed: 1, profile, target: "t".into(), supplier: "s".into(), environment: Environment::Test, base_url: s.base_url(), claims: claims.clone(), budget: Budget { requests: 100000, per_second: 0, concurrency: 8 }, writes: true, contract: ContractFacts { title: "c".into(), version: "1".into(), openapi: "3.1.0".into(), location: "x".into(), sha256: "".into(), operations: contract.operations.iter().map(|o| o.key.clone()).collect() }, waivers: vec![], attestations: vec![], today: "2026-01-01".into(), fail_on_should: false }, contract: &contract, relations: &relations, claims: &claims, parameters: &parameters, identities: &ids, run_tag: "muster-000001", plan: &plan, known: known::Known::default() };
    let wire = W(Transport::new(ho).unwrap(), tok["access_token"].as_str().unwrap().into(), String::new());
    let entries = Mutex::new(Vec::new());
    let l = |event: Event| entries.lock().unwrap().push(Entry { at_us: 0, event });
    let t = std::time::Instant::now();
    let red = observation::Redactor::default();
    Runner::new(&setup, &wire, &red, &l, &Cancel::default()).run().await;
    let ms = t.elapsed().as_millis();
    let e = entries.into_inner().unwrap();
    (summary::fold(|| e.iter().cloned()).unwrap(), ms)
}
fn show(s: &summary::Summary) {
    for f in &s.findings { println!("  FINDING {} | {} | exp {} | got {} | {:?} {:?} x{}", f.by, f.finding.title, f.finding.expected, f.finding.received, f.finding.pointer, f.operations.iter().map(|o| o.to_string()).collect::<Vec<_>>(), f.seen); }
    for r in &s.requirements { for c in &r.results { for g in &c.gaps { println!("  GAP {} {:?}: {}", c.by, c.operation.as_ref().map(|o| o.to_string()), g.reason); } } if r.results.is_empty() || r.verdict.is_none() { println!("  REQ {} {:?} {}", r.requirement.id, r.standing, r.reason); } }
}
#[tokio::test(flavor = "multi_thread")]
async fn good() {
    let (s, ms) = go(None).await;
    println!("good: {ms} ms, {} requests, exit {}", s.requests, s.exit_code);
    show(&s);
    for o in &s.operations { if !o.reached { println!("UNREACHED {} {:?}", o.operation, o.gap); } }
    println!("left {:?}", s.left_behind);
}
#[tokio::test(flavor = "multi_thread")]
async fn faults() {
    let only = std::env::var("FAULT").ok();
    let mut missed = 0; let mut extra = 0;
    for f in supplier::faults() {
        if only.as_ref().is_some_and(|o| o != f.id) { continue; }
        let (s, ms) = go(Some(f)).await;
        let seen: std::collections::BTreeSet<String> = s.findings.iter().map(|x| x.by.to_string()).collect();
        let hit = seen.contains(f.caught_by[0]);
        let sur: Vec<_> = seen.iter().filter(|x| !f.caught_by.contains(&x.as_str())).collect();
        if !hit { missed += 1; } if !sur.is_empty() { extra += 1; }
        if !hit || !sur.is_empty() { println!("{} {}: {} surprises {:?} ({ms} ms)", if hit {"ok  "} else {"MISS"}, f.id, f.caught_by[0], sur); if only.is_some() { show(&s); } }
    }
    println!("missed {missed} extra {extra}");
}
