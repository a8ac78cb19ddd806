"""Which passwords are taken: long ones that are neither known to everybody nor made of what is known of their owner."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from gateway.accounts.rules import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH
from gateway.breached.lists import NO_FILE, BreachList, is_frequent, smallest_unit
from shared.errors import DomainError

_OURS: Final = frozenset({"mengchuang", "萌创", "lhasa", "拉萨", "password", "密码", "administrator"})
_SHORTEST_WORD: Final = 3
_SPLIT = re.compile(r"[._@\-\s]+")


def check_password(password: str, username: str, context: Iterable[str | None] = ()) -> None:
    """Refuse a password by its length, by the short list, or if it is little more than its context: the user name, the
    organisation, this system (NIST SP 800-63B, 3.1.1.2). Raises 422 `password-too-weak`, `password-too-simple` or
    `password-known`.
    """
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise DomainError(
            "password-too-weak", 422, params={"minimum": MIN_PASSWORD_LENGTH, "maximum": MAX_PASSWORD_LENGTH}
        )
    folded = password.casefold()
    rest = _without(folded, [username, *_SPLIT.split(username), *context, *_OURS])
    if len(set(folded)) < 4 or len(smallest_unit(folded)) < 4 or len(rest) < MIN_PASSWORD_LENGTH // 2:
        raise DomainError("password-too-simple", 422)
    if is_frequent(password):
        raise DomainError("password-known", 422)


async def judge_password(
    password: str, username: str, context: Iterable[str | None] = (), *, breached: BreachList = NO_FILE
) -> None:
    """`check_password`, and the operator's list. Raises 422 `password-known` for what is on it."""
    check_password(password, username, context)
    if await breached.holds(password):
        raise DomainError("password-known", 422)


def _without(text: str, words: Iterable[str | None]) -> str:
    """The letters and digits that are left when these words are taken out, the longest first."""
    known = sorted({word.casefold() for word in words if word and len(word) >= _SHORTEST_WORD}, key=len, reverse=True)
    for word in [*known, *(word for word in _OURS if len(word) < _SHORTEST_WORD)]:
        text = text.replace(word, "")
    return "".join(character for character in text if character.isalnum())
