"""Codes that others give out: unified social credit codes (GB 32100-2015) and resident identity cards (GB 11643)."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

# GB 32100-2015 table 1 with its amendments: A armed forces, N agriculture, Y others.
REGISTRATION_AUTHORITIES = "123456789ANY"

_CODE = r"[1-9ANY][1-9][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}"
_USCC = re.compile(_CODE)
_CARD = re.compile(r"[0-9]{17}[0-9X]")
_CARD_ANYWHERE = re.compile(
    r"(?<![0-9])[1-8][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X](?![0-9])"
)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


class IdentifierError(ValueError):
    """A code that cannot be genuine; `reason` is a stable word for messages and tests."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def organisation_check_digit(body: str) -> str:
    """Check character of the eight-character body of an organisation code (GB 11714-1997)."""
    total = sum(int(char, 36) * weight for char, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def check_uscc(value: object) -> str:
    """The code in capitals. Raises IdentifierError with reason `format`, `check_digit` or `organisation_code`.

    stdnum computes the outer check digit; its own `validate` knows neither the registration authorities that are
    letters nor the digit of the organisation code inside, so both are checked here.
    """
    code = value.strip().upper() if isinstance(value, str) and value.isascii() else ""
    if not _USCC.fullmatch(code):
        raise IdentifierError("format", "not the form of a unified social credit code (18 characters, GB 32100)")
    if uscc.calc_check_digit(code[:17]) != code[17]:
        raise IdentifierError("check_digit", "the check digit of the unified social credit code is wrong")
    if organisation_check_digit(code[8:16]) != code[16]:
        raise IdentifierError("organisation_code", "the organisation code inside the code has a wrong check digit")
    return code


UnifiedSocialCreditCode = Annotated[
    str,
    BeforeValidator(check_uscc),
    WithJsonSchema({"type": "string", "pattern": f"^{_CODE}$", "examples": ["91110000600037341L"]}),
]


@dataclass(frozen=True, slots=True)
class IdentityCard:
    """A card number that passed; `place_known` is false where the county code is in no table (a warning only:
    counties are renamed and re-coded more often than tables follow)."""

    number: str
    born_on: date
    place_known: bool


def check_identity_card(value: object, *, today: date) -> IdentityCard:
    """Raises IdentifierError with reason `format`, `check_digit`, `birth_date` or `birth_in_future`."""
    number = value.strip().upper() if isinstance(value, str) and value.isascii() else ""
    if not _CARD.fullmatch(number):
        raise IdentifierError("format", "an identity card number has 17 digits and a digit or X")
    if ric.calc_check_digit(number) != number[17]:
        raise IdentifierError("check_digit", "the check digit of the identity card number is wrong")
    try:
        born_on = ric.get_birth_date(number)
    except ValidationError as error:
        raise IdentifierError("birth_date", "the identity card number holds no possible date of birth") from error
    if born_on > today:
        raise IdentifierError("birth_in_future", "the date of birth in the identity card number is in the future")
    return IdentityCard(number, born_on, _place_known(number))


def holds_identity_number(text: str) -> bool:
    """Whether an identity card number stands anywhere in a text: a possible date of birth and the right check digit."""
    return any(ric.calc_check_digit(found) == found[17] for found in _CARD_ANYWHERE.findall(text.upper()))


def _place_known(number: str) -> bool:
    try:
        ric.get_birth_place(number)
    except (ValidationError, KeyError):  # KeyError: stdnum finds the prefecture and no county
        return False
    return True
