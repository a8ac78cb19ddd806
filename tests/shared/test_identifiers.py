from datetime import date

import pytest
from hypothesis import given, strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.identifiers import (
    IdentifierError,
    UnifiedSocialCreditCode,
    check_identity_card,
    check_uscc,
    holds_identity_number,
    organisation_check_digit,
)
from tests.support.identifiers import make_uscc

_TODAY = date(2021, 3, 1)


@pytest.mark.parametrize("code", ["91110000600037341L", " 91110000600037341l "])
def test_a_genuine_code_is_accepted_in_capitals(code: str) -> None:
    assert check_uscc(code) == "91110000600037341L"


@pytest.mark.parametrize(
    ("body", "digit"), [("60003734", "1"), ("00000000", "0"), ("MA000000", "7"), ("D2143569", "X")]
)
def test_organisation_codes_check_by_gb_11714(body: str, digit: str) -> None:
    assert organisation_check_digit(body) == digit


@pytest.mark.parametrize("authority", list("123456789ANY"))
def test_every_registration_authority_is_known_also_those_that_are_letters(authority: str) -> None:
    code = make_uscc(7, authority=authority)
    assert check_uscc(code) == code


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "format"),
        ("9111000060003734", "format"),
        ("01110000600037341L", "format"),  # authority 0 does not exist
        ("B1110000600037341L", "format"),
        ("9111000060003734IL", "format"),  # I, O, S, V, Z are not used
        ("９１110000600037341L", "format"),
        ("91110000600037341M", "check_digit"),
        ("91110000600037342", "format"),
        (91110000600037341, "format"),
    ],
)
def test_codes_that_cannot_be_genuine_name_their_reason(code: object, reason: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        check_uscc(code)
    assert caught.value.reason == reason


def test_a_wrong_organisation_code_inside_a_right_outer_digit_is_refused() -> None:
    from stdnum.cn import uscc

    head = "91110000" + "60003734" + "2"
    code = head + uscc.calc_check_digit(head)
    assert uscc.is_valid(code)
    with pytest.raises(IdentifierError) as caught:
        check_uscc(code)
    assert caught.value.reason == "organisation_code"


@given(number=st.integers(0, 31**6 - 1), position=st.integers(2, 17), shift=st.integers(1, 9))
def test_one_wrong_digit_is_always_found(number: int, position: int, shift: int) -> None:
    code = make_uscc(number)
    if not code[position].isdigit():
        return
    wrong = code[:position] + str((int(code[position]) + shift) % 10) + code[position + 1 :]
    with pytest.raises(IdentifierError):
        check_uscc(wrong)


def test_the_type_refuses_a_wrong_code_as_a_validation_error() -> None:
    adapter: TypeAdapter[str] = TypeAdapter(UnifiedSocialCreditCode)
    assert adapter.validate_python(make_uscc(1)) == make_uscc(1)
    with pytest.raises(ValidationError):
        adapter.validate_python("91110000600037341M")


def _card(head: str) -> str:
    from stdnum.cn import ric

    return head + ric.calc_check_digit(head + "0")


def test_a_card_tells_the_birth_date() -> None:
    card = check_identity_card("360426199101010071", today=_TODAY)
    assert (card.born_on, card.place_known) == (date(1991, 1, 1), True)


@pytest.mark.parametrize("county", ["540199", "999999", "548888"])
def test_an_unknown_county_is_a_warning_and_no_crash(county: str) -> None:
    assert check_identity_card(_card(f"{county}19910101007"), today=_TODAY).place_known is False


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("360426910101007", "format"),
        ("36042619910101007x1", "format"),
        ("360426199101010072", "check_digit"),
        (_card("36042619911301007"), "birth_date"),
        (_card("36042620210302007"), "birth_in_future"),
        (None, "format"),
    ],
)
def test_cards_that_cannot_be_genuine_name_their_reason(number: object, reason: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        check_identity_card(number, today=_TODAY)
    assert caught.value.reason == reason


def test_a_birth_today_is_possible() -> None:
    assert check_identity_card(_card("36042620210301007"), today=_TODAY).born_on == _TODAY


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("11010519491231002X", True),
        ("11010519491231002x", True),
        ("身份证11010519491231002X号", True),
        ("X11010519491231002X", True),
        ("110105194912310021", False),
        ("111010519491231002X", False),
        ("11010519491331002X", False),
        ("91540100MA6T1ABC5X", False),
        ("01234567890123456789", False),
        ("拉科发〔2019〕12号", False),
    ],
)
def test_an_identity_number_is_found_in_the_middle_of_a_text(text: str, holds: bool) -> None:
    assert holds_identity_number(text) is holds
