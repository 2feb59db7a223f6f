//! Profiles: bundled or from a file, every `extends` resolved, everything they cite looked up.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

use super::{
    diagnostic::{Diagnostic, Diagnostics},
    nearest::nearest,
    schemas,
    source::Source,
    violations::violations,
    yaml::{Confidential, Document, member},
};
use muster_checks::{self as checks, profile::Profile, suite::Suite};
use muster_core::model::{Class, ClassId, Parameters, ProfileId, Requirement, RequirementId};

mod combine;
mod origin;
mod raw;
mod sound;
mod suites;

pub use combine::load_all;
pub use origin::beside;
use origin::{Origin, contract_of, find, find_beside, key};
use raw::RawProfile;
use sound::{classes_are_sound, requirements_are_sound};

/// A profile that comes with Muster.
#[derive(Debug)]
pub struct Bundled {
    /// Its id.
    pub id: &'static str,
    /// Its `profile.yaml`.
    pub text: &'static str,
    /// The other files of its folder: name and text.
    pub files: &'static [(&'static str, &'static str)],
}

/// Files of a profile's folder, by their names.
macro_rules! bundled_files {
    ($profile:literal: $($name:literal,)*) => {
        &[$((
            $name,
            include_str!(concat!("../../profiles/", $profile, "/", $name)),
        ),)*]
    };
}

/// The list. A new profile is one folder and one line here.
pub static BUNDLED: &[Bundled] = &[
    Bundled {
        id: "policing-api-security",
        text: include_str!("../../profiles/policing-api-security/profile.yaml"),
        files: &[],
    },
    Bundled {
        id: "uk-gov-api",
        text: include_str!("../../profiles/uk-gov-api/profile.yaml"),
        files: &[],
    },
    Bundled {
        id: "ihub-standard-api",
        text: include_str!("../../profiles/ihub-standard-api/profile.yaml"),
        files: bundled_files!("ihub-standard-api":
            "contract.openapi.yaml",
            "suites/access.yaml",
            "suites/delivery.yaml",
            "suites/errors.yaml",
            "suites/http.yaml",
            "suites/options.yaml",
            "suites/payloads/complaint.yaml",
            "suites/payloads/crime-report.yaml",
            "suites/payloads/report.yaml",
            "suites/payloads/skeleton.yaml",
            "suites/read-back.yaml",
            "suites/semantics.yaml",
        ),
    },
    Bundled {
        id: "http-operability",
        text: include_str!("../../profiles/http-operability/profile.yaml"),
        files: &[],
    },
];

/// What profiles may cite.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// Ids of checks; not looked up where there are none.
    pub checks: BTreeSet<String>,
    /// Ids of suite cases; not looked up where there are none.
    pub cases: BTreeSet<String>,
}

impl Catalogue {
    /// Muster's own checks, and these cases.
    pub fn with_cases(cases: impl IntoIterator<Item = String>) -> Self {
        Self {
            checks: checks::ALL
                .iter()
                .map(|check| check.id.to_owned())
                .collect(),
            cases: cases.into_iter().collect(),
        }
    }
}

/// A profile with everything that lies beside it.
#[derive(Debug, Clone)]
pub struct LoadedProfile {
    /// The profile.
    pub profile: Profile,
    /// Its contract, or that of the nearest profile it extends.
    pub contract: Option<ProfileContract>,
}

/// Where the contract of a profile is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileContract {
    /// It comes with Muster.
    Bundled {
        /// Its name for readers, as `profile/file`.
        name: String,
        /// Its text.
        text: &'static str,
    },
    /// A file or URL.
    Location(String),
}

/// Loads a profile by its id, its path or its URL.
///
/// # Errors
/// Everything that is wrong with it, or with what it extends.
pub fn load(given: &str, catalogue: &Catalogue) -> Result<LoadedProfile, Diagnostics> {
    let origin = find(given).map_err(|(message, help)| Diagnostic::plain(message).help(help))?;
    let mut loader = Loader {
        catalogue,
        under_way: Vec::new(),
    };
    loader.load(&origin).map(|merged| LoadedProfile {
        profile: merged.profile,
        contract: merged.contract,
    })
}

