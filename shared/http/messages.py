"""Texts people read, by code and language, from ``messages.toml`` files.

A file holds ``[<code>]`` with ``title.zh``, ``title.en``, ``detail.zh``, ``detail.en``; ``[fields.<type>]`` with
``zh`` and ``en`` for one field's fault; ``[terms.<value>]`` with ``zh`` and ``en`` for values that a text shows
(a kind of thing, a state). ``{name}`` stands for a parameter.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["zh", "en"]

COMMON: Final = Path(__file__).parent.parent / "messages.toml"
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
CONTENT_LANGUAGE: Final[Mapping[Language, str]] = {"zh": "zh-CN", "en": "en"}

_PLACEHOLDER: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_RESERVED: Final = ("fields", "terms")
_CODES_TO_SEND: Final = "expected"
"""The parameter with the values that a field may have: whoever reads it has to send one of them."""


class IncompleteMessages(ValueError):
    """A messages file lacks a text in one of the languages, or defines a code twice."""


@dataclass(frozen=True, slots=True)
class Text:
    """One language's title and detail, placeholders still in them."""

    title: str
    detail: str


def preferred_language(accept_language: str | None) -> Language:
    """Chinese unless the caller ranks English higher (RFC 9110, 12.5.4)."""
    ranks = {"zh": 0.0, "en": 0.0}
    for part in (accept_language or "").split(","):
        tag, _, parameters = part.strip().partition(";")
        primary = tag.strip().lower().split("-", 1)[0]
        if primary in ranks:
            ranks[primary] = max(ranks[primary], _quality(parameters))
    return "en" if ranks["en"] > ranks["zh"] else "zh"


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


class Messages:
    """The texts of one application: the common ones and the service's own."""

    def __init__(self) -> None:
        self._codes: dict[str, dict[Language, Text]] = {}
        self._fields: dict[str, dict[Language, str]] = {}
        self._terms: dict[str, dict[Language, str]] = {}

    @classmethod
    def load(cls, *paths: Path) -> Messages:
        """Read the common file and then the given ones. Raises IncompleteMessages, and OSError if one is missing."""
        messages = cls()
        for path in (COMMON, *paths):
            messages._add(path)
        return messages

    def __contains__(self, code: str) -> bool:
        return code in self._codes

    def text(self, code: str, language: Language, params: Mapping[str, object]) -> Text:
        """The filled-in text; the code itself where no text is known."""
        known = self._codes.get(code)
        if known is None:
            return Text(title=code, detail="")
        text = known[language]
        return Text(self.fill(text.title, language, params), self.fill(text.detail, language, params))

    def field(self, fault: str, language: Language, params: Mapping[str, object]) -> str:
        """What is wrong with one field, by the validator's error type; a general text for an unknown one."""
        texts = self._fields.get(fault) or self._fields["invalid"]
        return self.fill(texts[language], language, params)

    def term(self, value: str, language: Language) -> str | None:
        """The word that people use for a value, None where there is none."""
        texts = self._terms.get(value)
        return None if texts is None else texts[language]

    def fill(self, text: str, language: Language, params: Mapping[str, object]) -> str:
        """Put the parameters in; a placeholder without one stays as it is, and so do codes that are to be sent."""

        def value_of(match: re.Match[str]) -> str:
            name = match.group(1)
            if name == _CODES_TO_SEND:
                return str(params.get(name, match.group(0)))
            return self._shown(params[name], language, name) if name in params else match.group(0)

        return _PLACEHOLDER.sub(value_of, text)

    def _shown(self, value: object, language: Language, name: str = "") -> str:
        if isinstance(value, str):
            return self._worded(value, language, name)
        if value is None:
            return self._worded("null", language)
        if isinstance(value, bool):
            return self._worded(str(value).lower(), language)
        if isinstance(value, Decimal):
            return f"{value:,f}"
        if isinstance(value, date | datetime):
            return value.isoformat()
        if isinstance(value, Sequence):
            return ("、" if language == "zh" else ", ").join(self._shown(item, language, name) for item in value)
        return str(value)

    def _worded(self, value: str, language: Language, name: str = "") -> str:
        """A word of the software in the reader's language, or several with commas between, as decisions keep them. A
        term `<parameter>.<value>` is for that parameter alone, where the word means something else elsewhere."""
        words = value.split(", ")
        terms = [self._terms.get(f"{name}.{word}") or self._terms.get(word) for word in words]
        known = [term[language] for term in terms if term is not None]
        return ("、" if language == "zh" else ", ").join(known) if len(known) == len(words) else value

    def _add(self, path: Path) -> None:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
        for fault, texts in entries.get("fields", {}).items():
            self._fields[fault] = _both(texts, f"{path.name}: fields.{fault}")
        for value, texts in entries.get("terms", {}).items():
            self._terms[value] = _both(texts, f"{path.name}: terms.{value}")
        for code, entry in entries.items():
            if code in _RESERVED:
                continue
            if code in self._codes:
                raise IncompleteMessages(f"{path.name}: {code} is defined twice")
            titles = _both(entry.get("title"), f"{path.name}: {code}.title")
            details = _both(entry.get("detail"), f"{path.name}: {code}.detail")
            self._codes[code] = {language: Text(titles[language], details[language]) for language in LANGUAGES}


def _both(texts: object, where: str) -> dict[Language, str]:
    if not isinstance(texts, dict) or set(texts) != set(LANGUAGES) or not all(map(_is_text, texts.values())):
        raise IncompleteMessages(f"{where} needs zh and en")
    return {language: texts[language] for language in LANGUAGES}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
