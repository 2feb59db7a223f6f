use jsonwebtoken::DecodingKey;

use super::*;

fn verifies(key: &SigningKey, token: &str) -> bool {
    let jwk: Jwk = serde_json::from_value(key.public().clone()).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    crypto::verify(
        signature,
        signed.as_bytes(),
        &DecodingKey::from_jwk(&jwk).unwrap(),
        key.algorithm().inner(),
    )
    .unwrap()
}

#[test]
fn every_algorithm_signs_what_its_public_half_verifies() {
    for (algorithm, name) in Algorithm::ALL {
        let key = SigningKey::generate(algorithm).expect(name);
        let token = key.sign(Map::new(), &Map::new());
        assert!(verifies(&key, &token), "{name}");
        assert_eq!(peek(&token).unwrap().0["alg"], name);
        assert_eq!(Algorithm::named(name), Some(algorithm));
    }
}

#[test]
fn the_thumbprint_is_that_of_rfc_7638() {
    // The example of RFC 7638 §3.1.
    let jwk = json!({
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"
    });
    assert_eq!(
        thumbprint(&jwk).unwrap(),
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    );
}

#[test]
fn a_private_jwk_is_read() {
    // The key pair of RFC 8037, appendix A.1, and its thumbprint of A.3.
    let okp = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"k"}"#;
    let key = SigningKey::read(okp, None).unwrap();
    assert_eq!(
        key.thumbprint(),
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
    assert_eq!(key.kid(), Some("k"));
    // The key of RFC 7515, appendix A.3.
    let ec = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
    let key = SigningKey::read(ec, None).unwrap();
    assert!(verifies(&key, &key.sign(Map::new(), &Map::new())));
    assert_eq!(
        key.public()["x"],
        "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
    );
}

#[test]
fn what_is_no_key_says_why() {
    let ec = rcgen::KeyPair::generate().unwrap();
    for (text, algorithm, reason) in [
        ("nothing", None, "holds no private key"),
        ("{", None, "is neither PEM nor a JWK"),
        (r#"{"keys":[]}"#, None, "is a set of keys"),
        (
            r#"{"kty":"EC","crv":"P-256"}"#,
            None,
            "is a JWK without its private part",
        ),
        (r#"{"kty":"oct","d":"x"}"#, None, "is a JWK of a kind"),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----",
            None,
            "is locked by a pass phrase",
        ),
        ("-----BEGIN CERTIFICATE-----", None, "is a certificate"),
        (&ec.public_key_pem(), None, "is a public key"),
        (
            &ec.serialize_pem(),
            Some(Algorithm::Rs256),
            "is a P-256 key, which signs with ES256, not with RS256",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            None,
            "holds a private key that is damaged",
        ),
    ] {
        let told = SigningKey::read(text, algorithm).unwrap_err();
        assert!(told.starts_with(reason), "{told}");
    }
    assert!(!format!("{:?}", SigningKey::generate(Algorithm::Es256)).contains("private"));
}

#[test]
fn what_is_no_jwt_is_opaque() {
    for text in ["", "a.b", "a.b.c", "e30.e30.x", "..", "a.b.c.d"] {
        assert!(peek(text).is_none(), "{text}");
    }
}
