//! The cipher suites of TLS by name, and which of them are weak (owner of [`weak_suites`]).

/// Suites of TLS 1.2 that give forward secrecy and authenticated encryption: ECDHE with GCM, CCM or
/// ChaCha20-Poly1305.
const STRONG: &[(u16, &str)] = &[
    (0xC02B, "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (0xC02C, "ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    (0xC02F, "ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    (0xC030, "ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    (0xCCA8, "ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    (0xCCA9, "ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
    (0xC0AC, "ECDHE_ECDSA_WITH_AES_128_CCM"),
    (0xC0AD, "ECDHE_ECDSA_WITH_AES_256_CCM"),
];

/// Suites of TLS 1.3: all are strong.
const NEWEST: &[(u16, &str)] = &[
    (0x1301, "AES_128_GCM_SHA256"),
    (0x1302, "AES_256_GCM_SHA384"),
    (0x1303, "CHACHA20_POLY1305_SHA256"),
    (0x1304, "AES_128_CCM_SHA256"),
    (0x1305, "AES_128_CCM_8_SHA256"),
];

/// Every other suite of TLS 1.2 and before that a server may be found to speak, without those that need a
/// shared key or Kerberos.
const WEAK: &[(u16, &str)] = &[
    (0xC013, "ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    (0xC014, "ECDHE_RSA_WITH_AES_256_CBC_SHA"),
    (0xC027, "ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
    (0xC028, "ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
    (0xC009, "ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
    (0xC00A, "ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
    (0xC023, "ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
    (0xC024, "ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"),
    (0x009C, "RSA_WITH_AES_128_GCM_SHA256"),
    (0x009D, "RSA_WITH_AES_256_GCM_SHA384"),
    (0x002F, "RSA_WITH_AES_128_CBC_SHA"),
    (0x0035, "RSA_WITH_AES_256_CBC_SHA"),
    (0x003C, "RSA_WITH_AES_128_CBC_SHA256"),
    (0x003D, "RSA_WITH_AES_256_CBC_SHA256"),
    (0xC09C, "RSA_WITH_AES_128_CCM"),
    (0xC09D, "RSA_WITH_AES_256_CCM"),
    (0x009E, "DHE_RSA_WITH_AES_128_GCM_SHA256"),
    (0x009F, "DHE_RSA_WITH_AES_256_GCM_SHA384"),
    (0xCCAA, "DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    (0x0033, "DHE_RSA_WITH_AES_128_CBC_SHA"),
    (0x0039, "DHE_RSA_WITH_AES_256_CBC_SHA"),
    (0x0067, "DHE_RSA_WITH_AES_128_CBC_SHA256"),
    (0x006B, "DHE_RSA_WITH_AES_256_CBC_SHA256"),
    (0x00A2, "DHE_DSS_WITH_AES_128_GCM_SHA256"),
    (0x0032, "DHE_DSS_WITH_AES_128_CBC_SHA"),
    (0x0038, "DHE_DSS_WITH_AES_256_CBC_SHA"),
    (0xC0AE, "ECDHE_ECDSA_WITH_AES_128_CCM_8"),
    (0xC0AF, "ECDHE_ECDSA_WITH_AES_256_CCM_8"),
    (0xC076, "ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256"),
    (0xC072, "ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256"),
    (0x0041, "RSA_WITH_CAMELLIA_128_CBC_SHA"),
    (0x0084, "RSA_WITH_CAMELLIA_256_CBC_SHA"),
    (0x0045, "DHE_RSA_WITH_CAMELLIA_128_CBC_SHA"),
    (0x0088, "DHE_RSA_WITH_CAMELLIA_256_CBC_SHA"),
    (0x0096, "RSA_WITH_SEED_CBC_SHA"),
    (0xC02D, "ECDH_ECDSA_WITH_AES_128_GCM_SHA256"),
    (0xC031, "ECDH_RSA_WITH_AES_128_GCM_SHA256"),
    (0xC004, "ECDH_ECDSA_WITH_AES_128_CBC_SHA"),
    (0xC00E, "ECDH_RSA_WITH_AES_128_CBC_SHA"),
    (0xC012, "ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"),
    (0xC008, "ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"),
    (0x0016, "DHE_RSA_WITH_3DES_EDE_CBC_SHA"),
    (0x000A, "RSA_WITH_3DES_EDE_CBC_SHA"),
    (0xC011, "ECDHE_RSA_WITH_RC4_128_SHA"),
    (0xC007, "ECDHE_ECDSA_WITH_RC4_128_SHA"),
    (0x0005, "RSA_WITH_RC4_128_SHA"),
    (0x0004, "RSA_WITH_RC4_128_MD5"),
    (0x0015, "DHE_RSA_WITH_DES_CBC_SHA"),
    (0x0009, "RSA_WITH_DES_CBC_SHA"),
    (0x0008, "RSA_EXPORT_WITH_DES40_CBC_SHA"),
    (0x0003, "RSA_EXPORT_WITH_RC4_40_MD5"),
    (0xC018, "ECDH_anon_WITH_AES_128_CBC_SHA"),
    (0xC019, "ECDH_anon_WITH_AES_256_CBC_SHA"),
    (0x00A6, "DH_anon_WITH_AES_128_GCM_SHA256"),
    (0x0034, "DH_anon_WITH_AES_128_CBC_SHA"),
    (0x003A, "DH_anon_WITH_AES_256_CBC_SHA"),
    (0xC010, "ECDHE_RSA_WITH_NULL_SHA"),
    (0xC006, "ECDHE_ECDSA_WITH_NULL_SHA"),
    (0x003B, "RSA_WITH_NULL_SHA256"),
    (0x0002, "RSA_WITH_NULL_SHA"),
    (0x0001, "RSA_WITH_NULL_MD5"),
];

/// The suites that TLS 1.2 and before should not speak.
pub fn weak_suites() -> impl Iterator<Item = u16> {
    WEAK.iter().map(|(suite, _)| *suite)
}

/// The suites that TLS 1.2 may speak.
pub fn strong_suites() -> impl Iterator<Item = u16> {
    STRONG.iter().map(|(suite, _)| *suite)
}

/// The name of a suite, such as `TLS_RSA_WITH_AES_128_CBC_SHA`, or its number.
#[must_use]
pub fn suite_name(suite: u16) -> String {
    STRONG
        .iter()
        .chain(NEWEST)
        .chain(WEAK)
        .find(|(known, _)| *known == suite)
        .map_or_else(
            || format!("suite 0x{suite:04X}"),
            |(_, name)| format!("TLS_{name}"),
        )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_suite_is_both_strong_and_weak_and_none_stands_twice() {
        let all: Vec<u16> = strong_suites()
            .chain(weak_suites())
            .chain(NEWEST.iter().map(|(suite, _)| *suite))
            .collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(suite_name(0x000A), "TLS_RSA_WITH_3DES_EDE_CBC_SHA");
        assert_eq!(suite_name(0xABCD), "suite 0xABCD");
    }

    #[test]
    fn strong_suites_are_ecdhe_with_authenticated_encryption() {
        for (_, name) in STRONG {
            assert!(name.starts_with("ECDHE_"), "{name}");
            assert!(
                ["_GCM_", "_CCM", "_POLY1305_"]
                    .iter()
                    .any(|aead| name.contains(aead)),
                "{name}"
            );
        }
    }
}
