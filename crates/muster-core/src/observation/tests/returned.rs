//! Secrets that a target returns are found, and what is none stays readable.

use super::*;

const RANDOM: &str = "q7Zk2LxV0bTn94Hd";

fn observed(exchange: &Exchange) -> (Redactor, Observation) {
    let redactor = Redactor::default();
    redactor.learn_returned(exchange);
    let observation = redactor.observe(exchange);
    (redactor, observation)
}

fn response(body: &str) -> Exchange {
    exchange(request("GET"), answered(Headers::new(), body.to_owned()))
}

fn refusal(body: &str) -> Exchange {
    exchange(
        request("GET"),
        Outcome::Answered(Response::new(
            400,
            HttpVersion::Http11,
            Headers::new(),
            body.to_owned().into(),
            false,
            Timing::default(),
        )),
    )
}

#[test]
fn a_property_that_is_named_for_a_secret_is_masked_everywhere() {
    for name in [
        "token",
        "accessToken",
        "API_KEY",
        "apiKey",
        "clientSecret",
        "webhook_secret",
        "newPassword",
        "private-key",
        "secret",
        "sessionToken",
        "signingKey",
    ] {
        let exchange = response(&format!(r#"{{"items":[{{"id":7,"{name}":"{RANDOM}"}}]}}"#));
        let (redactor, observation) = observed(&exchange);
        let kept = observation.response_body.unwrap().text;
        assert!(!kept.contains(RANDOM), "{name}: {kept}");
        assert!(kept.contains("\"id\":7"), "{kept}");
        assert!(
            !redactor
                .text(&format!("DELETE /invites/{RANDOM}"))
                .contains(RANDOM)
        );
    }
}

#[test]
fn arrays_objects_and_other_languages_of_bodies_are_looked_through() {
    for body in [
        format!(r#"{{"recoveryCodes":["{RANDOM}"]}}"#),
        format!(r#"{{"apiKeys":[{{"name":"ci","value":"{RANDOM}"}}]}}"#),
        format!(r#"{{"credentials":{{"raw":"{RANDOM}"}}}}"#),
        format!(r#"{{"cut":"off","token":"{RANDOM}","then":{{"no"#),
        format!("{{\"id\":1}}\n{{\"token\":\"{RANDOM}\"}}\n"),
        format!("event: made\ndata: {{\"token\":\"{RANDOM}\"}}\n\n"),
        format!("<session><token>{RANDOM}</token></session>"),
        format!("<session token=\"{RANDOM}\"/>"),
        format!("access_token={RANDOM}&token_type=bearer"),
        format!(r#"{{"link":"https://rms.example.test/reset?token={RANDOM}"}}"#),
        format!(r#"{{"dsn":"postgres://app:{RANDOM}@db.example.test/rms"}}"#),
    ] {
        let (redactor, observation) = observed(&response(&body));
        let kept = observation.response_body.unwrap().text;
        assert!(!kept.contains(RANDOM), "{kept}");
        assert!(!redactor.text(RANDOM).contains(RANDOM), "{body}");
    }
}

#[test]
fn values_of_known_kinds_need_no_name() {
    for value in [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ",
        "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8",
        "AKIAIOSFODNN7EXAMPLE",
        "secret-token:E92FB7EB-D882-47A4-A265-A0B6135DC842",
        "-----BEGIN PRIVATE KEY-----\\nMIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8\\n-----END PRIVATE KEY-----",
    ] {
        let exchange = response(&format!(r#"{{"note":"made {value}, keep it"}}"#));
        let (_, observation) = observed(&exchange);
        let kept = observation.response_body.unwrap().text;
        assert!(
            kept.contains("made $MUSTER_RETURNED_NOTE, keep it"),
            "{kept}"
        );
    }
}

#[test]
fn headers_that_are_named_for_secrets_are_masked() {
    let headers: Headers = [
        ("x-api-key", RANDOM),
        ("x-subject-token", "short"),
        ("set-cookie", "sid=Zz81kfPq02LmX7vb; Path=/"),
        ("location", "/done?access_token=kx82Lm4Qv0Zt6Yb1"),
        ("etag", "\"a81b2c93d4e5f607\""),
        ("x-request-id", "9f8e7d6c5b4a39281706"),
    ]
    .into_iter()
    .collect();
    let exchange = exchange(
        request("GET"),
        answered(headers, r#"{"echo":"Zz81kfPq02LmX7vb"}"#),
    );
    let (_, observation) = observed(&exchange);
    let shown: Vec<_> = observation
        .response_headers
        .iter()
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(
        shown,
        [
            "$MUSTER_RETURNED_X_API_KEY",
            "[secret]",
            "sid=[secret]; Path=/",
            "/done?access_token=$MUSTER_RETURNED_ACCESS_TOKEN",
            "\"a81b2c93d4e5f607\"",
            "9f8e7d6c5b4a39281706",
        ]
    );
    assert_eq!(
        observation.response_body.unwrap().text,
        r#"{"echo":"$MUSTER_RETURNED_SID"}"#
    );
}

#[test]
fn the_contract_can_name_secrets() {
    let redactor = Redactor::default().with_secret_names(["Sesame".to_owned()]);
    let exchange = response(&format!(r#"{{"sesame":"{RANDOM}"}}"#));
    redactor.learn_returned(&exchange);
    assert_eq!(
        redactor.observe(&exchange).response_body.unwrap().text,
        r#"{"sesame":"$MUSTER_RETURNED_SESAME"}"#
    );
}

#[test]
fn a_body_that_is_one_secret_is_known_by_its_path() {
    for path in ["/api-keys", "/people/7/tokens", "/access-token"] {
        let mut exchange = response(RANDOM);
        exchange.request = Request::new(Method::Post, Address::Base(path.into()), "makes one");
        let (_, observation) = observed(&exchange);
        assert!(
            !observation.response_body.unwrap().text.contains(RANDOM),
            "{path}"
        );
    }
}

#[test]
fn what_is_no_secret_stays() {
    for body in [
        r#"{"nextPageToken":"q7Zk2LxV0bTn94Hd","cursor":"q7Zk2LxV0bTn94Hd"}"#,
        r#"{"tokenType":"bearer","token_url":"https://id.example.test/token","hasPassword":true}"#,
        r#"{"tokens":"/api/tokens","secrets":"https://rms.example.test/secrets"}"#,
        r#"{"id":"5f0c2a52-7d4b-4c5e-9d7f-0a1b2c3d4e5f","value":"q7Zk2LxV0bTn94Hd"}"#,
        r#"{"token":"*****","secret":"[redacted]","apiKey":""}"#,
        r#"{"note":"the token is wrong","updatedAt":"2026-01-02T03:04:05Z"}"#,
        r#"{"publicKey":"q7Zk2LxV0bTn94Hd","etag":"q7Zk2LxV0bTn94Hd"}"#,
    ] {
        let (redactor, observation) = observed(&response(body));
        assert_eq!(observation.response_body.unwrap().text, body);
        assert_eq!(redactor.text(RANDOM), RANDOM);
    }
    for body in [
        r#"{"errors":{"password":["This field may not be blank."],"newPassword":"is too short"}}"#,
        r#"{"token":"The token is missing from the request"}"#,
    ] {
        let (redactor, _) = observed(&refusal(body));
        assert_eq!(redactor.text(body), body);
    }
}

#[test]
fn what_the_run_sent_is_its_own() {
    let mut exchange = response(&format!(r#"{{"secret":"{RANDOM}"}}"#));
    exchange.request.body = body("application/json", &format!(r#"{{"secret":"{RANDOM}"}}"#));
    let (redactor, _) = observed(&exchange);
    assert_eq!(redactor.text(RANDOM), RANDOM);
}

#[test]
fn thousands_of_secrets_are_learned_in_time_that_grows_with_their_number() {
    let many: Vec<String> = (0..3_000)
        .map(|number| format!(r#"{{"token":"tk{number:05}Zq81kfPq02LmX7vb"}}"#))
        .collect();
    let exchange = response(&format!("[{}]", many.join(",")));
    let redactor = Redactor::default();
    redactor.learn_returned(&exchange);
    assert_eq!(
        redactor.text("tk01234Zq81kfPq02LmX7vb"),
        "$MUSTER_RETURNED_TOKEN"
    );
}

#[test]
fn usual_personal_properties_are_shown_as_what_they_are() {
    let redactor = Redactor::default().with_usual_personal();
    let mut exchange = response(
        r#"{"surname":"Zzmiller","dateOfBirth":"1990-02-28","notes":"","phone":447700900123,"id":"7","givenName":"Ownmade","address":{"postcode":"ZZ99 1AA"}}"#,
    );
    exchange.request.body = body("application/json", r#"{"givenName":"Ownmade"}"#);
    redactor.learn_returned(&exchange);
    assert_eq!(
        redactor.observe(&exchange).response_body.unwrap().text,
        r#"{"surname":"[personal: a string of 8 characters]","dateOfBirth":"[personal: a date]","notes":"","phone":"[personal: a number]","id":"7","givenName":"Ownmade","address":{"postcode":"[personal: a string of 8 characters]"}}"#
    );
}

#[test]
fn personal_values_in_an_array_are_masked_one_by_one() {
    let redactor = Redactor::default().with_usual_personal();
    let mut exchange =
        response(r#"{"givenNames":["Zzann","Ownmade" ,""],"emails":[],"phone":[12345]}"#);
    exchange.request.body = body("application/json", r#"{"givenName":"Ownmade"}"#);
    redactor.learn_returned(&exchange);
    assert_eq!(
        redactor.observe(&exchange).response_body.unwrap().text,
        r#"{"givenNames":["[personal: a string of 5 characters]","Ownmade" ,""],"emails":[],"phone":["[personal: a number]"]}"#
    );
}

#[test]
fn a_finding_quotes_no_personal_value() {
    let usual = Redactor::default().with_usual_personal();
    let named = Redactor::new([], ["collarNumber"]);
    for (redactor, received, pointer, quoted) in [
        (
            &usual,
            r#""Zzmiller" is not of type "integer""#,
            "/items/3/surname",
            r#""[personal: a string of 8 characters]" is not of type "integer""#,
        ),
        (
            &usual,
            r#"Item 3: "Zzmillerzzmiller… is longer than 9 characters"#,
            "/surname",
            r#"Item 3: "[personal: a string of 16 characters]"… is longer than 9 characters"#,
        ),
        (
            &usual,
            r#"447700900123 is not of type "string""#,
            "/phone",
            r#""[personal: a number]" is not of type "string""#,
        ),
        (
            &usual,
            r#"{"surname":"Zzmiller","dob":"1990-0… has no property "id""#,
            "",
            r#"{"surname":"[personal: a string of 8 characters]","dob":"[personal: a string of 6 characters]"… has no property "id""#,
        ),
        (
            &usual,
            r#"{"a":1} is of no kind; the nearest alternative, number 1, fails at `/surname`: "Zzmiller" is not of type "null""#,
            "",
            r#"{"a":1} is of no kind; the nearest alternative, number 1, fails at `/surname`: "[personal: a string of 8 characters]" is not of type "null""#,
        ),
        (
            &usual,
            r#""open" is not one of ["closed"]"#,
            "/status",
            r#""open" is not one of ["closed"]"#,
        ),
        (
            &named,
            r#""ZZ123" is not of type "integer""#,
            "/collarNumber",
            r#""[personal: a string of 5 characters]" is not of type "integer""#,
        ),
        (
            &named,
            r#"{"collarNumber":"ZZ123"}"#,
            "",
            r#"{"collarNumber":"[personal]"}"#,
        ),
    ] {
        assert_eq!(redactor.quoted(received, Some(pointer)), quoted);
    }
}
