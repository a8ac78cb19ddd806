"""Codes and measures of the registry's forms."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

_SECTIONS: Final = {
    "A": (1, 5),
    "B": (6, 12),
    "C": (13, 43),
    "D": (44, 46),
    "E": (47, 50),
    "F": (51, 52),
    "G": (53, 60),
    "H": (61, 62),
    "I": (63, 65),
    "J": (66, 69),
    "K": (70, 70),
    "L": (71, 72),
    "M": (73, 75),
    "N": (76, 79),
    "O": (80, 82),
    "P": (83, 83),
    "Q": (84, 85),
    "R": (86, 90),
    "S": (91, 96),
    "T": (97, 97),
}
"""GB/T 4754-2017: the divisions (first two digits) of each section."""

_INDUSTRY: Final = re.compile(r"([A-T])([0-9]{2})[0-9]{2}")
_PERSON: Final = re.compile(r"[A-Za-z0-9_-]{3,64}")
_IDENTITY_NUMBER: Final = re.compile(r"[0-9]{15}|[0-9]{17}[0-9Xx]")


def check_industry_code(code: str) -> str:
    """Section letter and four digits that belong to it. Raises PydanticCustomError `industry_code`."""
    match = _INDUSTRY.fullmatch(code)
    if match is None or not _in_section(match.group(1), int(match.group(2))):
        raise PydanticCustomError("industry_code", "not a code of GB/T 4754-2017")
    return code


def _in_section(section: str, division: int) -> bool:
    first, last = _SECTIONS[section]
    return first <= division <= last


def check_person_ref(reference: str) -> str:
    """An opaque reference. Raises PydanticCustomError `person_ref`, also for anything in the form of an identity
    number: those stay out of events."""
    if not _PERSON.fullmatch(reference) or _IDENTITY_NUMBER.fullmatch(reference):
        raise PydanticCustomError("person_ref", "not an opaque reference to a person")
    return reference


def two_places(area: Decimal) -> Decimal:
    """1000 as 1000.00."""
    return area.quantize(Decimal("0.01"))


IndustryCode = Annotated[str, AfterValidator(check_industry_code), Field(examples=["I6510"])]
PersonRef = Annotated[str, AfterValidator(check_person_ref)]
Area = Annotated[
    Decimal, Field(gt=0, max_digits=10, decimal_places=2, examples=["3200.00"]), AfterValidator(two_places)
]
"""Square metres, at most two decimals."""

AreaOut = Annotated[Decimal, PlainSerializer(lambda area: str(two_places(area)), return_type=str, when_used="json")]
"""Square metres with two places, as the database keeps them, also those that were stored as they were sent."""

Name = Annotated[str, Field(min_length=1, max_length=200)]
"""Chinese or Tibetan script, one field, no split into parts."""

DocumentNo = Annotated[str, Field(min_length=1, max_length=100, examples=["拉科发〔2019〕12号"])]
ReasonCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,63}$")]
Remark = Annotated[str, Field(min_length=1, max_length=2000)]
Evidence = Annotated[str, Field(min_length=1, max_length=200)]
"""A reference to a document: its number, or where it is kept."""
