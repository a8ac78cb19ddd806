"""The voucher's code: unguessable, and readable however it is typed."""

from __future__ import annotations

import pytest

from services.vouchers.vouchers.codes import CodeError, new_code, read_code, shown


def test_a_code_is_read_back_whatever_case_and_grouping_it_was_typed_in() -> None:
    code = new_code()
    assert read_code(shown(code)) == code
    assert read_code(f" {shown(code).lower()} ".replace("-", " ")) == code


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert read_code("oilOI" + "7" * 15) == "01101" + "7" * 15


@pytest.mark.parametrize("typed", ["", "7" * 19, "7" * 21, "U" * 20, "７" * 20, 7])
def test_anything_else_is_not_a_code(typed: object) -> None:
    with pytest.raises(CodeError):
        read_code(typed)


def test_codes_do_not_repeat_and_use_the_whole_alphabet() -> None:
    codes = {new_code() for _ in range(2000)}
    assert len(codes) == 2000
    assert len(set("".join(codes))) == 32
