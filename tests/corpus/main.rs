//! Real OpenAPI documents, each loaded and planned: `just corpus` collects them (`collect.py`) and runs this.
//!
//! The documents are not part of the repository. `MUSTER_CORPUS` names their folder. One that cannot be loaded is told
//! with the reason; a person decides whether it is valid.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test that reads files and takes times"
)]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use muster::load::{
    contract::{RemotePolicy, load_contract},
    profile,
};
use muster_checks::plan::{Basis, Plan, Selection};
use muster_core::{
    arrange::Relations,
    model::{Claims, Parameters},
};

/// The longest that loading and planning one document may take, in an optimised build.
const MOST_TIME: Duration = Duration::from_secs(2);
/// How many documents the folder must hold.
const ENOUGH: usize = 1_500;

/// What became of a document.
enum Planned {
    /// So many operations, and so long.
    Yes(usize, Duration),
    Refused(String),
    Crashed,
}

fn planned(path: &Path, loaded: &profile::LoadedProfile) -> Planned {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let began = Instant::now();
    let done = catch_unwind(AssertUnwindSafe(|| {
        let location = path.to_string_lossy();
        let contract = runtime
            .block_on(load_contract(&location, &RemotePolicy::offline()))
            .map_err(|error| error.to_string())?
            .contract;
        drop(Relations::of(&contract));
        let plan = Plan::new(Basis {
            profile: &loaded.profile,
            contract: &contract,
            claims: &Claims::default(),
            parameters: &Parameters::default(),
            writes: true,
            selection: &Selection::default(),
        });
        assert!(!plan.cases.is_empty() || contract.operations.is_empty());
        Ok::<_, String>(contract.operations.len())
    }));
    match done {
        Ok(Ok(operations)) => Planned::Yes(operations, began.elapsed()),
        Ok(Err(reason)) => Planned::Refused(reason),
        Err(_) => Planned::Crashed,
    }
}

#[test]
#[ignore = "needs the documents that `just corpus` collects"]
fn every_real_document_is_planned_in_time() {
    let folder = std::env::var_os("MUSTER_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/corpus"),
        PathBuf::from,
    );
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}; `just corpus` makes it", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() >= ENOUGH, "{} documents", paths.len());
    let loaded = profile::load("uk-gov-api", &profile::Catalogue::default()).unwrap();
    let (mut operations, mut whole) = (0, Duration::ZERO);
    let (mut refused, mut crashed, mut slow) = (Vec::new(), Vec::new(), Vec::new());
    let mut slowest = (Duration::ZERO, String::new());
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match planned(path, &loaded) {
            Planned::Yes(count, took) => {
                operations += count;
                whole += took;
                if took > slowest.0 {
                    slowest = (took, name.clone());
                }
                if took > MOST_TIME {
                    slow.push(format!("{name}: {took:.1?}, {count} operations"));
                }
            }
            Planned::Refused(reason) => {
                println!("refused: {name}: {reason}");
                refused.push(name);
            }
            Planned::Crashed => crashed.push(name),
        }
    }
    println!(
        "{} documents, {operations} operations, {whole:.1?} in all; slowest {} in {:.2?}; {} refused, {} crashed, {} slow",
        paths.len(),
        slowest.1,
        slowest.0,
        refused.len(),
        crashed.len(),
        slow.len()
    );
    assert!(crashed.is_empty(), "crashed: {crashed:#?}");
    assert!(cfg!(debug_assertions) || slow.is_empty(), "slow: {slow:#?}");
    // Whatever is refused must be no OpenAPI document; those in the packages that are none are few.
    assert!(refused.len() * 100 <= paths.len(), "refused: {refused:#?}");
}
