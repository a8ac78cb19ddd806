"""The form of a key: what a scanner and the gateway can tell of it without a database."""

import re
import zlib
from collections import Counter

import pytest

from gateway.keys import form

GUIDE = "mc_(live|test)_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}"


def test_a_new_key_has_the_form_that_is_documented_for_scanners() -> None:
    for livemode in (True, False):
        key = form.new_key(livemode=livemode)
        assert re.fullmatch(GUIDE, key.text)
        assert re.fullmatch(form.PATTERN, key.text)
        assert key.text.split("_")[1] == ("live" if livemode else "test")
        assert form.parse(key.text) == key


def test_a_secret_holds_256_random_bits() -> None:
    assert 62**form.SECRET_LENGTH > 2**form.SECRET_BITS > 62 ** (form.SECRET_LENGTH - 1)
    secrets = [form.new_key(livemode=True).text[-49:-6] for _ in range(500)]
    assert len(set(secrets)) == 500
    # Beyond the first digit, which 256 bits do not fill, every digit is as likely as another.
    counts = Counter("".join(secret[1:] for secret in secrets))
    assert len(counts) == 62
    assert min(counts.values()) > 0.6 * sum(counts.values()) / 62


def test_the_checksum_is_the_crc32_of_everything_before_it() -> None:
    text = form.new_key(livemode=False).text
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number = 0
    for digit in text[-6:]:
        number = number * 62 + digits.index(digit)
    assert number == zlib.crc32(text[:-6].encode())


def test_every_single_typing_error_is_told_without_a_database() -> None:
    text = form.new_key(livemode=True).text
    for place in range(len("mc_live_"), len(text)):
        wrong = "x" if text[place] != "x" else "y"
        assert form.parse(text[:place] + wrong + text[place + 1 :]) is None
    swapped = [
        text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        for place in range(21, len(text) - 1)
        if text[place] != text[place + 1]
    ]
    assert not any(form.parse(wrong) for wrong in swapped)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mc_",
        "mc_live_x_y",
        "MC_live_",
        "mc_prod_abcdefghijkl_" + "0" * 49,
        "mc_live_abcdefghijkl_" + "0" * 48 + "é",
    ],
)
def test_what_only_looks_like_a_key_is_none(text: str) -> None:
    assert form.parse(text) is None


def test_a_key_s_mode_is_part_of_what_is_hashed() -> None:
    key = form.new_key(livemode=False)
    body = key.text[:-6].replace("mc_test_", "mc_live_")
    other = form.parse(body + form.checksum(body))
    assert other is not None
    assert other.livemode
    assert other.digest != key.digest


def test_a_key_does_not_show_in_a_representation() -> None:
    key = form.new_key(livemode=True)
    assert key.text not in repr(key)
    assert key.text[-20:] not in repr(key)
