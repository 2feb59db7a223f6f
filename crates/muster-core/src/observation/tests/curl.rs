//! The line really runs: a shell and `curl` send it to a server of this test, where they are installed.

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Command,
};

use super::*;
use crate::exchange::ConnectionUse;

fn observed(request: Request) -> Observation {
    let exchange = exchange(request, answered(Headers::new(), ""));
    Redactor::new([("MUSTER_DEFAULT_TOKEN", "t0ken $HOME")], ["dob"]).observe(&exchange)
}

#[test]
fn a_plain_request_is_a_plain_line() {
    assert_eq!(
        observed(request("GET")).curl(),
        "curl -i --path-as-is -g 'https://rms.example.test/people'"
    );
    assert_eq!(
        observed(request("HEAD")).curl(),
        "curl -i --path-as-is -g --head 'https://rms.example.test/people'"
    );
}

#[test]
fn a_method_is_named_only_where_curl_would_take_another() {
    for (method, with_body, expected) in [
        ("GET", true, true),
        ("POST", false, true),
        ("POST", true, false),
        ("DELETE", false, true),
    ] {
        let mut request = request(method);
        request.body = with_body.then(|| body("text/plain", "x")).flatten();
        let line = observed(request).curl();
        assert_eq!(line.contains(&format!("-X '{method}'")), expected, "{line}");
    }
}

#[test]
fn what_cannot_be_repeated_is_said() {
    let mut request = request("POST");
    request.body = body("application/json", r#"{"dob":"x"}"#);
    assert!(
        observed(request.clone())
            .curl()
            .ends_with(" # put values of your own where the body is masked")
    );
    request.body = body("text/plain", &"x".repeat(KEPT + 1));
    assert!(
        observed(request)
            .curl()
            .ends_with(" # the body is not whole")
    );
}

/// What the server got, or none where this machine has no `curl`.
fn run(change: impl FnOnce(&mut Exchange)) -> Option<String> {
    Command::new("curl").arg("--version").output().ok()?;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut request = request("PUT")
        .header("Accept", "application/json")
        .header("X-Quote", "it's \"q\" $HOME `id` \\ !x")
        .header("X-Empty", "");
    request.body = body("text/plain", "@it's $HOME\n \"x\" t0ken $HOME{}\n");
    let mut exchange = exchange(request, answered(Headers::new(), ""));
    exchange.url = format!(
        "http://{}/a/../b/{{x}}?q=[1-2]&k=t0ken%20$HOME",
        listener.local_addr().unwrap()
    );
    exchange
        .credentials
        .append("authorization", "Bearer t0ken $HOME");
    change(&mut exchange);
    let line = Redactor::new([("MUSTER_DEFAULT_TOKEN", "t0ken $HOME")], [])
        .observe(&exchange)
        .curl();
    assert_eq!(contains_secret(line.as_bytes(), "t0ken $HOME"), None);
    let shell = std::thread::spawn(move || {
        Command::new("sh")
            .args(["-c", &line])
            .env("MUSTER_DEFAULT_TOKEN", "t0ken-$HOME")
            .env("no_proxy", "*")
            .output()
            .unwrap()
    });
    let (mut stream, _) = listener.accept().unwrap();
    let mut got = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).unwrap();
        got.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&got);
        let declared = text.split("Content-Length: ").nth(1).map_or(0, |rest| {
            rest.split("\r\n").next().unwrap().parse::<usize>().unwrap()
        });
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
        if body.is_some_and(|body| body >= declared) || read == 0 {
            break;
        }
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .unwrap();
    drop(stream);
    let output = shell.join().unwrap();
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(got).unwrap())
}

#[test]
fn a_shell_sends_what_was_sent() {
    let Some(got) = run(|_| {}) else {
        return;
    };
    assert!(
        got.starts_with("PUT /a/../b/{x}?q=[1-2]&k=t0ken-$HOME HTTP/1.1\r\n"),
        "{got}"
    );
    for header in [
        "accept: application/json\r\n",
        "x-quote: it's \"q\" $HOME `id` \\ !x\r\n",
        "x-empty:\r\n",
        "content-type: text/plain\r\n",
        "authorization: Bearer t0ken-$HOME\r\n",
    ] {
        assert!(got.contains(header), "{header} in {got}");
    }
    assert!(
        got.ends_with("\r\n\r\n@it's $HOME\n \"x\" t0ken-$HOME{}\n"),
        "{got}"
    );
}

#[test]
fn no_media_type_is_sent_where_none_was() {
    let Some(got) = run(|exchange| {
        if let Some(body) = &mut exchange.request.body {
            body.media_type = None;
        }
    }) else {
        return;
    };
    assert!(!got.to_lowercase().contains("content-type"), "{got}");
}

#[test]
fn a_line_over_a_kept_connection_sends_both_requests() {
    let kept = |method: &str, over: ConnectionUse| observed(request(method).over(over));
    let line = kept("GET", ConnectionUse::Kept(3))
        .curl_after(&kept("HEAD", ConnectionUse::Kept(3)))
        .unwrap();
    assert_eq!(
        line,
        "curl -i --path-as-is -g --http1.1 --head 'https://rms.example.test/people' \
         --next -i --path-as-is -g --http1.1 'https://rms.example.test/people'"
    );
    let other =
        kept("GET", ConnectionUse::Kept(3)).curl_after(&kept("HEAD", ConnectionUse::Kept(4)));
    assert_eq!(other, None);
}

#[test]
fn a_caller_who_hangs_up_has_a_limit() {
    let over = ConnectionUse::HangUpAfter(std::time::Duration::from_millis(30));
    assert_eq!(
        observed(request("GET").over(over)).curl(),
        "curl -i --path-as-is -g --http1.1 -m 0.030 'https://rms.example.test/people'"
    );
}
