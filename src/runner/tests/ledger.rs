//! Whatever a target does, and wherever a run is stopped: what was made is removed or told, and what others made stays.

use std::collections::HashMap;

use super::*;

/// What becomes of a creation.
#[derive(Debug, Clone, Copy)]
enum Creates {
    Named,
    Unnamed,
    Fails(u16),
    Loses,
    Refuses,
}

/// Numbers that are the same for the same seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// A target that misbehaves as chance has it.
struct Unsteady {
    people: People,
    chance: Chance,
}

impl Unsteady {
    fn answer(&mut self, request: &Request) -> Outcome {
        let method = request.method.as_str();
        if method == "POST" {
            let how = match self.chance.below(10) {
                0 => Creates::Unnamed,
                1 => Creates::Fails(500),
                2 => Creates::Fails(303),
                3 => Creates::Loses,
                4 => Creates::Refuses,
                _ => Creates::Named,
            };
            if let Creates::Refuses = how {
                return answered((422, "{}".into()));
            }
            let made = self.people.answer(request);
            return match how {
                Creates::Unnamed => answered((204, String::new())),
                Creates::Fails(status) => answered((status, String::new())),
                Creates::Loses => Outcome::Broken(Breakage {
                    kind: BreakageKind::ConnectionLost,
                    detail: "The connection was lost.".into(),
                }),
                Creates::Named | Creates::Refuses => answered(made),
            };
        }
        if method == "DELETE" {
            match self.chance.below(8) {
                0 => return answered((204, String::new())),
                1 => return answered((500, String::new())),
                _ => {}
            }
        }
        answered(self.people.answer(request))
    }

    /// Records of the run that are there.
    fn own(&self) -> usize {
        let names = self.people.held.values();
        names.filter(|surname| *surname != OTHERS).count()
    }
}

const OTHERS: &str = "Of somebody else";

/// How each creation ended, and how often it was told so.
fn endings(events: &[Event]) -> HashMap<u64, Vec<&'static str>> {
    let mut endings: HashMap<u64, Vec<&'static str>> = HashMap::new();
    for event in events {
        let (number, how) = match event {
            Event::CreationIntended(creation) => (creation.number, None),
            Event::Absent(creation) => (creation.number, Some("not created")),
            Event::Removed(creation) => (creation.number, Some("removed")),
            Event::LeftBehind(creation, _) => (creation.number, Some("left behind")),
            _ => continue,
        };
        endings.entry(number).or_default().extend(how);
    }
    endings
}

#[tokio::test]
async fn everything_made_is_removed_or_told_and_nothing_of_others_is_touched() {
    for seed in 0..60_u64 {
        let mut chance = Chance(seed + 1);
        let stops_after = 1 + chance.below(40);
        let mut people = People::default();
        for number in 1..=4 {
            people.held.insert(format!("q{number}"), OTHERS.into());
        }
        let target = Arc::new(Mutex::new(Unsteady { people, chance }));
        let cancel = Cancel::default();
        let budget = Budget {
            per_second: 0,
            concurrency: 2,
            ..Budget::default()
        };
        let events = Mutex::new(Vec::new());
        let mut requests = 0;
        run_into(&events, budget, &cancel, |request| {
            requests += 1;
            if requests == stops_after {
                cancel.ask();
            }
            let mut target = target.lock().unwrap();
            let outcome = target.answer(request);
            // The journal of a crash here knows of everything that was made.
            let events = events.lock().unwrap();
            let open = endings(&events)
                .values()
                .filter(|endings| {
                    !endings
                        .iter()
                        .any(|how| matches!(*how, "not created" | "removed"))
                })
                .count();
            assert!(
                target.own() <= open,
                "seed {seed}: {} > {open}",
                target.own()
            );
            outcome
        })
        .await;
        let events = events.into_inner().unwrap();
        let mut told = 0;
        for (number, endings) in endings(&events) {
            assert_eq!(
                endings.len(),
                1,
                "seed {seed}, creation {number}: {endings:?}"
            );
            told += usize::from(endings == ["left behind"]);
        }
        let target = target.lock().unwrap();
        assert!(
            target.own() <= told,
            "seed {seed}: {} > {told}",
            target.own()
        );
        let others = target.people.held.values().filter(|name| *name == OTHERS);
        assert_eq!(others.count(), 4, "seed {seed}");
    }
}
