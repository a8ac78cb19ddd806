from decimal import Decimal

import pytest
from hypothesis import given, strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.money import Money, PositiveMoney, SignedMoney, format_money, format_wan, parse_money, share_of

_FEN = st.integers(min_value=0, max_value=10**18 - 1)


class Grant(BaseModel):
    amount: Money


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", "0.00"),
        ("0.1", "0.10"),
        ("200000.00", "200000.00"),
        ("9999999999999999.99", "9999999999999999.99"),
    ],
)
def test_amounts_are_read_from_strings_and_get_two_decimals(text: str, amount: str) -> None:
    assert format_money(parse_money(text)) == amount


@pytest.mark.parametrize(
    "refused",
    [
        200000,
        200000.5,
        True,
        None,
        "",
        " 1",
        "1\n",
        "+1",
        "-1",
        "01",
        "1.",
        ".5",
        "1.001",
        "1e5",
        "1,000",
        "NaN",
        "Infinity",
        "１００",  # full-width digits
        "١٠",  # Arabic-Indic digits, which \d would accept
        "10000000000000000",
        Decimal("NaN"),
        Decimal("0.001"),
        Decimal("-1"),
    ],
)
def test_anything_but_a_plain_amount_is_refused(refused: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Money).validate_python(refused)


def test_a_json_number_is_refused() -> None:
    with pytest.raises(ValidationError):
        Grant.model_validate_json('{"amount": 200000.00}')


@given(_FEN)
def test_every_amount_survives_the_wire(fen: int) -> None:
    amount = Decimal(fen).scaleb(-2)
    wire = Grant(amount=amount).model_dump_json()
    assert Grant.model_validate_json(wire).amount == amount
    assert wire == f'{{"amount":"{fen // 100}.{fen % 100:02d}"}}'


def test_amounts_stay_decimals_inside() -> None:
    assert Grant(amount=Decimal("1.5")).model_dump() == {"amount": Decimal("1.50")}


def test_a_positive_amount_begins_at_one_fen() -> None:
    adapter = TypeAdapter(PositiveMoney)
    assert adapter.validate_python("0.01") == Decimal("0.01")
    with pytest.raises(ValidationError):
        adapter.validate_python("0.00")


def test_a_signed_amount_may_be_negative_and_has_no_negative_zero() -> None:
    adapter = TypeAdapter(SignedMoney)
    assert adapter.validate_python("-350.50") == Decimal("-350.50")
    assert adapter.dump_json(adapter.validate_python("-0.00")) == b'"0.00"'


def test_a_fraction_of_a_fen_is_never_written() -> None:
    with pytest.raises(ValueError, match="more than two decimals"):
        format_money(Decimal("0.005"))


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("200000.00", "20万元"),
        ("205000.00", "20.5万元"),
        ("0.00", "0万元"),
        ("0.01", "0.000001万元"),
        ("123456.70", "12.34567万元"),
        ("1000000.00", "100万元"),
        ("-50000.00", "-5万元"),
    ],
)
def test_people_read_wan_without_rounding(amount: str, text: str) -> None:
    assert format_wan(Decimal(amount)) == text


@given(fen=_FEN, percent=st.decimals(min_value=0, max_value=100, places=2))
def test_a_share_never_passes_its_percentage_and_misses_less_than_a_fen(fen: int, percent: Decimal) -> None:
    amount = Decimal(fen).scaleb(-2)
    share = share_of(amount, percent)
    assert 0 <= amount * percent - share * 100 < 1
