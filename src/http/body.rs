//! The body of an answer: collected up to a limit, content encoding undone.

use std::{io::Read, ops::ControlFlow};

use ::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use muster_core::exchange::{Breakage, BreakageKind};

/// A body as it comes in. One that comes in one piece is never copied.
#[derive(Debug)]
pub(super) struct Collector {
    limit: usize,
    first: Bytes,
    rest: BytesMut,
    cut: bool,
}

impl Collector {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            first: Bytes::new(),
            rest: BytesMut::new(),
            cut: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.first.len().max(self.rest.len())
    }

    /// What came so far, its content encoding not undone.
    pub(super) fn so_far(&self) -> &[u8] {
        if self.rest.is_empty() {
            &self.first
        } else {
            &self.rest
        }
    }

    /// Says that the rest is not read.
    pub(super) const fn cut_short(&mut self) {
        self.cut = true;
    }

    /// Takes the next piece; breaks where the limit is reached.
    pub(super) fn add(&mut self, mut piece: Bytes) -> ControlFlow<()> {
        let room = self.limit - self.len().min(self.limit);
        if piece.len() > room {
            piece.truncate(room);
            self.cut = true;
        }
        if self.len() == 0 {
            self.first = piece;
        } else {
            if self.rest.is_empty() {
                self.rest.extend_from_slice(&self.first);
            }
            self.rest.extend_from_slice(&piece);
        }
        if self.cut {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// The decoded body, and whether it was cut.
    pub(super) fn decode(self, headers: &HeaderMap) -> Result<(Bytes, bool), Breakage> {
        let mut body = if self.rest.is_empty() {
            self.first
        } else {
            self.rest.freeze()
        };
        let mut cut = self.cut;
        if body.is_empty() || !headers.contains_key(header::CONTENT_ENCODING) {
            return Ok((body, cut));
        }
        let codings: Vec<String> = headers
            .get_all(header::CONTENT_ENCODING)
            .into_iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|coding| coding.trim().to_ascii_lowercase())
            .collect();
        for coding in codings.iter().rev() {
            let Some(decoded) = undo(coding, &body, self.limit) else {
                break;
            };
            match decoded {
                Ok((bytes, beyond)) => {
                    body = bytes;
                    cut |= beyond;
                }
                // The end is missing because it was cut off here, not by the target.
                Err((bytes, _)) if cut => body = bytes,
                Err((_, error)) => {
                    return Err(Breakage {
                        kind: BreakageKind::NotHttp,
                        detail: format!(
                            "The response says Content-Encoding: {coding}, but its body is not valid {coding}: \
                            {error}."
                        ),
                    });
                }
            }
        }
        Ok((body, cut))
    }
}

type Decoded = Result<(Bytes, bool), (Bytes, std::io::Error)>;

/// Undoes one coding; none where it is not known, and the body stays as it came.
fn undo(coding: &str, body: &[u8], limit: usize) -> Option<Decoded> {
    Some(match coding {
        "gzip" | "x-gzip" => bounded(MultiGzDecoder::new(body), limit),
        // RFC 9110 means zlib; some servers send the bare stream, and every browser takes both.
        "deflate" if is_zlib(body) => bounded(ZlibDecoder::new(body), limit),
        "deflate" => bounded(DeflateDecoder::new(body), limit),
        "br" => bounded(brotli::Decompressor::new(body, 4096), limit),
        "identity" | "" => Ok((Bytes::copy_from_slice(body), false)),
        _ => return None,
    })
}

fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..]
        if method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0)
}

fn bounded(decoder: impl Read, limit: usize) -> Decoded {
    let mut out = Vec::new();
    let result = decoder.take(limit as u64 + 1).read_to_end(&mut out);
    let beyond = out.len() > limit;
    out.truncate(limit);
    match result {
        Ok(_) => Ok((out.into(), beyond)),
        Err(error) => Err((out.into(), error)),
    }
}
