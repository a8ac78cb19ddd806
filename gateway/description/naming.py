"""Names that generated programs carry on: of operations, of schemas and of the groups that operations stand in."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

TAGS_FILE: Final = Path(__file__).with_name("tags.toml")

_NOT_WORD: Final = re.compile(r"\W")
_BETWEEN: Final = re.compile(r"[^A-Za-z0-9]+")
_MODULE: Final = re.compile(r"(?:services|gateway|shared)__(?P<path>[a-z0-9_]+?)__(?P<name>[A-Z].*)")
_NOISE: Final = frozenset({"Union", "Annotated"})
_MODULE_SUFFIX: Final = "schemas"


@cache
def tags() -> Mapping[str, str]:
    """What the resources are about, by the first segment of their paths."""
    named: dict[str, str] = tomllib.loads(TAGS_FILE.read_text("utf-8"))
    return named


def tag_of(path: str) -> str:
    """The first segment after the version: `/v1/grants/{grant_id}` is of `grants`."""
    return path.split("/", 3)[2]


def operation_ids(operations: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], str]:
    """The ids of operations given as path, method and the id that their service gave.

    The resource and what is done: `grants_apply_for_grant`. It depends on nothing but the operation itself, so that a
    new one never renames another; where one thing is done by several routes of a resource, the later ones tell their
    path as well.
    """
    named: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for path, method, given in sorted(operations):
        words = _NOT_WORD.sub("_", tag_of(path))
        done = given.removesuffix(f"{_NOT_WORD.sub('_', path)}_{method}")
        name = f"{words}_{_NOT_WORD.sub('_', done)}"
        if name in taken:
            name = _BETWEEN.sub("_", f"{name}_{path.split('/', 3)[-1]}_{method}")
        taken.add(name)
        named[path, method] = name
    return named


def schema_names(given: Iterable[str]) -> dict[str, str]:
    """Names for people instead of those that were made of Python's: `Page_GrantOut_` is `PageGrantOut`, and of two
    schemas of one name each has the room it belongs to before it."""
    names = list(given)
    chosen: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(names, key=lambda one: (_is_plain(one) is False, one)):
        for proposal in (_readable(name), _joined(name), name):
            if proposal not in taken:
                break
        chosen[name] = proposal
        taken.add(proposal)
    return chosen


def _is_plain(name: str) -> bool:
    return _BETWEEN.search(name) is None


def _readable(name: str) -> str:
    match = _MODULE.fullmatch(name)
    if match is None:
        return _joined(name)
    packages = [part for part in match["path"].split("__") if not part.endswith(_MODULE_SUFFIX)]
    if name.startswith("shared__"):
        packages = []
    elif len(packages) > 1:
        packages = packages[1:]
    return _joined("__".join([*packages, match["name"]]))


def _joined(name: str) -> str:
    if _is_plain(name):
        return name
    words = [word for word in _BETWEEN.split(name.replace("_", " ")) if word and word not in _NOISE]
    return "".join(word[0].upper() + word[1:] for word in words)