/// The contract and the suites of a profile, as far as they can be read, whatever else is wrong with it: so that a
/// person is told of every mistake at once.
#[must_use]
pub fn draft(given: &str) -> (Option<ProfileContract>, Vec<Arc<Suite>>) {
    let nothing = || (None, Vec::new());
    let Ok(origin @ Origin::Location(_)) = find(given) else {
        return nothing();
    };
    let Origin::Location(location) = &origin else {
        return nothing();
    };
    let Ok(document) = Source::read(location, "profile")
        .and_then(|source| Document::parse(source, Confidential::NOTHING))
    else {
        return nothing();
    };
    let contract = document
        .value
        .get("contract")
        .and_then(Value::as_str)
        .map(|name| contract_of(&origin, &document, name));
    let suites = suites::load(&document, &origin, &mut Diagnostics::new());
    (contract, suites)
}

/// Loads a profile from a text that is there already.
///
/// # Errors
/// Everything that is wrong with it, or with what it extends.
pub fn load_source(source: Source, catalogue: &Catalogue) -> Result<LoadedProfile, Diagnostics> {
    let mut loader = Loader {
        catalogue,
        under_way: Vec::new(),
    };
    loader
        .load(&Origin::Text(source))
        .map(|merged| LoadedProfile {
            profile: merged.profile,
            contract: merged.contract,
        })
}

/// A profile with what it extends, and where each part came from.
struct Merged {
    profile: Profile,
    contract: Option<ProfileContract>,
    from: BTreeMap<RequirementId, ProfileId>,
    classes_from: BTreeMap<ClassId, ProfileId>,
}

struct Loader<'a> {
    catalogue: &'a Catalogue,
    /// The profiles that are being loaded, the outermost first: one that comes again is a cycle.
    under_way: Vec<String>,
}

impl Loader<'_> {
    fn load(&mut self, origin: &Origin) -> Result<Merged, Diagnostics> {
        let source = match origin {
            Origin::Bundled(bundled) => {
                Source::new(format!("{}/profile.yaml", bundled.id), bundled.text)
            }
            Origin::Location(location) => Source::read(location, "profile")?,
            Origin::Text(source) => source.clone(),
        };
        let document = Document::parse(source, Confidential::NOTHING)?;
        let mut wrong = violations(&document, &schemas::PROFILE);
        classes_are_sound(&document, &mut wrong);
        let bases = self.bases(&document, origin, &mut wrong);
        let suites = suites::load(&document, origin, &mut wrong);
        let cases = self.cases(&suites, &bases);
        requirements_are_sound(&document, self.catalogue, &cases, &mut wrong);
        wrong.or(())?;
        let raw: RawProfile = document.typed()?;

        let mut wrong = Diagnostics::new();
        let mut merged = Merged {
            contract: raw
                .contract
                .as_deref()
                .map(|name| contract_of(origin, &document, name)),
            profile: Profile {
                id: raw.profile.clone(),
                version: raw.version,
                title: raw.title,
                description: raw.description,
                contract: raw.contract,
                classes: Vec::new(),
                requirements: Vec::new(),
                parameters: Parameters::default(),
                personal: Vec::new(),
                usual_personal: false,
                harmless: Vec::new(),
                tiers: raw.tiers,
                suites: Vec::new(),
            },
            from: BTreeMap::new(),
            classes_from: BTreeMap::new(),
        };
        for base in bases {
            merged.take(&document, base, &mut wrong);
        }
        merged.own_suites(&document, suites, &mut wrong);
        for (index, class) in raw.classes.into_iter().enumerate() {
            merged.own_class(&document, index, class.into(), &mut wrong);
        }
        for (index, requirement) in raw.requirements.into_iter().enumerate() {
            if let Some(mut requirement) = requirement.into_requirement() {
                suites::expand(&mut requirement, &merged.profile.suites);
                merged.own_requirement(&document, index, requirement, &mut wrong);
            }
        }
        merged.profile.parameters.0.extend(raw.parameters.0);
        merged.personal(raw.personal);
        merged.harmless(raw.harmless);
        merged.tiers_are_there(&document, &mut wrong);
        wrong.or(merged)
    }

    /// Everything that a requirement may cite as a case; nothing where citations are not looked up.
    fn cases(&self, suites: &[Arc<Suite>], bases: &[Base]) -> BTreeSet<String> {
        let mut cases = self.catalogue.cases.clone();
        let inherited = bases.iter().flat_map(|base| &base.merged.profile.suites);
        for suite in suites.iter().chain(inherited) {
            cases.extend(suites::citations(suite));
        }
        cases
    }

    /// Loads what a profile extends, each with the pointer it is named at and the classes that are taken.
    fn bases(
        &mut self,
        document: &Document,
        origin: &Origin,
        wrong: &mut Diagnostics,
    ) -> Vec<Base> {
        let mut bases = Vec::new();
        self.under_way.push(key(origin));
        for (pointer, item) in document.items("/extends") {
            let (at, given) = match item {
                Value::String(given) => (pointer.clone(), given.as_str()),
                other => match other.get("profile").and_then(Value::as_str) {
                    Some(given) => (member(&pointer, "profile"), given),
                    None => continue,
                },
            };
            let base = match find_beside(given, document) {
                Ok(base) => base,
                Err((message, help)) => {
                    wrong.push(document.error(&at, message).help(help));
                    continue;
                }
            };
            if self.under_way.contains(&key(&base)) {
                wrong.push(document.error(&at, format!("`{given}` extends this profile in turn")));
                continue;
            }
            match self.load(&base) {
                Ok(merged) => bases.push(Base {
                    classes: wanted_classes(document, &pointer, item, &merged.profile, wrong),
                    pointer: at,
                    merged,
                }),
                Err(errors) => wrong.extend(errors),
            }
        }
        self.under_way.pop();
        bases
    }
}

