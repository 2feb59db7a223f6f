//! Behaviours over HTTP/2, written as frames (RFC 9113).

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use muster_core::{
    exchange::BreakageKind::{
        ConnectionLost, GoneAway, HeldOff, NotHttp, StreamRefused, StreamReset, TimedOut, TooLarge,
    },
    model::Responsible::{Configuration, Supplier},
};

use super::{
    Row,
    Told::{self, Broken, Cut, Right, Wrong},
    server::{Act, Then, http2},
};

const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;

const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

/// The stream of the client's first request.
const STREAM: u32 = 1;

const NOT_HTTP: Told = Broken(NotHttp, Supplier);
const LOST: Told = Broken(ConnectionLost, Supplier);
const TIMED_OUT: Told = Broken(TimedOut, Supplier);

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// A header field without indexing (RFC 7541 §6.2.2), its lengths below 127.
fn field(name: &str, value: &str) -> Vec<u8> {
    let mut bytes = vec![0, u8::try_from(name.len()).unwrap()];
    bytes.extend(name.bytes());
    bytes.push(u8::try_from(value.len()).unwrap());
    bytes.extend(value.bytes());
    bytes
}

/// `:status: 200`, by its index in the static table.
const OK: u8 = 0x88;

fn fields(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut block = vec![OK];
    block.extend(pairs.iter().flat_map(|(name, value)| field(name, value)));
    block
}

const JSON: (&str, &str) = ("content-type", "application/json");

/// The head of a response of JSON with these fields besides.
fn head(flags: u8, more: &[(&str, &str)]) -> Vec<u8> {
    frame(
        HEADERS,
        END_HEADERS | flags,
        STREAM,
        &fields(&[&[JSON], more].concat()),
    )
}

fn data(flags: u8, bytes: &[u8]) -> Vec<u8> {
    frame(DATA, flags, STREAM, bytes)
}

fn reset(code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, STREAM, &code.to_be_bytes())
}

fn go_away(last: u32, code: u32) -> Vec<u8> {
    frame(
        GOAWAY,
        0,
        0,
        &[last.to_be_bytes(), code.to_be_bytes()].concat(),
    )
}

/// The settings with which a server begins.
fn settings() -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A body in frames of the usual most size, the last of which ends the stream.
fn body(bytes: &[u8]) -> Vec<u8> {
    let chunks: Vec<&[u8]> = bytes.chunks(16_384).collect();
    let last = chunks.len() - 1;
    chunks
        .iter()
        .enumerate()
        .flat_map(|(at, chunk)| data(if at == last { END_STREAM } else { 0 }, chunk))
        .collect()
}

