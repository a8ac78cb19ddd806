"""A name as it is searched: its key, its terms of one and two characters, and the initials of its pinyin.

Terms answer "contains" by an index where PostgreSQL's own trigrams cannot: most Chinese searches are of two characters.
An initial's term has a mark before it and is therefore never a term of characters, which are at most two long.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from typing import Final

from pypinyin import Style, pinyin
from pypinyin.seg.mmseg import seg

MARK: Final = "~~"
BETWEEN: Final = ","
READINGS: Final = 3
"""How many initials a character has at most: a fourth is a reading of dictionaries, not of names."""

_CHINESE: Final = re.compile("([〇㐀-䶿一-鿿豈-\ufaff\U00020000-\U0003ffff]+)")


@dataclass(frozen=True, slots=True)
class NameTerms:
    """What is stored beside a name. `initials` has one place a character, with the initials of all its readings:
    行知 is `,xh,z,`."""

    key: str
    initials: str
    terms: tuple[str, ...]


def key_of(name: str) -> str:
    """The name without regard to case, full-width forms and spaces at its ends."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


@lru_cache(maxsize=64)
def terms_of(name: str) -> NameTerms:
    """The search columns of a name.

    A word of the dictionary has its own reading (重庆 is cq), a character outside such a word all its common ones, so
    that nobody has to know which the bureau meant. Letters and digits stand for themselves: "ABC科技" is found as
    `abckj`. Other characters, Tibetan among them, have no initial and are left out.
    """
    key = key_of(name)
    places = [place for run in _CHINESE.split(key) for place in _initials_of_run(run) if place]
    terms = {*_grams(key), *(MARK + gram for gram in _initial_grams(places))}
    joined = BETWEEN.join(("", *places, "")) if places else ""
    return NameTerms(key, joined, tuple(sorted(terms)))


def asks_for_initials(key: str) -> bool:
    """Whether a search, given as `key_of` it, is by initials: letters and digits of ASCII only."""
    return key.isascii() and key.isalnum()


def needed_terms(key: str) -> list[str]:
    """The terms that a name has if it contains the search; for one or two characters also only then."""
    mark = MARK if asks_for_initials(key) else ""
    grams = [key] if len(key) == 1 else [first + second for first, second in pairwise(key)]
    return sorted({mark + gram for gram in grams})


def initials_pattern(key: str) -> str:
    """The POSIX expression that finds a run of initials in `NameTerms.initials`. The key is alphanumeric ASCII."""
    return BETWEEN + "".join(f"[a-z0-9]*{letter}[a-z0-9]*{BETWEEN}" for letter in key)


def _grams(key: str) -> Iterator[str]:
    yield from key
    for first, second in pairwise(key):
        yield first + second


def _initial_grams(places: Sequence[str]) -> Iterator[str]:
    for place in places:
        yield from place
    for first, second in pairwise(places):
        for one, other in product(first, second):
            yield one + other


def _initials_of_run(run: str) -> Iterator[str]:
    if _CHINESE.fullmatch(run):
        for word in seg.cut(run):
            yield from _initials_of_word(word)
    else:
        yield from filter(_is_latin, run)


@lru_cache(maxsize=50_000)
def _initials_of_word(word: str) -> tuple[str, ...]:
    """The initials of each character of a word; a character that the dictionary lacks has none."""
    readings = pinyin(word, style=Style.FIRST_LETTER, heteronym=True, errors="ignore")
    return tuple("".join(filter(_is_latin, letters[:READINGS])) for letters in readings)


def _is_latin(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()
