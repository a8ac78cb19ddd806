"""Valid codes of enterprises that do not exist."""

from stdnum.cn import ric, uscc

from shared.identifiers import organisation_check_digit

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def make_uscc(number: int, *, division: str = "540102", authority: str = "9", category: str = "1") -> str:
    """The `number`-th valid code of the division; the organisation code's body begins with MA as new ones do."""
    body = "MA"
    for power in reversed(range(6)):
        body += _ALPHABET[number // len(_ALPHABET) ** power % len(_ALPHABET)]
    head = f"{authority}{category}{division}{body}{organisation_check_digit(body)}"
    return head + uscc.calc_check_digit(head)


def make_identity_card(number: int, *, division: str = "540102", born_on: str = "19900101") -> str:
    """The `number`-th valid resident identity card number of the division and day of birth (0 to 999)."""
    head = f"{division}{born_on}{number:03}"
    return head + ric.calc_check_digit(head + "0")
