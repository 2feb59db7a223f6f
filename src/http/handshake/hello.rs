//! The first message of a client and what a server says to it, byte by byte (owner of [`client_hello`] and
//! [`Reader`]). Pure: no socket, no randomness of its own.

use muster_core::exchange::handshake::TlsVersion;

/// What a server said first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// It took the offer: the version and the suite.
    Hello {
        /// The version, by its bytes.
        version: u16,
        /// The suite.
        suite: u16,
    },
    /// It refused.
    Alert(u8),
    /// It does not speak TLS.
    NotTls,
}

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
/// Records of TLS hold at most this much, with room for what encryption adds.
const LONGEST_RECORD: usize = (1 << 14) + 2048;
/// The first message of a server fits many times into this.
const LONGEST_MESSAGE: usize = 1 << 16;
/// A warning says something and refuses nothing.
const WARNING: u8 = 1;
const CLOSE_NOTIFY: u8 = 0;

/// Says that the client is safe against renegotiation attacks; some servers refuse one that is not.
const RENEGOTIATION_SAFE: u16 = 0x00FF;

/// A first message that offers these suites up to this version. SSL 3.0 has no extensions, and so no name
/// of the host. TLS 1.3 cannot be offered in this way.
pub(super) fn client_hello(
    version: TlsVersion,
    suites: &[u16],
    host: Option<&str>,
    random: [u8; 32],
) -> Vec<u8> {
    let mut body = Vec::with_capacity(512);
    body.extend(version.wire().to_be_bytes());
    body.extend(random);
    // No session to resume.
    body.push(0);
    with_length(&mut body, |body| {
        for suite in suites.iter().chain([&RENEGOTIATION_SAFE]) {
            body.extend(suite.to_be_bytes());
        }
    });
    // No compression is the only one.
    body.extend([1, 0]);
    if version > TlsVersion::Ssl3 {
        with_length(&mut body, |body| extensions(body, version, host));
    }
    let mut message = vec![1, 0];
    with_length(&mut message, |message| message.extend(body));
    let record_version = version.wire().min(TlsVersion::Tls10.wire());
    let mut record = vec![HANDSHAKE];
    record.extend(record_version.to_be_bytes());
    with_length(&mut record, |record| record.extend(message));
    record
}

fn extensions(body: &mut Vec<u8>, version: TlsVersion, host: Option<&str>) {
    if let Some(host) = host {
        extension(body, 0, |body| {
            with_length(body, |body| {
                body.push(0);
                with_length(body, |body| body.extend(host.as_bytes()));
            });
        });
    }
    // Groups: x25519, P-256, P-384, P-521, and the finite fields of RFC 7919.
    extension(body, 10, |body| {
        with_length(body, |body| {
            for group in [0x001D_u16, 0x0017, 0x0018, 0x0019, 0x0100, 0x0101] {
                body.extend(group.to_be_bytes());
            }
        });
    });
    // Points are not compressed.
    extension(body, 11, |body| body.extend([1, 0]));
    if version >= TlsVersion::Tls12 {
        // Signatures, old ones too, so that no server refuses for want of one.
        extension(body, 13, |body| {
            with_length(body, |body| {
                for scheme in [
                    0x0403_u16, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501,
                    0x0601, 0x0203, 0x0201, 0x0402, 0x0202,
                ] {
                    body.extend(scheme.to_be_bytes());
                }
            });
        });
    }
}

fn extension(body: &mut Vec<u8>, number: u16, fill: impl FnOnce(&mut Vec<u8>)) {
    body.extend(number.to_be_bytes());
    with_length(body, fill);
}

/// Two bytes of length before what is filled in.
fn with_length(body: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut inner = Vec::new();
    fill(&mut inner);
    let length = u16::try_from(inner.len()).unwrap_or(u16::MAX);
    body.extend(length.to_be_bytes());
    body.extend(inner);
}

/// Takes bytes as they come until it is clear what a server said.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Bytes of records not yet whole.
    raw: Vec<u8>,
    /// Bytes of the handshake message, which may be spread over records.
    message: Vec<u8>,
}

impl Reader {
    /// Takes more bytes; what was said, once that is clear.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Option<Said> {
        self.raw.extend_from_slice(bytes);
        loop {
            let (&kind, &major) = (self.raw.first()?, self.raw.get(1)?);
            if !matches!(kind, ALERT | HANDSHAKE) || major != 3 {
                return Some(Said::NotTls);
            }
            let length = usize::from(number(&self.raw, 3)?);
            if length == 0 || length > LONGEST_RECORD {
                return Some(Said::NotTls);
            }
            let record = self.raw.get(5..5 + length)?.to_vec();
            self.raw.drain(..5 + length);
            if kind == ALERT {
                let (&level, &description) = (record.first()?, record.get(1)?);
                if level == WARNING && description != CLOSE_NOTIFY {
                    continue;
                }
                return Some(Said::Alert(description));
            }
            self.message.extend(record);
            if let Some(said) = self.hello() {
                return Some(said);
            }
        }
    }

    fn hello(&self) -> Option<Said> {
        let message = self.message.as_slice();
        if *message.first()? != 2 {
            return Some(Said::NotTls);
        }
        let length = usize::from(*message.get(1)?) << 16 | usize::from(number(message, 2)?);
        if length > LONGEST_MESSAGE {
            return Some(Said::NotTls);
        }
        let body = message.get(4..4 + length)?;
        Some(read_hello(body).unwrap_or(Said::NotTls))
    }
}

