//! What a record of the examples shows after each round of two changes.

use crate::ScriptedResponse;

/// How often two requests meet in checks of concurrency: what is hit every second time is missed once in 128 runs.
pub(crate) const ROUNDS: usize = 7;

/// The answer to `GET /people/7` after a round, from 0.
pub(crate) const fn state(round: usize) -> ScriptedResponse {
    let body = match round {
        0 => r#"{"name":"Zztest B1","notes":"Zztest C2"}"#,
        1 => r#"{"name":"Zztest D3","notes":"Zztest E4"}"#,
        2 => r#"{"name":"Zztest F5","notes":"Zztest G6"}"#,
        3 => r#"{"name":"Zztest H7","notes":"Zztest I8"}"#,
        4 => r#"{"name":"Zztest J9","notes":"Zztest K10"}"#,
        5 => r#"{"name":"Zztest L11","notes":"Zztest M12"}"#,
        6 => r#"{"name":"Zztest N13","notes":"Zztest O14"}"#,
        7 => r#"{"name":"Zztest P15","notes":"Zztest Q16"}"#,
        8 => r#"{"name":"Zztest R17","notes":"Zztest S18"}"#,
        _ => r#"{"name":"Zztest T19","notes":"Zztest U20"}"#,
    };
    ScriptedResponse::json("GET /people/7", 200, body)
}
