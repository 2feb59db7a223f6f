//! Behaviours over HTTP/1.1.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use muster_core::{
    exchange::BreakageKind::{ConnectionLost, NotHttp, TimedOut, TooLarge},
    model::Responsible::{Muster, Supplier},
};

use super::{
    Row,
    Told::{self, Broken, Cut, Right, Unjudged, Wrong},
    server::{Act, Then, plain},
};

const LOST: Told = Broken(ConnectionLost, Supplier);
const NOT_HTTP: Told = Broken(NotHttp, Supplier);
const TIMED_OUT: Told = Broken(TimedOut, Supplier);
const TOO_LARGE: Told = Broken(TooLarge, Supplier);
const FORM: &str = "response.well-formed";
const SCHEMA: &str = "response.body-schema";
const UTF8: &str = "response.json-utf8";
const KIND: &str = "response.content-type";

/// A JSON response of status 200 with this body.
fn json(body: impl AsRef<[u8]>) -> Vec<u8> {
    with("Content-Type: application/json", body)
}

/// A response of status 200 with these header lines, its length and this body.
fn with(lines: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!(
        "HTTP/1.1 200 OK\r\n{lines}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A response of status 200 in chunks, which these are.
fn chunked(chunks: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}")
        .into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn coded(coding: &str, body: &[u8]) -> Vec<u8> {
    with(
        &format!("Content-Type: application/json\r\nContent-Encoding: {coding}"),
        body,
    )
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut coded, 4096, 9, 22);
    encoder.write_all(bytes).unwrap();
    drop(encoder);
    coded
}

/// Every behaviour, with what it is told as.
#[allow(clippy::too_many_lines, reason = "a table")]
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |name, first: &[u8], then, told| {
        let first = first.to_vec();
        rows.push(Row {
            name,
            options: plain(Act { first, then }),
            told,
        });
    };
    let good = json(r#"{"id":1}"#);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    let lines = |text: &str| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{text}\r\nContent-Length: 8\r\n\r\n{{\"id\":1}}").into_bytes()
    };

    // The status line.
    add("a sound response", &good, Then::Close, Right(200));
    add(
        "garbage",
        b"\x00\x01\x02garbage\r\n\r\n",
        Then::Close,
        NOT_HTTP,
    );
    add(
        "a body without a head",
        b"{\"id\":1}",
        Then::Close,
        NOT_HTTP,
    );
    add(
        "the greeting of SSH",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "the greeting of SMTP",
        b"220 mail.example.test ESMTP\r\n",
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "an alert of TLS",
        b"\x15\x03\x01\x00\x02\x02\x28",
        Then::Close,
        NOT_HTTP,
    );
    add(
        "frames of HTTP/2",
        b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "version 3.0",
        b"HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        Then::Close,
        NOT_HTTP,
    );
    add(
        "a name in lower case",
        b"http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        Then::Close,
        NOT_HTTP,
    );
    add(
        "a status of two digits",
        b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
        Then::Close,
        NOT_HTTP,
    );
    add(
        "a status of four digits",
        b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
        Then::Close,
        NOT_HTTP,
    );
    add(
        "status 999",
        b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n",
        Then::Close,
        Wrong(999, FORM),
    );
    add(
        "an endless status line",
        b"HTTP/1.1 200 ",
        Then::Repeat(b"O".to_vec()),
        TOO_LARGE,
    );
    add(
        "a status line that comes slowly",
        b"",
        Then::Trickle(good.clone()),
        TIMED_OUT,
    );
    // Headers.
    add(
        "a header without a colon",
        &lines("X-Note"),
        Then::Close,
        NOT_HTTP,
    );
    add(
        "a space before the colon",
        &lines("X-Note : 1"),
        Then::Close,
        NOT_HTTP,
    );
    add(
        "a header name with a space",
        &lines("X Note: 1"),
        Then::Close,
        NOT_HTTP,
    );
    add("an empty header name", &lines(": 1"), Then::Close, NOT_HTTP);
    add(
        "a folded header",
        &lines("X-Note: 1\r\n 2"),
        Then::Close,
        NOT_HTTP,
    );
    add(
        "a null character in a header",
        &lines("X-Note: a\0b"),
        Then::Close,
        NOT_HTTP,
    );
    add("a header that is not UTF-8", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Note: \xff\xfe\r\nContent-Length: 8\r\n\r\n{\"id\":1}", Then::Close, Right(200));
    add(
        "a hundred thousand headers",
        b"HTTP/1.1 200 OK\r\n",
        Then::Repeat(b"X-Note: 1\r\n".to_vec()),
        TOO_LARGE,
    );
    add(
        "an endless header",
        b"HTTP/1.1 200 OK\r\nX-Note: ",
        Then::Repeat(b"a".to_vec()),
        TOO_LARGE,
    );
    add("no end of the head", head.as_bytes(), Then::Wait, TIMED_OUT);
    add("a head that is cut off", head.as_bytes(), Then::Close, LOST);
    add(
        "a location of 200 KB",
        &lines(&format!("Location: /{}", "a".repeat(200_000))),
        Then::Close,
        Right(200),
    );
    add(
        "eighty cookies",
        &lines(&vec!["Set-Cookie: a=b; Path=/"; 80].join("\r\n")),
        Then::Close,
        Right(200),
    );
    // Lengths.
    add(
        "a negative length",
        format!("{head}Content-Length: -1\r\n\r\n").as_bytes(),
        Then::Close,
        NOT_HTTP,
    );
    add(
        "a length that is not a number",
        format!("{head}Content-Length: ten\r\n\r\n").as_bytes(),
        Then::Close,
        NOT_HTTP,
    );
    add(
        "a length beyond all numbers",
        format!("{head}Content-Length: 99999999999999999999999\r\n\r\n").as_bytes(),
        Then::Close,
        NOT_HTTP,
    );
    add(
        "the greatest length",
        format!("{head}Content-Length: 18446744073709551615\r\n\r\n").as_bytes(),
        Then::Close,
        TOO_LARGE,
    );
    add(
        "two lengths that differ",
        &lines("Content-Length: 9"),
        Then::Close,
        NOT_HTTP,
    );
    add(
        "the same length twice",
        &lines("Content-Length: 8"),
        Then::Close,
        Right(200),
    );
    add("a length and chunks", format!("{head}Content-Length: 8\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{{\"id\":1}}\r\n0\r\n\r\n").as_bytes(), Then::Close, Wrong(200, FORM));
    add(
        "a body shorter than its length",
        format!("{head}Content-Length: 100\r\n\r\n{{").as_bytes(),
        Then::Close,
        LOST,
    );
    add(
        "a body longer than its length",
        format!("{head}Content-Length: 8\r\n\r\n{{\"id\":1}}HTTP/1.1 500 X\r\n\r\n").as_bytes(),
        Then::Close,
        Right(200),
    );
    add(
        "a body that stops",
        format!("{head}Content-Length: 100\r\n\r\n{{").as_bytes(),
        Then::Wait,
        TIMED_OUT,
    );
    add(
        "a body that comes slowly",
        format!("{head}Content-Length: 100\r\n\r\n").as_bytes(),
        Then::Trickle(b" ".to_vec()),
        TIMED_OUT,
    );
    add(
        "a body without an end",
        format!("{head}\r\n[").as_bytes(),
        Then::Repeat(b"1,".to_vec()),
        Cut(200),
    );
    // Chunks.
    add(
        "a chunk size that is not a number",
        &chunked("zz\r\n{}\r\n0\r\n\r\n"),
        Then::Close,
        NOT_HTTP,
    );
    add(
        "a chunk size beyond all numbers",
        &chunked("fffffffffffffffffff\r\n{}\r\n"),
        Then::Close,
        NOT_HTTP,
    );
    add(
        "a chunk longer than its size",
        &chunked("2\r\n{}{}{}\r\n0\r\n\r\n"),
        Then::Close,
        NOT_HTTP,
    );
    add(
        "a chunk that is cut off",
        &chunked("20\r\n{\"id\""),
        Then::Close,
        LOST,
    );
    add(
        "no last chunk",
        &chunked("8\r\n{\"id\":1}\r\n"),
        Then::Close,
        LOST,
    );
    add(
        "chunks without an end",
        &chunked(""),
        Then::Repeat(format!("400\r\n{}\r\n", " ".repeat(1_024)).into_bytes()),
        Cut(200),
    );
    add(
        "an endless chunk extension",
        &chunked("8;"),
        Then::Repeat(b"a".to_vec()),
        NOT_HTTP,
    );
    add(
        "endless trailers",
        &chunked("8\r\n{\"id\":1}\r\n0\r\n"),
        Then::Repeat(b"X-Note: 1\r\n".to_vec()),
        NOT_HTTP,
    );
    // Informational responses, and those without a body.
    add(
        "103 before the response",
        &[
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".as_slice(),
            &good,
        ]
        .concat(),
        Then::Close,
        Right(200),
    );
    add(
        "100 without an end",
        b"",
        Then::Repeat(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
        TIMED_OUT,
    );
    add(
        "101 that nobody asked for",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        Then::Wait,
        Wrong(101, FORM),
    );
    add(
        "204 that announces a body",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 8\r\n\r\n{\"id\":1}",
        Then::Close,
        Wrong(204, FORM),
    );
    add(
        "304 to no condition",
        b"HTTP/1.1 304 Not Modified\r\n\r\n",
        Then::Close,
        Wrong(304, FORM),
    );
    // Content codings.
    add(
        "a gzip bomb",
        &coded("gzip", &gzip(&vec![b' '; 64 << 20])),
        Then::Close,
        Cut(200),
    );
    add(
        "a brotli bomb",
        &coded("br", &brotli(&vec![b' '; 64 << 20])),
        Then::Close,
        Cut(200),
    );
    add(
        "gzip that is none",
        &coded("gzip", b"{\"id\":1}"),
        Then::Close,
        NOT_HTTP,
    );
    add(
        "gzip that is cut off",
        &coded("gzip", &gzip(br#"{"id":1}"#)[..12]),
        Then::Close,
        NOT_HTTP,
    );
    add(
        "gzip twice",
        &coded("gzip, gzip", &gzip(&gzip(br#"{"id":1}"#))),
        Then::Close,
        Right(200),
    );
    add(
        "fifty codings",
        &coded(&vec!["gzip"; 50].join(", "), b"{\"id\":1}"),
        Then::Close,
        NOT_HTTP,
    );
    add(
        "an unknown coding",
        &coded("zstd-2", b"\x00\x01"),
        Then::Close,
        Wrong(200, SCHEMA),
    );
    // JSON.
    add(
        "JSON that nests 100,000 deep",
        &json("[".repeat(100_000) + &"]".repeat(100_000)),
        Then::Close,
        Unjudged(200, SCHEMA, Muster),
    );
    add(
        "a number beyond all numbers",
        &json(r#"{"id":1e999}"#),
        Then::Close,
        Unjudged(200, SCHEMA, Supplier),
    );
    add(
        "a number of 500,000 digits",
        &json(format!("{{\"id\":{}}}", "1".repeat(500_000))),
        Then::Close,
        Unjudged(200, SCHEMA, Supplier),
    );
    add(
        "not a number",
        &json(r#"{"id":NaN}"#),
        Then::Close,
        Wrong(200, SCHEMA),
    );
    add(
        "half a surrogate pair",
        &json(r#"{"id":1,"a":"\ud800"}"#),
        Then::Close,
        Unjudged(200, SCHEMA, Supplier),
    );
    add(
        "a name twice",
        &json(r#"{"id":1,"id":2}"#),
        Then::Close,
        Wrong(200, UTF8),
    );
    add(
        "a byte order mark",
        &json("\u{feff}{\"id\":1}"),
        Then::Close,
        Wrong(200, SCHEMA),
    );
    add(
        "UTF-16",
        &json(b"\xff\xfe{\0}\0"),
        Then::Close,
        Wrong(200, SCHEMA),
    );
    add(
        "bytes that are not UTF-8",
        &json(b"{\"id\":1,\"a\":\"\xff\"}"),
        Then::Close,
        Wrong(200, SCHEMA),
    );
    add(
        "a string without an end",
        &json(format!("{{\"id\":\"{}", "a".repeat(500_000))),
        Then::Close,
        Wrong(200, SCHEMA),
    );
    add(
        "100,000 wrong items",
        &json(format!("[{}1]", "1,".repeat(99_999))),
        Then::Close,
        Wrong(200, SCHEMA),
    );
    add(
        "100,000 properties",
        &json(format!(
            "{{{}\"id\":\"x\"}}",
            (0..60_000)
                .map(|n| format!("\"p{n}\":{n},"))
                .collect::<String>()
        )),
        Then::Close,
        Wrong(200, SCHEMA),
    );
    add("no body", &json(""), Then::Close, Wrong(200, SCHEMA));
    add(
        "HTML that says JSON",
        &json("<!doctype html><title>Welcome</title>"),
        Then::Close,
        Wrong(200, SCHEMA),
    );
    add(
        "JSON that says HTML",
        &with("Content-Type: text/html", r#"{"id":1}"#),
        Then::Close,
        Wrong(200, KIND),
    );
    add(
        "no media type",
        &with("X-Note: 1", r#"{"id":1}"#),
        Then::Close,
        Wrong(200, KIND),
    );
    add(
        "a media type of 8 KB",
        &with(
            &format!("Content-Type: application/json; a={}", "b".repeat(8_000)),
            r#"{"id":1}"#,
        ),
        Then::Close,
        Right(200),
    );
    // Connections.
    add("a connection that closes at once", b"", Then::Close, LOST);
    add("a connection that is reset", b"", Then::Reset, LOST);
    add("silence", b"", Then::Wait, TIMED_OUT);
    add(
        "two responses",
        &[good.as_slice(), &good].concat(),
        Then::Close,
        Right(200),
    );
    add(
        "a redirect to itself",
        b"HTTP/1.1 302 Found\r\nLocation: /people\r\nContent-Length: 0\r\n\r\n",
        Then::Close,
        Right(302),
    );
    add(
        "a redirect to another host",
        b"HTTP/1.1 302 Found\r\nLocation: https://other.example.test/\r\nContent-Length: 0\r\n\r\n",
        Then::Close,
        Right(302),
    );
    add(
        "events without an end",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
        Then::Repeat(b"data: 1\n\n".to_vec()),
        Wrong(200, KIND),
    );
    add(
        "an error that does not end",
        b"HTTP/1.1 500 X\r\nContent-Type: application/json\r\n\r\n",
        Then::Repeat(b" ".to_vec()),
        Wrong(500, "response.server-error"),
    );
    rows
}
