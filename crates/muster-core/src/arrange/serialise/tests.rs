//! The style tables, row by row.

#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn parameter(place: ParameterPlace, style: Style, explode: bool) -> Parameter {
    Parameter {
        name: "color".to_owned(),
        description: String::new(),
        place,
        required: true,
        deprecated: false,
        style,
        explode,
        allow_reserved: false,
        schema: None,
        content: None,
        examples: Vec::new(),
        pointer: String::new(),
    }
}

/// The table of OpenAPI §"Style Examples", as RFC 6570 has it.
#[test]
fn every_row_of_the_style_table() {
    use ParameterPlace::{Cookie, Header, Path, Query};
    let list = json!(["blue", "black", "brown"]);
    let object = json!({"R": 100, "G": 200, "B": 150});
    let rows = [
        (Path, Style::Matrix, false, json!(""), ";color"),
        (Path, Style::Matrix, false, json!("blue"), ";color=blue"),
        (
            Path,
            Style::Matrix,
            false,
            list.clone(),
            ";color=blue,black,brown",
        ),
        (
            Path,
            Style::Matrix,
            false,
            object.clone(),
            ";color=R,100,G,200,B,150",
        ),
        (Path, Style::Matrix, true, json!("blue"), ";color=blue"),
        (
            Path,
            Style::Matrix,
            true,
            list.clone(),
            ";color=blue;color=black;color=brown",
        ),
        (
            Path,
            Style::Matrix,
            true,
            object.clone(),
            ";R=100;G=200;B=150",
        ),
        (Path, Style::Label, false, json!("blue"), ".blue"),
        (Path, Style::Label, false, list.clone(), ".blue,black,brown"),
        (
            Path,
            Style::Label,
            false,
            object.clone(),
            ".R,100,G,200,B,150",
        ),
        (Path, Style::Label, true, list.clone(), ".blue.black.brown"),
        (
            Path,
            Style::Label,
            true,
            object.clone(),
            ".R=100.G=200.B=150",
        ),
        (Path, Style::Simple, false, json!("blue"), "blue"),
        (Path, Style::Simple, false, list.clone(), "blue,black,brown"),
        (
            Path,
            Style::Simple,
            false,
            object.clone(),
            "R,100,G,200,B,150",
        ),
        (Path, Style::Simple, true, list.clone(), "blue,black,brown"),
        (
            Path,
            Style::Simple,
            true,
            object.clone(),
            "R=100,G=200,B=150",
        ),
        (
            Header,
            Style::Simple,
            false,
            list.clone(),
            "blue,black,brown",
        ),
        (
            Header,
            Style::Simple,
            true,
            object.clone(),
            "R=100,G=200,B=150",
        ),
        (Query, Style::Form, false, json!(""), "color="),
        (Query, Style::Form, false, json!("blue"), "color=blue"),
        (
            Query,
            Style::Form,
            false,
            list.clone(),
            "color=blue,black,brown",
        ),
        (
            Query,
            Style::Form,
            false,
            object.clone(),
            "color=R,100,G,200,B,150",
        ),
        (
            Query,
            Style::Form,
            true,
            list.clone(),
            "color=blue&color=black&color=brown",
        ),
        (
            Query,
            Style::Form,
            true,
            object.clone(),
            "R=100&G=200&B=150",
        ),
        (
            Query,
            Style::SpaceDelimited,
            false,
            list.clone(),
            "color=blue%20black%20brown",
        ),
        (
            Query,
            Style::SpaceDelimited,
            false,
            object.clone(),
            "color=R%20100%20G%20200%20B%20150",
        ),
        (
            Query,
            Style::PipeDelimited,
            false,
            list.clone(),
            "color=blue%7Cblack%7Cbrown",
        ),
        (
            Query,
            Style::PipeDelimited,
            false,
            object.clone(),
            "color=R%7C100%7CG%7C200%7CB%7C150",
        ),
        (
            Query,
            Style::DeepObject,
            true,
            object.clone(),
            "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
        ),
        (Cookie, Style::Form, true, json!("blue"), "color=blue"),
        (
            Cookie,
            Style::Form,
            false,
            list.clone(),
            "color=blue,black,brown",
        ),
        (Cookie, Style::Cookie, true, json!("a/b"), "color=a/b"),
        (Cookie, Style::Cookie, true, object, "R=100; G=200; B=150"),
    ];
    for (place, style, explode, value, expected) in rows {
        let parameter = parameter(place, style, explode);
        let text = match place {
            // An empty path value is refused on its own account, so the table row is read below it.
            Path if value == json!("") => {
                styled(&parameter, &value, Escape::Strict).unwrap().join("")
            }
            Path => path(&parameter, &value).unwrap(),
            Query => query(&parameter, &value).unwrap().join("&"),
            Header => header(&parameter, &value).unwrap(),
            Cookie => cookie(&parameter, &value).unwrap().join("; "),
            ParameterPlace::Querystring => panic!("not in the table"),
        };
        assert_eq!(text, expected, "{place:?} {style:?} explode={explode}");
    }
}

