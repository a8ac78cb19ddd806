"""What `proven.toml` says: for each kind of task the test in which it is found and its step done, and for each reason
to refuse the step the test in which it is refused and the task not found.

    [grant_to_review]
    done = "tests/finance/test_tasks.py::test_a_grant_waits_for_each_step_s_people"
    four-eyes-required = "tests/finance/..."
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

FILE: Final = Path(__file__).with_name("proven.toml")
LATER: Final = Path(__file__).with_name("later.toml")
DONE: Final = "done"


class Claim(NamedTuple):
    """A kind, and the refusal's code; an empty one for a step that was done."""

    kind: str
    code: str


@cache
def table() -> Mapping[str, Mapping[str, str]]:
    """The file as it stands."""
    return tomllib.loads(FILE.read_text("utf-8"))


def claims() -> Mapping[str, frozenset[Claim]]:
    """What each test stands for, by its node id."""
    found: defaultdict[str, set[Claim]] = defaultdict(set)
    for kind, nodes in table().items():
        for code, node in nodes.items():
            found[node].add(Claim(kind, "" if code == DONE else code))
    return {node: frozenset(named) for node, named in found.items()}


@cache
def _later() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(LATER.read_text("utf-8"))


def later(kind: str, code: str) -> bool:
    """Whether this refusal is about what was sent, not about who sent it or when: the person may act on the task with
    another request. `later.toml` gives the reason for each, for all kinds under ``any``."""
    return code in _later()["any"] or code in _later().get(kind, {})