/// The body of a `ServerHello`: version, 32 random bytes, session, suite, compression, extensions.
fn read_hello(body: &[u8]) -> Option<Said> {
    let version = number(body, 0)?;
    let session = usize::from(*body.get(34)?);
    let suite = number(body, 35 + session)?;
    let chosen = extensions_of(body.get(38 + session..).unwrap_or_default())
        .find(|(kind, _)| *kind == 43)
        .and_then(|(_, value)| number(value, 0));
    Some(Said::Hello {
        version: chosen.unwrap_or(version),
        suite,
    })
}

fn extensions_of(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        let kind = number(rest, 0)?;
        let length = usize::from(number(rest, 2)?);
        let value = rest.get(4..4 + length)?;
        rest = rest.get(4 + length..)?;
        Some((kind, value))
    })
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A `ServerHello` in one record.
    fn answer(version: u16, suite: u16, extensions: &[u8]) -> Vec<u8> {
        let mut body = version.to_be_bytes().to_vec();
        body.extend([7; 32]);
        body.extend([2, 9, 9]);
        body.extend(suite.to_be_bytes());
        body.push(0);
        if !extensions.is_empty() {
            with_length(&mut body, |body| body.extend(extensions));
        }
        let mut message = vec![2, 0];
        with_length(&mut message, |message| message.extend(body));
        let mut record = vec![22, 3, 3];
        with_length(&mut record, |record| record.extend(message));
        record
    }

    fn read(bytes: &[u8]) -> Option<Said> {
        Reader::default().take(bytes)
    }

    #[test]
    fn a_hello_holds_what_it_offers() {
        let hello = client_hello(
            TlsVersion::Tls10,
            &[0x002F],
            Some("rms.example.test"),
            [1; 32],
        );
        assert_eq!(&hello[..3], [22, 3, 1]);
        assert_eq!(usize::from(number(&hello, 3).unwrap()), hello.len() - 5);
        assert_eq!(hello[5], 1);
        assert_eq!(&hello[9..11], [3, 1]);
        assert_eq!(&hello[43..50], [0, 0, 4, 0, 0x2F, 0, 0xFF]);
        let name = b"rms.example.test";
        assert!(hello.windows(name.len()).any(|window| window == name));
        let oldest = client_hello(
            TlsVersion::Ssl3,
            &[0x002F],
            Some("rms.example.test"),
            [1; 32],
        );
        assert_eq!(&oldest[1..3], [3, 0]);
        assert!(!oldest.windows(name.len()).any(|window| window == name));
    }

    #[test]
    fn answers_are_read_whole_or_in_bits() {
        let bytes = answer(0x0301, 0x002F, &[]);
        let said = Said::Hello {
            version: 0x0301,
            suite: 0x002F,
        };
        assert_eq!(read(&bytes), Some(said.clone()));
        let mut reader = Reader::default();
        let (last, first) = bytes.split_last().unwrap();
        for byte in first {
            assert_eq!(reader.take(&[*byte]), None);
        }
        assert_eq!(reader.take(&[*last]), Some(said));
    }

    #[test]
    fn the_newest_version_hides_in_an_extension() {
        let bytes = answer(0x0303, 0x1301, &[0, 43, 0, 2, 3, 4]);
        assert_eq!(
            read(&bytes),
            Some(Said::Hello {
                version: 0x0304,
                suite: 0x1301
            })
        );
    }

    #[test]
    fn a_warning_refuses_nothing_and_an_error_does() {
        let mut bytes = vec![21, 3, 1, 0, 2, 1, 112];
        assert_eq!(read(&bytes), None);
        bytes.extend(answer(0x0302, 0x000A, &[]));
        assert!(matches!(read(&bytes), Some(Said::Hello { .. })));
        assert_eq!(read(&[21, 3, 1, 0, 2, 2, 70]), Some(Said::Alert(70)));
        assert_eq!(read(&[21, 3, 1, 0, 2, 1, 0]), Some(Said::Alert(0)));
        assert_eq!(read(b"HTTP/1.1 400 Bad Request"), Some(Said::NotTls));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..200) {
            let mut record = vec![22, 3, 3];
            with_length(&mut record, |record| record.extend(&bytes));
            let _ = read(&bytes);
            let _ = read(&record);
            let mut wounded = answer(0x0303, 0xC02F, &bytes);
            wounded.truncate(cut);
            let _ = read(&wounded);
        }
    }
}
