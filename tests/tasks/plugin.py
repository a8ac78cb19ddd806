"""The watch as a pytest plugin: the tests named in `proven.toml` are held to what is written there.

With ``TASKS_WATCH=folder`` every test is watched and what was seen is written there, a file for a process, for
``python -m tests.tasks.recorded folder``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tasks.proven import Claim, claims, later

if TYPE_CHECKING:
    from tests.tasks.watching import Seen, Watch


class TasksPlugin:
    """Hooks around each test's own part; its fixtures are watched too, as part of it."""

    def __init__(self, folder: str | None) -> None:
        self._file = Path(folder, f"{os.getpid()}.jsonl") if folder else None
        self._claims = claims()
        self._watch: Watch | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Installs the watch, which imports every service, where one of the tests needs it."""
        if self._file or any(item.nodeid in self._claims for item in session.items):
            from tests.tasks.watching import Watch

            self._watch = Watch()
            self._watch.install()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Listens while the test runs and its fixtures prepare it."""
        watch = self._watch
        if watch is not None and (self._file or item.nodeid in self._claims):
            watch.into = []
        try:
            return (yield)
        finally:
            if watch is not None:
                watch.into = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Fails a test in which a task was shown that could not be acted on, or a claim was not seen."""
        result = yield
        seen = self._watch.into if self._watch else None
        if seen is None:
            return result
        if self._file:
            with self._file.open("a", encoding="utf-8") as file:
                file.writelines(one.as_row(item.nodeid) + "\n" for one in sorted(set(seen)))
        else:
            judge(seen, self._claims[item.nodeid])
        return result


def judge(seen: list[Seen], named: frozenset[Claim]) -> None:
    """Raises AssertionError for a task shown in vain and for what the table says and nobody saw."""
    wrong = sorted({one for one in seen if one.outcome == "shown" and not later(one.kind, one.code)})
    assert wrong == [], f"tasks shown to somebody who may not act on them: {wrong}"
    missed = named - {Claim(one.kind, one.code) for one in seen if one.outcome in {"acted", "hidden"}}
    assert not missed, f"proven.toml names for this test, but it did not happen: {sorted(missed)}"
