//! Where profiles are: bundled, at a path, or in a text (owner of [`Origin`]).

use std::path::PathBuf;

use super::{BUNDLED, Bundled, ProfileContract};
use crate::load::{
    nearest::nearest,
    source::{Source, is_url},
    yaml::Document,
};

/// Where a profile is.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    Bundled(&'static Bundled),
    Location(String),
    Text(Source),
}

/// Finds a profile; else says so, with what is there.
pub(super) fn find(given: &str) -> Result<Origin, (String, String)> {
    if let Some(bundled) = BUNDLED.iter().find(|bundled| bundled.id == given) {
        return Ok(Origin::Bundled(bundled));
    }
    if looks_like_path(given) {
        return Ok(Origin::Location(folder_or_file(PathBuf::from(given))));
    }
    let ids: Vec<&str> = BUNDLED.iter().map(|bundled| bundled.id).collect();
    let help = nearest(given, ids.iter().copied())
        .map(|meant| format!("did you mean `{meant}`? "))
        .unwrap_or_default();
    Err((
        format!("there is no profile `{given}`"),
        format!(
            "{help}bundled: {}; a path to a profile.yaml works too",
            ids.join(", ")
        ),
    ))
}

fn looks_like_path(given: &str) -> bool {
    given == "-"
        || is_url(given)
        || given.contains(['/', '\\'])
        || given.ends_with(".yaml")
        || given.ends_with(".yml")
        || given.ends_with(".json")
}

/// What a target file names: the id of a profile that comes with Muster, or a path from the folder of the file.
pub fn beside(source: &Source, given: &str) -> String {
    let is_own = BUNDLED.iter().any(|bundled| bundled.id == given);
    if is_own || is_url(given) || !looks_like_path(given) {
        given.to_owned()
    } else {
        source.beside(given).to_string_lossy().into_owned()
    }
}

/// A folder stands for the `profile.yaml` in it.
fn folder_or_file(path: PathBuf) -> String {
    let path = if path.is_dir() {
        path.join("profile.yaml")
    } else {
        path
    };
    path.to_string_lossy().into_owned()
}

/// What stands for an origin when cycles are looked for.
pub(super) fn key(origin: &Origin) -> String {
    match origin {
        Origin::Bundled(bundled) => bundled.id.to_owned(),
        Origin::Location(location) => std::fs::canonicalize(location).map_or_else(
            |_| location.clone(),
            |path| path.to_string_lossy().into_owned(),
        ),
        Origin::Text(source) => source.name.to_string(),
    }
}

/// Finds a profile that another names: bundled, by path from its folder, or in a folder beside its own.
pub(super) fn find_beside(given: &str, document: &Document) -> Result<Origin, (String, String)> {
    if looks_like_path(given) && !is_url(given) && given != "-" {
        return Ok(Origin::Location(folder_or_file(
            document.source.beside(given),
        )));
    }
    find(given).or_else(|error| {
        let sibling = document.source.beside(&format!("../{given}/profile.yaml"));
        if sibling.is_file() {
            Ok(Origin::Location(sibling.to_string_lossy().into_owned()))
        } else {
            Err(error)
        }
    })
}

/// The document that a profile names, beside it.
pub(super) fn contract_of(origin: &Origin, document: &Document, name: &str) -> ProfileContract {
    if let Origin::Bundled(bundled) = origin
        && let Some((file, text)) = bundled.files.iter().find(|(file, _)| *file == name)
    {
        return ProfileContract::Bundled {
            name: format!("{}/{file}", bundled.id),
            text,
        };
    }
    ProfileContract::Location(if is_url(name) {
        name.to_owned()
    } else {
        document.source.beside(name).to_string_lossy().into_owned()
    })
}
