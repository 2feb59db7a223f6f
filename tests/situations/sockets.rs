//! HTTP/1.1 over a bare socket, for connections that close in the middle of things (owner of [`serve`]).

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpStream},
    sync::{Mutex, PoisonError},
};

use super::{Close, Reply, Request};

/// Serves one connection to its end.
pub(super) fn serve(
    stream: &TcpStream,
    closes: &dyn Fn(usize) -> Close,
    handler: &dyn Fn(&Request) -> Reply,
    log: &Mutex<Vec<(Request, u16)>>,
) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    for number in 1.. {
        let Some(mut request) = read(&mut reader)? else {
            break;
        };
        let close = closes(number);
        if close == Close::Before {
            break;
        }
        let is_head = request.method == "HEAD";
        if is_head {
            request.method = "GET".into();
        }
        let reply = handler(&request);
        if is_head {
            request.method = "HEAD".into();
        }
        let mut head = format!("HTTP/1.1 {} X\r\n", reply.status);
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if reply.status != 204 {
            head.push_str(&format!("content-length: {}\r\n", reply.body.len()));
        }
        let mut bytes = format!("{head}\r\n").into_bytes();
        if !is_head && reply.status != 204 {
            bytes.extend_from_slice(&reply.body);
        }
        log.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((request, reply.status));
        writer.write_all(&bytes)?;
        if close == Close::After {
            break;
        }
    }
    stream.shutdown(Shutdown::Write)
}

fn read(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut parts = line.split_whitespace();
    let (Some(method), Some(target)) = (parts.next(), parts.next()) else {
        return Ok(None);
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Request {
        method: method.to_owned(),
        path: percent_encoding::percent_decode_str(path)
            .decode_utf8_lossy()
            .into_owned(),
        query: query.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        request
            .headers
            .push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = request
        .header("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    request.body = vec![0; length];
    reader.read_exact(&mut request.body)?;
    Ok(Some(request))
}
