"""Amounts in yuan: decimals with two places, written as strings so that no binary fraction ever touches them."""

import re
from decimal import ROUND_DOWN, Decimal
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

ZERO = Decimal("0.00")
_FEN = Decimal("0.01")
_WAN = Decimal(10_000)
_UNSIGNED = r"(0|[1-9][0-9]{0,15})(\.[0-9]{1,2})?"
_AMOUNT = re.compile(_UNSIGNED)
_SIGNED_AMOUNT = re.compile(f"-?{_UNSIGNED}")


def _parse(value: object, pattern: re.Pattern[str]) -> Decimal:
    """Decimals come from the database and from rules, strings from everywhere else; a JSON number is refused."""
    if isinstance(value, Decimal) and value.is_finite():
        value = f"{value:f}"
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise PydanticCustomError(
            "money", 'an amount is a string of yuan with at most two decimals, such as "200000.00"'
        )
    amount = Decimal(value).quantize(_FEN)
    return amount if amount else ZERO


def parse_money(value: object) -> Decimal:
    """A non-negative amount. Raises ValueError for numbers, exponents, full-width digits, a third decimal or more
    than 16 digits before the point (the columns are numeric(18,2))."""
    return _parse(value, _AMOUNT)


def parse_signed_money(value: object) -> Decimal:
    """As `parse_money`, with a leading minus allowed."""
    return _parse(value, _SIGNED_AMOUNT)


def parse_positive_money(value: object) -> Decimal:
    """As `parse_money`; zero raises ValueError too."""
    amount = parse_money(value)
    if not amount:
        raise PydanticCustomError("money_positive", "the amount must be more than 0.00")
    return amount


def format_money(amount: Decimal) -> str:
    """The wire form, always with two decimals. Raises ValueError where a fraction of a fen would be lost."""
    if amount != amount.quantize(_FEN):
        raise ValueError(f"{amount} has more than two decimals")
    return f"{amount.quantize(_FEN):f}"


def format_wan(amount: Decimal) -> str:
    """Exact amount in 万元, for what people read: 200000.00 → 20万元, 123456.70 → 12.34567万元."""
    digits = f"{amount / _WAN:f}"
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}万元"


def share_of(amount: Decimal, percent: Decimal) -> Decimal:
    """`percent` of a non-negative amount, rounded down to the fen, so that a granted share never passes its limit."""
    return (amount * percent / 100).quantize(_FEN, rounding=ROUND_DOWN)


def _schema(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "examples": [example]})


_SERIALISED = PlainSerializer(format_money, return_type=str, when_used="json")

Money = Annotated[Decimal, BeforeValidator(parse_money), _SERIALISED, _schema(_UNSIGNED, "200000.00")]
PositiveMoney = Annotated[Decimal, BeforeValidator(parse_positive_money), _SERIALISED, _schema(_UNSIGNED, "200000.00")]
SignedMoney = Annotated[Decimal, BeforeValidator(parse_signed_money), _SERIALISED, _schema(f"-?{_UNSIGNED}", "-350.50")]
