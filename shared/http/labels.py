"""What a reader of a file sees in place of a word that programs send: from the one catalogue `labels.toml`, the policy
editions and the service's own terms.

The catalogue says for each field in which vocabularies its words are looked up, in order:

* `edition.<path>`: the titles of an edition's entries; `*` stands for every entry, `*_x` for every name ending in `_x`,
* `words.<table>`: a table of the catalogue itself,
* `terms`: the terms of the service's messages,

or, under `plain`, that the field holds no words. A word that no vocabulary has stays as it is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from shared.http.messages import Language, Messages
from shared.policy.edition import Edition

CATALOGUE: Final = Path(__file__).with_name("labels.toml")
_EVERYWHERE: Final = "fields"
_ENDING: Final = "*_"


@cache
def _catalogue() -> dict[str, Any]:
    return tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))


def vocabularies(model: str | None, field: str) -> tuple[str, ...]:
    """Where the words of the field are looked up; none for a field that holds no words."""
    models = _catalogue()["models"]
    return tuple(models.get(model or "", {}).get(field) or _catalogue()[_EVERYWHERE].get(field, ()))


def classified(model: str | None, field: str) -> bool:
    """Whether the catalogue says what the field holds."""
    return bool(vocabularies(model, field)) or field in _catalogue()["plain"]


class Labels:
    """The words of one service in one language."""

    def __init__(self, editions: Iterable[Edition], messages: Messages | None, language: Language) -> None:
        self._editions = tuple(editions)
        self._messages = messages
        self.language: Final[Language] = language
        self._known: dict[str, dict[str, str]] = {}

    def of(self, model: str | None, field: str, word: str) -> str | None:
        """The label of a word in a field of a model; None where no vocabulary has it."""
        labels = (self._label(source, word) for source in vocabularies(model, field))
        return next((label for label in labels if label is not None), None)

    def _label(self, source: str, word: str) -> str | None:
        if source == "terms":
            return None if self._messages is None else self._messages.term(word, self.language)
        if source not in self._known:
            words: dict[str, str] = {}
            for known, label in self._read(source):
                words.setdefault(known, label)
            self._known[source] = words
        return self._known[source].get(word)

    def _read(self, source: str) -> Iterator[tuple[str, str]]:
        kind, _, path = source.partition(".")
        if kind == "words":
            for word, texts in _catalogue()["words"][path].items():
                yield word, texts[self.language]
        else:
            for edition in self._editions:
                for entries in _reached([edition], path.split(".")):
                    yield from _titles(entries, self.language)


def _reached(things: Iterable[object], path: Sequence[str]) -> Iterable[object]:
    for name in path:
        things = [entry for thing in things for entry in _entries(thing, name)]
    return things


def _entries(thing: object, name: str) -> Iterator[object]:
    """What a name of a path leads to; nothing where an edition has no such section."""
    if isinstance(thing, BaseModel):
        fields = type(thing).model_fields
        if name.startswith("*"):
            ending = name[1:] if name.startswith(_ENDING) else ""
            yield from (getattr(thing, field) for field in fields if field.endswith(ending))
        elif name in fields:
            yield getattr(thing, name)
    elif isinstance(thing, Mapping):
        yield from thing.values() if name == "*" else [thing[name]] if name in thing else []


def _titles(entries: object, language: Language) -> Iterator[tuple[str, str]]:
    if isinstance(entries, Mapping):
        named: Iterable[tuple[object, object]] = entries.items()
    elif isinstance(entries, Sequence) and not isinstance(entries, str):
        named = ((getattr(entry, "id", None), entry) for entry in entries)
    else:
        return
    for word, entry in named:
        names = getattr(entry, "names", None)
        titled = names[-1] if names else entry
        title = getattr(titled, f"title_{language}", None)
        if isinstance(word, str) and isinstance(title, str):
            yield word, title
