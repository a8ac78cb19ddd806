"""Valid unified social credit codes of organisations that do not exist."""

from __future__ import annotations

from typing import Final

from stdnum.cn import uscc

from shared.identifiers import organisation_check_digit

_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_REGISTERED_AT: Final = {"540172": "540091", "540173": "540102", "540174": "540104", "LIUWU": "540103"}
"""Parks register under other divisions' numbers; firms of the economic zone carry 540091."""

ENTERPRISE, EARLIER, PROJECT = 0, 20_000_000, 30_000_000
OPERATOR, PARTNER, INVESTOR, PROVIDER = 40_000_000, 60_000_000, 70_000_000, 80_000_000
"""Where the running numbers of each kind of organisation begin."""


def credit_code(number: int, division: str) -> str:
    """The `number`-th enterprise's code: registered by market regulation (9), an enterprise (1), body from MA on."""
    body = "MA"
    for power in reversed(range(6)):
        body += _ALPHABET[number // len(_ALPHABET) ** power % len(_ALPHABET)]
    head = f"91{_REGISTERED_AT.get(division, division)}{body}{organisation_check_digit(body)}"
    return head + uscc.calc_check_digit(head)
