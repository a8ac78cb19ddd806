"""The operator's list of breached passwords: found by bisection, whatever its ends of lines."""

import hashlib
from pathlib import Path

import pytest

from gateway.breached.judging import judge_password
from gateway.breached.lists import BreachList, check_file, is_frequent, smallest_unit
from shared.errors import DomainError


def digest(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest().upper()


def listed(count: int) -> list[str]:
    return [f"breached number {number}" for number in range(count)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("last_end", [True, False])
@pytest.mark.parametrize("size", [1, 2, 3, 50, 1000])
async def test_every_password_of_the_list_is_found_and_no_other(
    tmp_path: Path, end: str, counted: bool, last_end: bool, size: int
) -> None:
    digests = sorted(digest(text) for text in listed(size))
    lines = [f"{found}:{number * 7919}" if counted else found for number, found in enumerate(digests)]
    path = tmp_path / "list"
    path.write_text(end.join(lines) + (end if last_end else ""), newline="")
    check_file(path)
    long_list = BreachList(path)
    for text in listed(size)[:: max(1, size // 50)]:
        assert await long_list.holds(text)
    for number in range(50):
        assert not await long_list.holds(f"of nobody {number}")


async def test_an_empty_list_holds_nothing_and_a_missing_one_refuses(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert not await BreachList(tmp_path / "empty").holds("x")
    with pytest.raises(FileNotFoundError):
        await BreachList(tmp_path / "missing").holds("x")


@pytest.mark.parametrize("content", ["password\n", "", "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8 x", "<html>"])
def test_another_file_is_no_list(tmp_path: Path, content: str) -> None:
    path = tmp_path / "list"
    path.write_text(content)
    with pytest.raises(ValueError, match="sorted list"):
        check_file(path)


async def test_a_listed_password_is_refused_however_long(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(digest("a very long but leaked sentence") + ":3\n")
    with pytest.raises(DomainError, match="password-known"):
        await judge_password("a very long but leaked sentence", "somebody", breached=BreachList(path))
    await judge_password("a very long and unknown sentence", "somebody", breached=BreachList(path))


@pytest.mark.parametrize(
    ("text", "unit"),
    [("", ""), ("a", "a"), ("abab", "ab"), ("ababa", "ab"), ("abcab", "abc"), ("abcdab", "abcd"), ("abcdea", "abcdea")],
)
def test_the_unit_that_a_text_repeats(text: str, unit: str) -> None:
    assert smallest_unit(text) == unit


def test_frequent_passwords_are_known_in_any_dress() -> None:
    for text in ("password", "PassWord", "drowssap", "passwordpassword", "passwordpasswordpass"):
        assert is_frequent(text), text


async def test_the_organisation_is_no_password() -> None:
    with pytest.raises(DomainError, match="password-too-simple"):
        await judge_password("91540100MA6T1WXY3K-12", "somebody", ["91540100MA6T1WXY3K"])