/// A profile that another extends.
struct Base {
    pointer: String,
    merged: Merged,
    /// The classes to take; all where there is nothing.
    classes: Option<BTreeSet<String>>,
}

fn wanted_classes(
    document: &Document,
    pointer: &str,
    item: &Value,
    base: &Profile,
    wrong: &mut Diagnostics,
) -> Option<BTreeSet<String>> {
    item.get("classes")?;
    let mut wanted = BTreeSet::new();
    for (at, class) in document.items(&member(pointer, "classes")) {
        let Some(class) = class.as_str() else {
            continue;
        };
        if base.class(&ClassId::new(class)).is_none() {
            let there = base.classes.iter().map(|class| class.id.as_str());
            let message = format!("profile `{}` has no class `{class}`", base.id);
            wrong.push(document.error(&at, message).help(meant(class, there)));
        }
        wanted.insert(class.to_owned());
    }
    Some(wanted)
}

/// `did you mean …`, or what there is.
fn meant<'a>(name: &str, there: impl Iterator<Item = &'a str> + Clone) -> String {
    nearest(name, there.clone()).map_or_else(
        || format!("there are: {}", there.collect::<Vec<_>>().join(", ")),
        |meant| format!("did you mean `{meant}`?"),
    )
}

impl Merged {
    /// Takes over what another profile holds. The same part by two ways is one part.
    fn take(&mut self, document: &Document, base: Base, wrong: &mut Diagnostics) {
        let Base {
            pointer,
            merged,
            classes,
        } = base;
        let wanted = |class: &ClassId| {
            classes
                .as_ref()
                .is_none_or(|wanted| wanted.contains(class.as_str()))
        };
        for class in merged
            .profile
            .classes
            .into_iter()
            .filter(|class| wanted(&class.id))
        {
            let from = merged
                .classes_from
                .get(&class.id)
                .unwrap_or(&merged.profile.id);
            match self.classes_from.get(&class.id) {
                Some(other) if other == from => continue,
                Some(other) => wrong.push(document.error(
                    &pointer,
                    format!(
                        "class `{}` comes from both `{other}` and `{from}`",
                        class.id
                    ),
                )),
                None => {}
            }
            self.classes_from.insert(class.id.clone(), from.clone());
            self.profile.classes.push(class);
        }
        for requirement in merged.profile.requirements {
            if !wanted(&requirement.class) {
                continue;
            }
            let from = merged
                .from
                .get(&requirement.id)
                .unwrap_or(&merged.profile.id);
            match self.from.get(&requirement.id) {
                Some(other) if other == from => continue,
                Some(other) => wrong.push(document.error(
                    &pointer,
                    format!(
                        "requirement `{}` comes from both `{other}` and `{from}`",
                        requirement.id
                    ),
                )),
                None => {}
            }
            self.from.insert(requirement.id.clone(), from.clone());
            self.profile.requirements.push(requirement);
        }
        self.profile
            .parameters
            .0
            .extend(merged.profile.parameters.0);
        self.personal(merged.profile.personal);
        self.harmless(merged.profile.harmless);
        for suite in merged.profile.suites {
            self.suite(document, &pointer, suite, wrong);
        }
        if self.contract.is_none() {
            self.contract = merged.contract;
            self.profile.contract = merged.profile.contract;
        }
    }

