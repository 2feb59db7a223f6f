//! `muster id` as whole commands: exit code and both streams.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests start programs"
)]

use snapbox::{cmd::Command, str};

fn id(arguments: &[&str]) -> Command {
    Command::new(snapbox::cmd::cargo_bin!("muster"))
        .env("NO_COLOR", "1")
        .stdin("")
        .arg("id")
        .args(arguments)
}

#[test]
fn help_explains_itself() {
    id(&["--help"])
        .assert()
        .code(0)
        .stderr_eq("")
        .stdout_eq(str![[r#"
Check, make and explain identifiers of policing: PNC ID, CRO, ASN, NINO, postcode and others

Usage: muster id <COMMAND>

Commands:
  check    Check values: canonical form, check character, and what exactly is wrong
  make     Make valid values that are synthetic; the same seed gives the same values
  explain  Explain a kind: its forms, rules, check character, limits, and the standing of its
           sources
  list     List the kinds of identifier
  help     Print this message or the help of the given subcommand(s)

Options:
  -h, --help  Print help

Examples:
  muster id list                                  the kinds: pnc, cro, asn, nino, postcode, …
  muster id check pnc 2099/1234567B               is it valid, and if not, what exactly is wrong?
  cut -f3 people.tsv | muster id check pnc --stdin
  muster id make asn --count 5 --seed 7           valid values that are nobody's
  muster id explain cro                           forms, rules, check letter, sources

Nothing is sent and nothing is kept: the command has no network and writes no file.

Exit codes:
  0  every value is valid (warnings included)    1  a value is invalid    2  wrong usage

"#]]);
}

#[test]
fn a_right_value_says_its_canonical_form() {
    id(&["check", "pnc", "2099/1234567B", "81/34u"])
        .assert()
        .code(0)
        .stderr_eq("")
        .stdout_eq(str![[r#"
valid    2099/1234567B
valid    81/34u
         canonical: 1981/0000034U (written in the form: short)
2 values: 2 valid, 0 invalid

"#]]);
}

#[test]
fn a_wrong_value_says_what_exactly_and_what_to_do() {
    id(&["check", "pnc", "2018/0123456X"])
        .assert()
        .code(1)
        .stderr_eq("")
        .stdout_eq(str![[r#"
invalid  2018/0123456X
         the check letter of 2018/0123456 is P, not X
         fix: Compare every character with the source record: one was mistyped, or two were swapped. Do not replace the check character alone.
rule: NPCC Minimum POLE Data Standards Dictionary 1.1, DS_072 (official); ministryofjustice/hmpps-person-record, PNCIdentifier.kt, for the short forms (code)
more: muster id explain pnc

"#]]);
    id(&["check", "e164", "+44 7700 900123", "-1", ""])
        .assert()
        .code(1)
        .stderr_eq("")
        .stdout_eq(str![[r#"
invalid  +44 7700 900123
         a telephone number has no spaces or punctuation after the plus sign: expected +447700900123
         fix: Write the value in its canonical form before it is stored or sent.
invalid  -1
         character 1 is `-`: expected a plus sign and the country code
         fix: Compare this character with the source record; O and 0, I and 1, S and 5 are often mistaken.
invalid  (empty)
         the value is empty
         fix: Give a value, or leave the property out.
3 values: 0 valid, 3 invalid
rule: NPCC Minimum POLE Data Standards Dictionary 1.1, DS_053 (official); ITU-T E.164, for 15 digits; Ofcom, for the free range (general)
more: muster id explain e164

"#]]);
}

#[test]
fn a_court_case_reference_that_does_not_fit_is_a_warning() {
    id(&["check", "court-case", "97/1626/008395R"])
        .assert()
        .code(0)
        .stderr_eq("")
        .stdout_eq(str![[r#"
warning  97/1626/008395R
         the check letter of 97/1626/008395 is Q, not R, by a rule derived from published values and not documented

"#]]);
}

#[test]
fn the_canonical_form_can_be_required() {
    id(&[
        "check",
        "nino",
        "--canonical",
        "NC 99 12 34 A",
        "NC991234A",
        "nc991234a",
    ])
    .assert()
    .code(1)
    .stderr_eq("")
    .stdout_eq(str![[r#"
invalid  NC 99 12 34 A
         the value is not in its canonical form: expected NC991234A
         fix: Write the value in its canonical form before it is stored or sent.
valid    NC991234A
invalid  nc991234a
         the value is not in its canonical form: expected NC991234A
         fix: Write the value in its canonical form before it is stored or sent.
3 values: 1 valid, 2 invalid
rule: NPCC Minimum POLE Data Standards Dictionary 1.1, DS_060 (official); HMRC National Insurance Manual, NIM39110, for prefixes of administration (official)
more: muster id explain nino

"#]]);
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    id(&["check", "vrm", "ZZ00\u{1b}[2J"])
        .assert()
        .code(1)
        .stderr_eq("")
        .stdout_eq(str![[r#"
invalid  ZZ00/u{1b}[2J
         character 5 is `/u{1b}` (U+001B): expected letters, digits and separators of ASCII only
         fix: Compare this character with the source record; O and 0, I and 1, S and 5 are often mistaken.
rule: NPCC Minimum POLE Data Standards Dictionary 1.1, DS_065 (official); the age identifier 00 (general)
more: muster id explain vrm

"#]]);
}

#[test]
fn values_are_told_to_machines() {
    id(&[
        "check",
        "cro",
        "--format",
        "json",
        "85227/65G",
        "SF05/482703J",
    ])
    .assert()
    .code(1)
    .stderr_eq("")
    .stdout_eq(str![[r#"
{
"kind": "cro",
"values": [
{"value":"85227/65G","valid":false,"problem":{"code":"check-character","message":"the check letter of 85227/65 is L, not G","fix":"Compare every character with the source record: one was mistyped, or two were swapped. Do not replace the check character alone."}},
{"value":"SF05/482703J","valid":true,"canonical":"SF05/482703J","form":"SF","warnings":[{"code":"year-range","message":"POLE DS_071 allows the years 39 to 95, though published numbers carry others"}]}
],
"sources": [{"name":"NPCC Minimum POLE Data Standards Dictionary 1.1, DS_071","standing":"official"},{"name":"ministryofjustice/hmpps-person-record, CROIdentifier.kt","standing":"code"},{"name":"that no serial of 1938 reached 900001","standing":"general"}],
"checked": 2, "valid": 1, "warned": 1, "invalid": 1, "blank": 0
}

"#]]);
}

const COLUMN: &str = "\u{feff}2099/1234567B\r\n\n2018/0123456X\n99/1234567B\nnonsense";

#[test]
fn a_column_is_told_by_line_without_its_values() {
    id(&["check", "pnc", "--stdin"])
        .stdin(COLUMN)
        .assert()
        .code(1)
        .stderr_eq("")
        .stdout_eq(str![[r#"
line 3  invalid  the check letter is P, not X
line 5  invalid  character 1 is `N`: expected a digit
4 values: 2 valid, 2 invalid; 1 blank line not judged
rule: NPCC Minimum POLE Data Standards Dictionary 1.1, DS_072 (official); ministryofjustice/hmpps-person-record, PNCIdentifier.kt, for the short forms (code)
more: muster id explain pnc

"#]]);
    id(&["check", "pnc", "--stdin", "--format", "json"])
        .stdin(COLUMN)
        .assert()
        .code(1)
        .stderr_eq("")
        .stdout_eq(str![[r#"
{
"kind": "pnc",
"values": [
{"line":3,"valid":false,"problem":{"code":"check-character","message":"the check letter is P, not X","fix":"Compare every character with the source record: one was mistyped, or two were swapped. Do not replace the check character alone."}},
{"line":5,"valid":false,"problem":{"code":"character","message":"character 1 is `N`: expected a digit","fix":"Compare this character with the source record; O and 0, I and 1, S and 5 are often mistaken."}}
],
"sources": [{"name":"NPCC Minimum POLE Data Standards Dictionary 1.1, DS_072","standing":"official"},{"name":"ministryofjustice/hmpps-person-record, PNCIdentifier.kt, for the short forms","standing":"code"}],
"checked": 4, "valid": 2, "warned": 0, "invalid": 2, "blank": 1
}

"#]]);
    id(&["check", "court-case", "--stdin", "--format", "json"])
        .stdin("97/1626/008395R\n")
        .assert()
        .code(0)
        .stderr_eq("")
        .stdout_eq(str![[r#"
{
"kind": "court-case",
"values": [
{"line":1,"valid":true,"form":"full","warnings":[{"code":"check-character","message":"the check letter is Q, not R, by a rule derived from published values and not documented"}]}
],
"sources": [{"name":"ministryofjustice/bichard7-next-core, exception HO100203, for the shape","standing":"code"},{"name":"values in the fixtures of bichard7-next-core, for the sum","standing":"derived"}],
"checked": 1, "valid": 1, "warned": 1, "invalid": 0, "blank": 0
}

"#]]);
}

#[test]
fn the_values_of_a_column_can_be_shown() {
    id(&["check", "pnc", "--stdin", "--show-values", "--all"])
        .stdin(COLUMN)
        .assert()
        .code(1)
        .stderr_eq("")
        .stdout_eq(str![[r#"
line 1  valid  2099/1234567B
line 3  invalid  2018/0123456X  the check letter of 2018/0123456 is P, not X
line 4  valid  99/1234567B  = 1999/1234567B
line 5  invalid  nonsense  character 1 is `N`: expected a digit
4 values: 2 valid, 2 invalid; 1 blank line not judged
rule: NPCC Minimum POLE Data Standards Dictionary 1.1, DS_072 (official); ministryofjustice/hmpps-person-record, PNCIdentifier.kt, for the short forms (code)
more: muster id explain pnc

"#]]);
}

#[test]
fn a_column_that_is_no_text_is_told() {
    id(&["check", "imei", "--stdin"])
        .stdin(b"49015420323\xff518\n\x00\n".to_vec())
        .assert()
        .code(1)
        .stderr_eq("")
        .stdout_eq(str![[r#"
line 1  invalid  character 12 is `�` (U+FFFD): expected letters, digits and separators of ASCII only
line 2  invalid  character 1 is `/0` (U+0000): expected letters, digits and separators of ASCII only
2 values: 0 valid, 2 invalid
rule: NPCC Minimum POLE Data Standards Dictionary 1.1, DS_099 and DS_100, for the use (official); 3GPP TS 23.003, GSMA TS.06, for the sum and the test range (general)
more: muster id explain imei

"#]]);
}

#[test]
fn wrong_usage_is_told() {
    id(&["check", "pncc", "2099/1234567B"])
        .assert()
        .code(2)
        .stdout_eq("")
        .stderr_eq(str![[r#"
error: invalid value 'pncc' for '<KIND>'
  [possible values: pnc, cro, sf-cro, asn, court-case, urn, offence, force, station, ou, nino, driver, vrm, postcode, uprn, e164, imei, imsi]

  tip: a similar value exists: 'pnc'

For more information, try '--help'.

"#]]);
    id(&["check", "pnc"])
        .assert()
        .code(2)
        .stdout_eq("")
        .stderr_eq(str![[r#"
error: the following required arguments were not provided:
  <VALUE>...

Usage: muster id check <KIND> <VALUE>...

For more information, try '--help'.

"#]]);
    id(&["check", "pnc", "--stdin"])
        .assert()
        .code(2)
        .stdout_eq("")
        .stderr_eq(str![[r#"
error: standard input holds no value: expected a value a line

"#]]);
    id(&["make", "force", "--count", "9"])
        .assert()
        .code(2)
        .stdout_eq("")
        .stderr_eq(str![[r#"
error: `--count 9` is more than there are: `force` has 5 synthetic values

"#]]);
}

#[test]
fn made_values_are_those_of_the_seed() {
    id(&["make", "asn", "--count", "3", "--seed", "7"])
        .assert()
        .code(0)
        .stderr_eq("")
        .stdout_eq(str![[r#"
9986ZZ0199992374487Y
9986ZZ0199957732110Q
9986ZZ0199923089733H

"#]]);
    id(&["make", "NI-number", "--format", "json"])
        .assert()
        .code(0)
        .stderr_eq("")
        .stdout_eq(str![[r#"
{
  "kind": "nino",
  "seed": 1,
  "values": [
    "NC995616B"
  ]
}

"#]]);
}

#[test]
fn a_kind_is_explained() {
    id(&["explain", "sf-cro"])
        .assert()
        .code(0)
        .stderr_eq("")
        .stdout_eq(str![[r#"
SF-CRO number (sf-cro)
Identifies a person with a criminal record whose fingerprints are not held.
Also: cro-sf, sf

Forms, the canonical one first (letter case and white space around a value do not count)
  SFYY/N…ND   SF95/946563R   SF: The serial as it was issued: its zeros are part of the check.
  SF YY/N…ND  SF 95/946563R  SF with a space: As the text of POLE DS_071 prints it; its 12 characters leave no room for the space.

Rules
  SF, the year in 2 digits, `/`, then a serial of 1 to 6 digits.
  The last character is the check letter.
  A year outside 39 to 95 is a warning: POLE DS_071 bars it, and published numbers carry it.

Check character
  Write the year, then the serial as it is written, without more zeros. The remainder of that number
  by 23 is the place in ZABCDEFGHJKLMNPQRTUVWXY, counted from 0. SF83/50058Z: 8350058 has the
  remainder 0, which is Z.

What is not judged, and what to beware of
  A serial under 10000 is not judged: the sources do not settle whether it counts with zeros to 5
  digits.
  The years 39 to 64 are not judged: POLE DS_071 describes a sum of the serial alone, and no
  published number shows it.

Values that `muster id make` gives
  Numbers of the year 95 with a serial from 900001. The scheme has no reserved range; published
  numbers reach 482703.

Accepted
  SF83/50058Z, SF 83/50058Z, SF89/25862Y

Refused
  SF83/050058Z  the check letter of SF83/050058 is B, not Z
  SF83/50059Z   the check letter of SF83/50059 is A, not Z
  SX83/50058Z   character 2 is `X`, in the prefix: expected SF
  SF83-50058Z   character 5 is `-`: expected `/` between year and serial

Sources
  NPCC Minimum POLE Data Standards Dictionary 1.1, DS_071 (official: the issuing body's own text was read)
  ministryofjustice/hmpps-person-record, CROIdentifier.kt, for the sum (code: read in the source code of a public system)

"#]]);
    id(&["explain", "force", "--format", "json"])
        .assert()
        .code(0)
        .stderr_eq("")
        .stdout_eq(str![[r#"
{
  "id": "force",
  "aliases": [
    "force-code"
  ],
  "title": "force code",
  "purpose": "Names a police force or another body on the Police National Computer.",
  "forms": [
    {
      "name": "plain",
      "shape": "FF",
      "example": "18",
      "about": "Two digits."
    }
  ],
  "rules": [
    "Two digits that the list of forces holds, which `muster id list --forces` shows."
  ],
  "check": "None: a code is right when it is listed.",
  "limits": [
    "The list holds former forces and reserved codes as well, as records of the past carry them.",
    "Force mergers are under way. A code that is newer than the list is refused."
  ],
  "synthetic": "The five codes that the list keeps reserved.",
  "capacity": 5,
  "accepted": [
    "01",
    "63",
    "98"
  ],
  "refused": [
    {
      "value": "09",
      "message": "there is no force code 09 in the list of forces"
    },
    {
      "value": "1",
      "message": "the force code has 1 character: expected 2 digits"
    },
    {
      "value": "XX",
      "message": "character 1 is `X`, in the force code: expected a digit"
    }
  ],
  "sources": [
    {
      "name": "ministryofjustice/bichard7-next-data, forces.json, read in November 2026",
      "standing": "code"
    }
  ]
}

"#]]);
}

#[test]
fn kinds_and_forces_are_listed() {
    id(&["list"])
        .assert()
        .code(0)
        .stderr_eq("")
        .stdout_eq(str![[r#"
pnc         YYYY/NNNNNNND         PNC ID
cro         NNNNNN/YYD            CRO number
sf-cro      SFYY/N…ND             SF-CRO number
asn         YYFFUUSSNNNNNNNNNNND  Arrest Summons Number (ASN)
court-case  YY/CCCC/NNNNNND       court case reference
urn         FFUUNNNNNNN           Unique Reference Number (PTI-URN)
offence     AAYYNNN, AAYYNNNQ     CJS offence code
force       FF                    force code
station     FFUU                  force and station code
ou          FFUUSS                organisation unit code (OU code)
nino        AANNNNNNS             National Insurance number (NINO)
driver      SSSSSYMMDDYIIICC      driver number
vrm         1 to 11 characters    vehicle registration mark (VRM)
postcode    AN NAA to AANA NAA    postcode
uprn        NNNNNNNNNNNN          Unique Property Reference Number (UPRN)
e164        +NNNNNNNNNN…          telephone number (E.164)
imei        NNNNNNNNNNNNNNC       IMEI
imsi        CCCNNSSSSSSSSSS       IMSI

"#]]);
    let forces = id(&["list", "--forces"]).output().unwrap();
    let forces = String::from_utf8(forces.stdout).unwrap();
    assert_eq!(forces.lines().count(), 83);
    assert!(forces.contains("63  territorial  Dyfed-Powys\n"));
}

/// What `make` gives, `check` takes, for every kind.
#[test]
fn every_kind_takes_what_it_makes() {
    for kind in muster_id::KINDS {
        let count = kind.capacity.min(20).to_string();
        let made = id(&["make", kind.id, "--count", &count]).output().unwrap();
        assert!(made.status.success(), "{}", kind.id);
        let made = String::from_utf8(made.stdout).unwrap();
        id(&["check", kind.id, "--stdin", "--canonical"])
            .stdin(made)
            .assert()
            .code(0)
            .stderr_eq("")
            .stdout_eq(format!("{count} values: {count} valid, 0 invalid\n"));
        id(&["explain", kind.id]).assert().code(0).stderr_eq("");
    }
}
