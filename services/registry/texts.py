"""Texts in which no mobile number may stand: what others read names offices, not people."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

_MOBILE: Final = re.compile(r"(?<![0-9])(?:\+?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}(?![0-9])")


def check_no_mobile(text: str) -> str:
    """Raises PydanticCustomError `mobile_number`, also for full-width digits and numbers written in groups."""
    if _MOBILE.search(unicodedata.normalize("NFKC", text)):
        raise PydanticCustomError("mobile_number", "a mobile number is a person's")
    return text


NoMobile: Final = AfterValidator(check_no_mobile)