#[test]
fn delimiters_inside_values_are_escaped() {
    let simple = parameter(ParameterPlace::Path, Style::Simple, false);
    assert_eq!(
        path(&simple, &json!(["a,b", "c/d"])).unwrap(),
        "a%2Cb,c%2Fd"
    );
    let form = parameter(ParameterPlace::Query, Style::Form, true);
    assert_eq!(
        query(&form, &json!("a&b=c d+é")).unwrap(),
        ["color=a%26b%3Dc%20d%2B%C3%A9"]
    );
}

#[test]
fn reserved_characters_stay_where_they_may_and_do_no_harm() {
    let mut form = parameter(ParameterPlace::Query, Style::Form, true);
    form.allow_reserved = true;
    assert_eq!(
        query(&form, &json!("/a?b:c&d#e+f")).unwrap(),
        ["color=/a?b:c%26d%23e%2Bf"]
    );
}

#[test]
fn a_path_value_is_never_empty_or_a_dot_segment() {
    let simple = parameter(ParameterPlace::Path, Style::Simple, false);
    assert!(path(&simple, &json!("")).is_err());
    assert!(path(&simple, &json!([])).is_err());
    assert!(path(&simple, &Value::Null).is_err());
    for dots in [".", ".."] {
        let text = path(&simple, &json!(dots)).unwrap();
        assert!(fill("/a/{color}", |_| Some(text.clone())).is_err());
        assert!(fill("/a/{color}.json", |_| Some(text.clone())).is_ok());
    }
}

#[test]
fn headers_and_plain_cookies_refuse_what_they_cannot_carry() {
    let simple = parameter(ParameterPlace::Header, Style::Simple, false);
    assert!(header(&simple, &json!("a\r\nX: y")).is_err());
    assert!(header(&simple, &json!("é")).is_err());
    let mut content = simple;
    content.content = Some("application/json".to_owned());
    assert_eq!(
        header(&content, &json!({"a": "é"})).unwrap(),
        r#"{"a":"\u00e9"}"#
    );
    let plain = parameter(ParameterPlace::Cookie, Style::Cookie, true);
    assert!(cookie(&plain, &json!("a;b")).is_err());
    let form = parameter(ParameterPlace::Cookie, Style::Form, true);
    assert_eq!(cookie(&form, &json!("a;b")).unwrap(), ["color=a%3Bb"]);
}

#[test]
fn content_parameters_are_json() {
    let mut content = parameter(ParameterPlace::Query, Style::Form, true);
    content.content = Some("application/json".to_owned());
    assert_eq!(
        query(&content, &json!({"a": 1})).unwrap(),
        ["color=%7B%22a%22%3A1%7D"]
    );
    content.place = ParameterPlace::Querystring;
    assert_eq!(query(&content, &json!([1])).unwrap(), ["%5B1%5D"]);
    content.content = Some("application/x-www-form-urlencoded".to_owned());
    assert_eq!(
        query(&content, &json!({"a": [1, 2], "b": "c d"})).unwrap(),
        ["a=1", "a=2", "b=c%20d"]
    );
}

