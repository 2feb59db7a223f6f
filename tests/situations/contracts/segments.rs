//! Several variables in one segment of a path.

use serde_json::json;

use crate::service::{Reply, Request, Service};

/// Serves GET where the last segment satisfies a rule.
fn serving(rule: fn(&str) -> bool) -> Service {
    Service::start(move |request: &Request| {
        let known = request.segments().last().is_some_and(|last| rule(last));
        if !known {
            return Reply::problem(404, "Not found");
        }
        if request.method != "GET" {
            return Reply::not_allowed("GET, HEAD");
        }
        Reply::json(200, &json!({ "ok": true }))
    })
}

/// A contract with one path and its parameters, which documents 404 as well.
fn contract(path: &str, parameters: &[(&str, &str)]) -> String {
    let parameters: Vec<String> = parameters
        .iter()
        .map(|(name, schema)| {
            format!("{{ name: {name}, in: path, required: true, schema: {schema} }}")
        })
        .collect();
    format!(
        "openapi: 3.0.3
info: {{ title: Evidence, version: 1.0.0 }}
servers: [{{ url: '{{origin}}' }}]
paths:
  {path}:
    get:
      parameters: [{}]
      responses:
        '200': {{ description: Found, content: {{ application/json: {{ schema: {{ type: object }} }} }} }}
        '404': {{ description: Not found }}
",
        parameters.join(", ")
    )
}

#[test]
fn a_width_and_a_height_are_two_values() {
    let service = serving(|last| {
        let (width, height) = last
            .trim_end_matches(".png")
            .split_once('x')
            .unwrap_or_default();
        let within = |text: &str, least: u32| {
            text.parse::<u32>()
                .is_ok_and(|number| (least..least + 10).contains(&number))
        };
        last.ends_with(".png") && within(width, 100) && within(height, 200)
    });
    let ran = service.run(
        &contract(
            "/images/{width}x{height}.png",
            &[
                ("width", "{ type: integer, minimum: 100, maximum: 109 }"),
                ("height", "{ type: integer, minimum: 200, maximum: 209 }"),
            ],
        ),
        "writes: allowed\n",
        &[],
    );
    ran.is_conformant();
    assert!(
        service
            .requests()
            .iter()
            .any(|(request, status)| { request.path.starts_with("/images/") && *status == 200 })
    );
}

#[test]
fn a_name_and_its_extension_keep_to_their_own_schemas() {
    let service = serving(|last| {
        matches!(
            last,
            "statement.pdf" | "statement.txt" | "exhibit.pdf" | "exhibit.txt"
        )
    });
    service
        .run(
            &contract(
                "/files/{name}.{extension}",
                &[
                    ("name", "{ type: string, enum: [statement, exhibit] }"),
                    ("extension", "{ type: string, enum: [pdf, txt] }"),
                ],
            ),
            "writes: allowed\n",
            &[],
        )
        .is_conformant();
}

#[test]
fn a_year_and_a_month_are_not_the_same_number() {
    let service = serving(|last| {
        let (year, month) = last.split_once('-').unwrap_or_default();
        year.parse::<u32>()
            .is_ok_and(|year| (2000..=2030).contains(&year))
            && month
                .parse::<u32>()
                .is_ok_and(|month| (1..=12).contains(&month))
    });
    let ran = service.run(
        &contract(
            "/reports/{year}-{month}",
            &[
                ("year", "{ type: integer, minimum: 2000, maximum: 2030 }"),
                ("month", "{ type: integer, minimum: 1, maximum: 12 }"),
            ],
        ),
        "writes: allowed\n",
        &[],
    );
    ran.is_conformant();
}