/// Every behaviour, with what it is told as.
#[allow(clippy::too_many_lines, reason = "a table")]
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |name, frames: &[Vec<u8>], then, told| {
        let first = frames.concat();
        rows.push(Row {
            name,
            options: http2(Act { first, then }),
            told,
        });
    };
    let good = data(END_STREAM, br#"{"id":1}"#);

    add(
        "a sound response",
        &[settings(), head(0, &[]), good.clone()],
        Then::Wait,
        Right(200),
    );
    // Resets and ends that HTTP/2 has words for.
    add(
        "a reset for an error",
        &[settings(), reset(INTERNAL_ERROR)],
        Then::Wait,
        Broken(StreamReset, Supplier),
    );
    add(
        "a reset within the body",
        &[settings(), head(0, &[]), data(0, b"{"), reset(CANCEL)],
        Then::Wait,
        Broken(StreamReset, Supplier),
    );
    add(
        "a reset that asks for calm",
        &[settings(), reset(ENHANCE_YOUR_CALM)],
        Then::Wait,
        Broken(HeldOff, Configuration),
    );
    add(
        "a refusal of every stream",
        &[settings(), reset(REFUSED_STREAM)],
        Then::Close,
        Broken(StreamRefused, Supplier),
    );
    add(
        "an end for an error",
        &[settings(), go_away(0, INTERNAL_ERROR)],
        Then::Wait,
        Broken(GoneAway, Supplier),
    );
    add(
        "an end that asks for calm",
        &[settings(), go_away(0, ENHANCE_YOUR_CALM)],
        Then::Wait,
        Broken(HeldOff, Configuration),
    );
    add(
        "an end before every request",
        &[settings(), go_away(0, NO_ERROR)],
        Then::Wait,
        Broken(GoneAway, Supplier),
    );
    add(
        "an end after the response",
        &[
            settings(),
            head(0, &[]),
            good.clone(),
            go_away(STREAM, NO_ERROR),
        ],
        Then::Close,
        Right(200),
    );
    // Connections.
    add(
        "a connection that closes without a word",
        &[],
        Then::Close,
        LOST,
    );
    add(
        "a connection that closes after its settings",
        &[settings()],
        Then::Close,
        LOST,
    );
    add(
        "a connection that closes within the body",
        &[settings(), head(0, &[]), data(0, b"{")],
        Then::Close,
        LOST,
    );
    add("silence", &[settings()], Then::Wait, TIMED_OUT);
    add(
        "a head and silence",
        &[settings(), head(0, &[])],
        Then::Wait,
        TIMED_OUT,
    );
    add(
        "a body that comes slowly",
        &[settings(), head(0, &[])],
        Then::Trickle(data(0, b" ")),
        TIMED_OUT,
    );
    // What is not HTTP/2.
    add(
        "garbage",
        &[b"garbage garbage garbage garbage".to_vec()],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "HTTP/1.1",
        &[b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec()],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "settings of a wrong length",
        &[frame(SETTINGS, 0, 0, &[0; 5])],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "a setting out of range",
        &[frame(SETTINGS, 0, 0, &[0, 4, 255, 255, 255, 255])],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "data before the head",
        &[settings(), data(END_STREAM, b"{}")],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "a head without a status",
        &[
            settings(),
            frame(
                HEADERS,
                END_HEADERS | END_STREAM,
                STREAM,
                &field("x-note", "1"),
            ),
        ],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "a header name in upper case",
        &[settings(), head(END_STREAM, &[("X-Note", "1")])],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "a header of the connection",
        &[settings(), head(END_STREAM, &[("connection", "close")])],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "a header block that cannot be read",
        &[settings(), frame(HEADERS, END_HEADERS, STREAM, &[0xff; 9])],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "more data than its length",
        &[
            settings(),
            head(0, &[("content-length", "2")]),
            good.clone(),
        ],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "less data than its length",
        &[
            settings(),
            head(0, &[("content-length", "99")]),
            good.clone(),
        ],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "a length and no body",
        &[settings(), head(END_STREAM, &[("content-length", "8")])],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "a frame beyond the most size",
        &[
            settings(),
            head(0, &[]),
            data(END_STREAM, &vec![b' '; 100_000]),
        ],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "padding longer than its frame",
        &[
            settings(),
            head(0, &[]),
            data(END_STREAM | PADDED, &[200, 1]),
        ],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "a push that was switched off",
        &[
            settings(),
            frame(
                PUSH_PROMISE,
                END_HEADERS,
                STREAM,
                &[&[0, 0, 0, 2], fields(&[]).as_slice()].concat(),
            ),
        ],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "a window beyond all windows",
        &[
            settings(),
            frame(WINDOW_UPDATE, 0, 0, &[0x7f, 255, 255, 255]),
        ],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "a stream that nobody opened",
        &[settings(), frame(DATA, 0, 7, b"{}")],
        Then::Wait,
        NOT_HTTP,
    );
    add(
        "an unknown frame",
        &[
            settings(),
            frame(0xfa, 0, STREAM, b"?"),
            head(0, &[]),
            good.clone(),
        ],
        Then::Wait,
        Right(200),
    );
    // Without an end.
    add(
        "a header block without an end",
        &[settings(), frame(HEADERS, 0, STREAM, &fields(&[]))],
        Then::Repeat(frame(CONTINUATION, 0, STREAM, &field("x-note", "1"))),
        Broken(TooLarge, Supplier),
    );
    add(
        "pings without an end",
        &[settings()],
        Then::Repeat(frame(PING, 0, 0, &[0; 8])),
        TIMED_OUT,
    );
    add(
        "settings without an end",
        &[],
        Then::Repeat(settings()),
        TIMED_OUT,
    );
    add(
        "informational heads without an end",
        &[settings()],
        Then::Repeat(frame(
            HEADERS,
            END_HEADERS,
            STREAM,
            &field(":status", "103"),
        )),
        TIMED_OUT,
    );
    add(
        "empty frames of data without an end",
        &[settings(), head(0, &[])],
        Then::Repeat(data(0, b"")),
        Broken(TooLarge, Supplier),
    );
    add(
        "data beyond every window",
        &[settings(), head(0, &[])],
        Then::Repeat(data(0, &[b' '; 1_000])),
        NOT_HTTP,
    );
    add(
        "a gzip bomb",
        &[
            settings(),
            head(0, &[("content-encoding", "gzip")]),
            body(&gzip(&vec![b' '; 32 << 20])),
        ],
        Then::Wait,
        Cut(200),
    );
    add(
        "3,000 headers",
        &[
            settings(),
            frame(
                HEADERS,
                END_HEADERS | END_STREAM,
                STREAM,
                &fields(&vec![("a", "b"); 3_000]),
            ),
        ],
        Then::Wait,
        Broken(TooLarge, Supplier),
    );
    add(
        "no body where one is documented",
        &[settings(), head(END_STREAM, &[])],
        Then::Wait,
        Wrong(200, "response.body-schema"),
    );
    rows
}