#[test]
fn empty_lists_leave_an_exploded_query_parameter_out() {
    let exploded = parameter(ParameterPlace::Query, Style::Form, true);
    assert!(query(&exploded, &json!([])).unwrap().is_empty());
    let joined = parameter(ParameterPlace::Query, Style::Form, false);
    assert_eq!(query(&joined, &json!([])).unwrap(), ["color="]);
}

#[test]
fn paths_are_taken_apart_by_their_template() {
    assert_eq!(
        unfill(
            "/people/{id}/notes/{n}.json",
            "/people/a%2Fb/notes/7.json?x=1"
        )
        .unwrap(),
        [
            ("id".to_owned(), "a/b".to_owned()),
            ("n".to_owned(), "7".to_owned())
        ]
    );
    assert!(unfill("/people/{id}", "/persons/1").is_none());
    assert!(unfill("/people/{id}", "/people/").is_none());
}

#[test]
fn several_variables_of_a_segment_are_told_apart() {
    let read = |template: &str, path: &str| {
        unfill(template, path).map(|found| {
            found
                .into_iter()
                .map(|(name, text)| format!("{name}={text}"))
                .collect::<Vec<_>>()
                .join(" ")
        })
    };
    for (template, path, expected) in [
        (
            "/tiles/{z}/{x},{y}",
            "/tiles/1/11,22",
            Some("z=1 x=11 y=22"),
        ),
        (
            "/compare/{base}...{head}",
            "/compare/v4...w2",
            Some("base=v4 head=w2"),
        ),
        ("/{w}x{h}.png", "/10x20.png", Some("w=10 h=20")),
        ("/{a}-{b}-{c}", "/1-2-3", Some("a=1 b=2 c=3")),
        (
            "/files/{name}.{ext}",
            "/files/a.tar.gz",
            Some("name=a ext=tar.gz"),
        ),
        ("/files/{name}.{ext}", "/files/.gz", None),
        ("/files/{name}.{ext}", "/files/plain", None),
        (
            "/files/{name}.{ext}",
            "/files/a%2Eb.c",
            Some("name=a.b ext=c"),
        ),
    ] {
        assert_eq!(
            read(template, path).as_deref(),
            expected,
            "{template} {path}"
        );
    }
}

#[test]
fn the_schemas_decide_between_two_readings() {
    let contract = crate::arrange::testing::contract(
        "
openapi: 3.1.0
info: {title: Files, version: 1.0.0}
paths:
  /files/{name}.{ext}:
    parameters:
      - {name: name, in: path, required: true, schema: {type: string}}
      - {name: ext, in: path, required: true, schema: {type: string, pattern: '^[a-z]+$'}}
    get: {responses: {'200': {description: A file}}}
",
    );
    let operation = contract.operations.first().unwrap();
    assert_eq!(
        unfill_call(&contract, operation, "/files/a.tar.gz").unwrap(),
        [
            ("name".to_owned(), "a.tar".to_owned()),
            ("ext".to_owned(), "gz".to_owned())
        ]
    );
}

proptest! {
    #[test]
    fn what_is_filled_in_comes_back(id in "\\PC{1,12}") {
        prop_assume!(id != "." && id != "..");
        let simple = parameter(ParameterPlace::Path, Style::Simple, false);
        let filled = fill("/a/{color}/b", |_| path(&simple, &json!(id)).ok()).unwrap();
        prop_assert_eq!(filled.matches('/').count(), 3);
        prop_assert_eq!(unfill("/a/{color}/b", &filled).unwrap(), [("color".to_owned(), id)]);
    }
}
