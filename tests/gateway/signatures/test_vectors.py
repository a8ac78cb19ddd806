"""The vectors of RFC 9421, appendix B.2, by our verifier and by the tests' own client."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from http_message_signatures import HTTPMessageSignaturesException, algorithms

from gateway.signatures.digests import DigestCheck, content_digest
from gateway.signatures.message import Fields, SignedRequest
from gateway.signatures.signing_keys import read_public_key
from gateway.signatures.verifying import KeyOfOne, Verifier
from tests.gateway.signatures.client import component, ed25519, hmac_sha256, signature_base

BODY = b'{"hello": "world"}'
DIGEST = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
URL = "https://example.com/foo?param=Value&Pet=dog"
HEADERS = {
    "host": "example.com",
    "date": "Tue, 20 Apr 2021 02:07:55 GMT",
    "content-type": "application/json",
    "content-digest": DIGEST,
    "content-length": "18",
}
PUBLIC = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----"""
PRIVATE = base64.b64decode("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF")
SECRET = base64.b64decode("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")

B25 = (
    ["date", "@authority", "content-type"],
    ';created=1618884473;keyid="test-shared-secret"',
    "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=",
)
B26 = (
    ["date", "@method", "@path", "@authority", "content-type", "content-length"],
    ';created=1618884473;keyid="test-key-ed25519"',
    "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
)


def message(label: str, vector: tuple[list[str], str, str], **changed: str) -> SignedRequest:
    components, parameters, signature = vector
    listed = " ".join(f'"{name}"' for name in components)
    headers = {
        **HEADERS,
        "signature-input": f"{label}=({listed}){parameters}",
        "signature": f"{label}=:{signature}:",
        **changed,
    }
    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    return SignedRequest("POST", URL, Fields(lines))


def hmac_verifier() -> Verifier:
    return Verifier(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=KeyOfOne("test-shared-secret", SECRET))


def ed25519_verifier() -> Verifier:
    key = KeyOfOne.of_public("test-key-ed25519", read_public_key(PUBLIC))
    return Verifier(signature_algorithm=algorithms.ED25519, key_resolver=key)


def test_b_2_5_is_a_good_hmac_signature() -> None:
    (result,) = hmac_verifier().verify(message("sig-b25", B25), max_age=None)
    assert result.parameters["created"] == 1618884473


def test_b_2_6_is_a_good_ed25519_signature() -> None:
    (result,) = ed25519_verifier().verify(message("sig-b26", B26), max_age=None)
    assert set(result.covered_components) > {'"@method"', '"@path"', '"@authority"'}


@pytest.mark.parametrize("changed", [{"date": "Tue, 20 Apr 2021 02:07:56 GMT"}, {"content-type": "text/plain"}])
def test_a_changed_header_breaks_both(changed: dict[str, str]) -> None:
    for verifier, request in (
        (hmac_verifier(), message("sig-b25", B25, **changed)),
        (ed25519_verifier(), message("sig-b26", B26, **changed)),
    ):
        with pytest.raises(HTTPMessageSignaturesException):
            verifier.verify(request, max_age=None)


def test_the_tests_own_client_makes_the_same_signatures() -> None:
    private = load_der_private_key(PRIVATE, password=None)
    assert isinstance(private, Ed25519PrivateKey)
    for sign, (components, parameters, signature) in ((hmac_sha256(SECRET), B25), (ed25519(private), B26)):
        values = [component(name, "POST", URL, HEADERS) for name in components]
        made = sign(signature_base(components, parameters, values))
        assert base64.b64encode(made).decode() == signature


def test_the_content_digest_of_the_appendix_is_right() -> None:
    check = DigestCheck(DIGEST)
    for byte in BODY:
        check.update(bytes([byte]))
    assert check.right()
    assert content_digest(BODY, "sha-512") == DIGEST
