"""The request that is being answered, for what deep below depends on it: the reader's language, the editions loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from shared.http.messages import Language, preferred_language
from shared.http.problems import Problems
from shared.policy.edition import Editions


@dataclass(slots=True)
class Asking:
    """One request. `in_language` once something of its answer was said in the reader's language."""

    problems: Problems
    language: Language
    editions: Editions | None
    in_language: bool = False


_CURRENT: Final[ContextVar[Asking | None]] = ContextVar("asking", default=None)


def current() -> Asking | None:
    """None outside a request."""
    return _CURRENT.get()


@contextmanager
def asking(request: Request) -> Iterator[Asking]:
    """As long as the request is answered; one answer, one task."""
    state = request.app.state
    language = preferred_language(request.headers.get("accept-language"))
    one = Asking(state.problems, language, getattr(state.runtime, "editions", None))
    token = _CURRENT.set(one)
    try:
        yield one
    finally:
        _CURRENT.reset(token)
