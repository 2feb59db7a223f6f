//! Several profiles of one run as one (owner of [`load_all`]).

use super::{Catalogue, LoadedProfile, load};
use crate::load::{Diagnostic, Diagnostics};
use muster_checks::profile::Profile;
use muster_core::model::{ClassId, ProfileId, Requirement};

/// Loads the profiles of a run. Several become one: its requirements are theirs, and what two of them share counts once. A
/// class whose id another profile has too is told apart by the id of its profile.
///
/// # Errors
/// Everything that is wrong with any of them; two of them have a requirement of one id, or want different values of one
/// parameter.
pub fn load_all(given: &[String], catalogue: &Catalogue) -> Result<LoadedProfile, Diagnostics> {
    if let [one] = given {
        return load(one, catalogue);
    }
    let mut wrong = Diagnostics::new();
    let mut loaded = Vec::new();
    for one in given {
        match load(one, catalogue) {
            Ok(profile) => loaded.push(profile),
            Err(more) => wrong.extend(more),
        }
    }
    wrong.or(())?;
    agree(&loaded)?;
    let mut all = loaded.into_iter();
    let mut combined = all
        .next()
        .ok_or_else(|| Diagnostic::plain("no profile is named"))?;
    let first = &mut combined.profile;
    first.description.clear();
    first.usual_personal |= first.personal.is_empty();
    let mut wrong = Diagnostics::new();
    for other in all {
        combined.contract = combined.contract.or(other.contract);
        add(&mut combined.profile, other.profile, &mut wrong);
    }
    wrong.or(combined)
}

/// Adds what another profile requires.
fn add(all: &mut Profile, mut other: Profile, wrong: &mut Diagnostics) {
    other.usual_personal |= other.personal.is_empty();
    for class in &mut other.classes {
        let is_taken = all.class(&class.id).is_some();
        let of_class = |one: &&Requirement| one.class == class.id;
        let is_shared = other
            .requirements
            .iter()
            .filter(of_class)
            .all(|one| all.requirements.contains(one));
        if !is_taken || is_shared {
            continue;
        }
        let own = ClassId::new(format!("{}-{}", other.id, class.id));
        for requirement in other
            .requirements
            .iter_mut()
            .filter(|one| one.class == class.id)
        {
            requirement.class = own.clone();
        }
        class.id = own;
    }
    for class in other.classes {
        if all.class(&class.id).is_none() {
            all.classes.push(class);
        }
    }
    for requirement in other.requirements {
        match all.requirement(&requirement.id) {
            None => all.requirements.push(requirement),
            Some(held) if held.statement == requirement.statement => {}
            Some(_) => wrong.push(
                Diagnostic::plain(format!(
                    "the profiles `{}` and `{}` have different requirements of the id `{}`",
                    all.id, other.id, requirement.id
                ))
                .help("run them one by one"),
            ),
        }
    }
    // The version of the last one follows where the title is told.
    all.title = format!("{} {} and {}", all.title, all.version, other.title);
    all.version = other.version;
    all.id = ProfileId::new(format!("{}-and-{}", all.id, other.id));
    all.parameters.0.extend(other.parameters.0);
    all.usual_personal |= other.usual_personal;
    all.tiers = all.tiers.take().or(other.tiers);
    let more = |held: &mut Vec<String>, other: Vec<String>| {
        let new: Vec<String> = other
            .into_iter()
            .filter(|one| !held.contains(one))
            .collect();
        held.extend(new);
    };
    more(&mut all.personal, other.personal);
    more(&mut all.harmless, other.harmless);
    for suite in other.suites {
        if all.suites.contains(&suite) {
            continue;
        }
        if all.suites.iter().any(|held| held.id() == suite.id()) {
            wrong.push(
                Diagnostic::plain(format!(
                    "two profiles have suites of the id `{}`",
                    suite.id()
                ))
                .help("run them one by one"),
            );
        }
        all.suites.push(suite);
    }
}

/// One run has one value of each parameter.
fn agree(loaded: &[LoadedProfile]) -> Result<(), Diagnostics> {
    let mut wrong = Diagnostics::new();
    for (at, one) in loaded.iter().enumerate() {
        for (name, value) in &one.profile.parameters.0 {
            let other = loaded.iter().take(at).find(|other| {
                let held = other.profile.parameters.0.get(name);
                held.is_some_and(|held| held != value)
            });
            if let Some(other) = other {
                wrong.push(
                    Diagnostic::plain(format!(
                        "the profiles `{}` and `{}` want different values of the parameter `{name}`",
                        other.profile.id, one.profile.id
                    ))
                    .help("run them one by one"),
                );
            }
        }
    }
    wrong.or(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

    use super::*;

    fn loaded(given: &[&str]) -> Result<LoadedProfile, Diagnostics> {
        let given: Vec<String> = given.iter().map(|&one| one.to_owned()).collect();
        load_all(&given, &Catalogue::with_cases([]))
    }

    #[test]
    fn several_profiles_are_one() {
        let one = loaded(&["uk-gov-api"]).unwrap().profile;
        let two = loaded(&["ihub-standard-api"]).unwrap().profile;
        let both = loaded(&["uk-gov-api", "ihub-standard-api"]).unwrap();
        let profile = both.profile;
        assert_eq!(profile.id.as_str(), "uk-gov-api-and-ihub-standard-api");
        for requirement in one.requirements.iter().chain(&two.requirements) {
            assert!(
                profile.requirement(&requirement.id).is_some(),
                "{}",
                requirement.id
            );
        }
        assert_eq!(
            format!("{} {}", profile.title, profile.version),
            format!(
                "{} {} and {} {}",
                one.title, one.version, two.title, two.version
            )
        );
        assert!(both.contract.is_some(), "that of the second");
        // The second names personal properties of its own, which must not end the masks of the first.
        assert!(!profile.personal.is_empty() && profile.usual_personal);
    }

    #[test]
    fn every_profile_of_muster_can_be_run_with_the_others() {
        let all = ["uk-gov-api", "http-operability", "policing-api-security"];
        let combined = loaded(&all).unwrap().profile;
        // A class that two of them have is told apart, and each requirement has its class.
        assert!(combined.class(&"http-operability-errors".into()).is_some());
        for requirement in &combined.requirements {
            assert!(
                combined.class(&requirement.class).is_some(),
                "{}",
                requirement.id
            );
        }
    }

    #[test]
    fn profiles_that_contradict_each_other_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|id| {
            let path = folder.path().join(format!("{id}.yaml"));
            let least = if id == "a" { 1 } else { 2 };
            std::fs::write(&path, format!("profile: {id}\nversion: 1.0.0\ntitle: T\nparameters: {{ delivery_ms: {least} }}\n")).unwrap();
            path.to_string_lossy().into_owned()
        });
        let told = loaded(&[&paths[0], &paths[1]]).unwrap_err().to_string();
        assert!(
            told.contains("different values of the parameter `delivery_ms`"),
            "{told}"
        );
    }
}
