"""4.8-2: shares, masked names, codes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.registry.texts import check_no_mobile
from services.registry.trainings import rules
from services.registry.trainings.attendance import codes
from shared.policy.edition import load_editions

EDITION = load_editions(None).get("lhasa-2019")
NOW = datetime(2019, 6, 10, 2, 0, 0, tzinfo=UTC)
"""The first second of a half minute."""


@pytest.mark.parametrize(
    ("attended", "whole", "passed"),
    [(144, 180, True), (143, 180, False), (180, 180, True), (0, 180, False), (1, 1, True)],
)
def test_certificate_needs_four_fifths_of_the_hours(attended: int, whole: int, *, passed: bool) -> None:
    decision = rules.decide_certificate(EDITION, attended=attended, whole=whole)
    assert decision.passed is passed
    assert decision.results[0].clause == "4.8-2"


def test_nobody_who_was_never_there_has_attended_even_where_no_share_is_asked() -> None:
    assert not rules.attended_enough(0, 180, 0)


@pytest.mark.parametrize(
    ("day", "audience", "on_staff", "failed"),
    [
        (date(2019, 6, 3), "founders", False, []),
        (date(2019, 6, 9), "founders", False, []),
        (date(2019, 6, 2), "founders", False, ["training.enrolment"]),
        (date(2019, 6, 10), "founders", False, ["training.enrolment"]),
        (date(2019, 6, 3), "centre_staff", False, ["training.audience"]),
        (date(2019, 6, 3), "centre_staff", True, []),
    ],
)
def test_enrolment_by_day_and_audience(day: date, audience: str, failed: list[str], *, on_staff: bool) -> None:
    decision = rules.decide_enrolment(
        EDITION,
        day=day,
        enrol_from=date(2019, 6, 3),
        enrol_until=date(2019, 6, 9),
        audience=audience,
        on_staff=on_staff,
    )
    assert [result.rule for result in decision.results if not result.passed] == failed


@pytest.mark.parametrize(
    ("name", "shown"), [("扎西", "扎*"), ("扎西顿珠", "扎***"), ("阿旺洛桑嘉措", "阿***"), ("王", "王*")]
)
def test_masked_names(name: str, shown: str) -> None:
    assert rules.masked_name(name) == shown


@pytest.mark.parametrize(
    "text", ["电话13800138000", "138 0013 8000", "+86-138-0013-8000", "１３８００１３８０００", "请拨8613800138000"]
)
def test_mobile_numbers_are_found_in_texts(text: str) -> None:
    with pytest.raises(ValueError, match="mobile"):
        check_no_mobile(text)


@pytest.mark.parametrize("text", ["0891-6330000", "拉科发〔2019〕12号", "营业额1380万元，共13800138000000元"])
def test_other_numbers_are_no_mobile_numbers(text: str) -> None:
    assert check_no_mobile(text) == text


KEY, SALT, SESSION, MEETING = b"k" * 32, b"s" * 32, uuid4(), uuid4()


@pytest.mark.parametrize("seconds", [-5, 0, 29, 30, 39])
def test_code_is_good_in_its_half_minute_and_a_little_around_it(seconds: int) -> None:
    code = codes.mint(KEY, SESSION, MEETING, SALT, NOW)
    assert codes.meeting_in(code) == MEETING
    codes.require_good(KEY, SESSION, MEETING, SALT, code, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-6, 40, 60, 86400])
def test_code_of_another_half_minute_has_expired(seconds: int) -> None:
    code = codes.mint(KEY, SESSION, MEETING, SALT, NOW)
    with pytest.raises(codes.CodeExpired):
        codes.require_good(KEY, SESSION, MEETING, SALT, code, NOW + timedelta(seconds=seconds))


def test_every_altered_character_is_a_forgery() -> None:
    code = codes.mint(KEY, SESSION, MEETING, SALT, NOW)
    for place in range(len(code)):
        for other in ("A" if code[place] != "A" else "B", "!", ""):
            altered = code[:place] + other + code[place + 1 :]
            with pytest.raises(codes.CodeForged):
                codes.require_good(KEY, SESSION, MEETING, SALT, altered, NOW)


@pytest.mark.parametrize(
    ("key", "session", "meeting", "salt"),
    [
        (b"x" * 32, SESSION, MEETING, SALT),
        (KEY, uuid4(), MEETING, SALT),
        (KEY, SESSION, uuid4(), SALT),
        (KEY, SESSION, MEETING, b"x" * 32),
        (KEY, SESSION, MEETING, None),
    ],
    ids=["another key", "another session", "another meeting", "screen opened anew", "screen closed"],
)
def test_code_is_of_one_key_session_meeting_and_opening(
    key: bytes, session: UUID, meeting: UUID, salt: bytes | None
) -> None:
    code = codes.mint(KEY, SESSION, MEETING, SALT, NOW)
    with pytest.raises(codes.CodeForged):
        codes.require_good(key, session, meeting, salt, code, NOW)


def test_codes_change_every_half_minute_and_only_then() -> None:
    at = [codes.mint(KEY, SESSION, MEETING, SALT, NOW + timedelta(seconds=n)) for n in (0, 29, 30, 60)]
    assert at[0] == at[1]
    assert len(set(at)) == 3
    assert codes.seconds_left(NOW) == 30
    assert codes.seconds_left(NOW + timedelta(seconds=29)) == 1


def test_code_is_drawn_as_svg() -> None:
    image = codes.drawn(codes.mint(KEY, SESSION, MEETING, SALT, NOW))
    assert image.startswith(b"<?xml")
    assert b"<svg" in image
