"""Content-Digest as RFC 9530 has it."""

import pytest

from gateway.signatures.digests import DigestCheck, DigestWrong, content_digest, preferred_algorithm

BODY = b'{"amount": "100000.00"}'
SHORT, LONG = content_digest(BODY), content_digest(BODY, "sha-512")


def right(field: str, body: bytes = BODY) -> bool:
    check = DigestCheck(field)
    check.update(body)
    return check.right()


@pytest.mark.parametrize("field", [SHORT, LONG, f"{SHORT}, {LONG}", f"md5=:AAAA:, {SHORT}", f"{SHORT}, unixsum=1"])
def test_every_known_algorithm_counts_and_unknown_ones_do_not(field: str) -> None:
    assert right(field)
    assert not right(field, BODY + b" ")


def test_all_known_digests_have_to_be_right() -> None:
    assert not right(f"{SHORT}, {content_digest(b'', 'sha-512')}")


@pytest.mark.parametrize(
    "field",
    ["", "sha-256", "sha-256=abc", "sha-256=:!:", "md5=:AAAA:", "sha-256=(:AAAA:)", f"{SHORT}, {SHORT}", "\u00e9"],
)
def test_a_field_that_cannot_be_read_or_names_nothing_known_is_wrong(field: str) -> None:
    with pytest.raises(DigestWrong):
        DigestCheck(field)


@pytest.mark.parametrize(
    ("field", "algorithm"),
    [
        (None, None),
        ("sha-256=1", "sha-256"),
        ("sha-256=1, sha-512=3", "sha-512"),
        ("sha-512=0", None),
        ("md5=10", None),
        ("md5=10, sha-256=1", "sha-256"),
        ("sha-256", None),
        ("sha-256=99", None),
        ("=", None),
    ],
)
def test_the_digest_that_is_liked_best(field: str | None, algorithm: str | None) -> None:
    assert preferred_algorithm(field) == algorithm