    fn own_suites(
        &mut self,
        document: &Document,
        suites: Vec<Arc<Suite>>,
        wrong: &mut Diagnostics,
    ) {
        for suite in suites {
            self.suite(document, "/suites", suite, wrong);
        }
    }

    /// Adds a suite. The same one by two ways is one.
    fn suite(
        &mut self,
        document: &Document,
        pointer: &str,
        suite: Arc<Suite>,
        wrong: &mut Diagnostics,
    ) {
        match self
            .profile
            .suites
            .iter()
            .find(|held| held.id() == suite.id())
        {
            Some(held) if *held == suite => {}
            Some(held) => wrong.push(document.error(
                pointer,
                format!(
                    "suite `{}` is in both `{}` and `{}`",
                    suite.id(),
                    held.spots.file(),
                    suite.spots.file()
                ),
            )),
            None => self.profile.suites.push(suite),
        }
    }

    fn own_class(
        &mut self,
        document: &Document,
        index: usize,
        class: Class,
        wrong: &mut Diagnostics,
    ) {
        if let Some(other) = self.classes_from.get(&class.id) {
            let message = format!("class `{}` stands in `{other}` already", class.id);
            wrong.push(document.error(&format!("/classes/{index}/id"), message));
        }
        self.classes_from
            .insert(class.id.clone(), self.profile.id.clone());
        self.profile.classes.push(class);
    }

    fn own_requirement(
        &mut self,
        document: &Document,
        index: usize,
        requirement: Requirement,
        wrong: &mut Diagnostics,
    ) {
        if let Some(other) = self.from.get(&requirement.id) {
            let message = format!(
                "requirement `{}` stands in `{other}` already",
                requirement.id
            );
            wrong.push(document.error(&format!("/requirements/{index}/id"), message));
        }
        if self.profile.class(&requirement.class).is_none() {
            let message = format!("there is no class `{}`", requirement.class);
            let there = self.profile.classes.iter().map(|class| class.id.as_str());
            let help = meant(requirement.class.as_str(), there);
            wrong.push(
                document
                    .error(&format!("/requirements/{index}/class"), message)
                    .help(help),
            );
        }
        self.from
            .insert(requirement.id.clone(), self.profile.id.clone());
        self.profile.requirements.push(requirement);
    }

    /// What shows a tier is a requirement of the profile.
    fn tiers_are_there(&self, document: &Document, wrong: &mut Diagnostics) {
        for tier in ["bronze", "silver"] {
            for (at, id) in document.items(&format!("/tiers/{tier}")) {
                let id = id.as_str().unwrap_or_default();
                if self.profile.requirement(&id.into()).is_none() {
                    let there = self.profile.requirements.iter().map(|one| one.id.as_str());
                    wrong.push(
                        document
                            .error(&at, format!("there is no requirement `{id}`"))
                            .help(meant(id, there)),
                    );
                }
            }
        }
    }

    fn harmless(&mut self, operations: Vec<String>) {
        for operation in operations {
            if !self.profile.harmless.contains(&operation) {
                self.profile.harmless.push(operation);
            }
        }
    }

    fn personal(&mut self, names: Vec<String>) {
        for name in names {
            if !self.profile.personal.contains(&name) {
                self.profile.personal.push(name);
            }
        }
    }
}

#[cfg(test)]
mod tests;
