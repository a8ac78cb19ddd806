"""Inputs that nobody sends who means well: for each place, and for bodies as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from tests.fuzz.described import JSON, Json, Where, replaced

MARK: Final = "Qzxj7"
"""In every text sent: found in no table afterwards, wherever the text had to be refused."""
MILLION: Final = 1_000_000
LARGE: Final = frozenset(
    {"a million characters", "a hundred thousand fields", "nested a hundred thousand deep", "six thousand characters"}
)
"""Inputs that may be refused for nothing but their size."""

_NFD: Final = "Cafe\N{COMBINING ACUTE ACCENT}"
_HIDDEN: Final[dict[str, str]] = {
    "NUL": "\x00",
    "escape": "\x1b",
    "C1 control": "\x85",
    "lone high surrogate": "\ud800",
    "lone low surrogate": "\udfff",
    "surrogates the wrong way round": "\udc00\ud800",
    **{f"bidi U+{point:04X}": chr(point) for point in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))},
    "left-to-right mark": "\u200e",
    "zero width space": "\u200b",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
}
_TYPES: Final[dict[str, object]] = {
    "true": True,
    "a number": 7,
    "negative": -1,
    "a fraction": 0.5,
    "an array": [],
    "an object": {},
    "an array of arrays": [[[]]],
    "a prototype": {"__proto__": {"admin": True}, "constructor": {"prototype": {}}},
    "a text": MARK,
    "a number as a text": "7",
    "full-width digits": "\uff17",
    "an underscore": "1_0",
    "a word for yes": "yes",
    "NaN as a text": "NaN",
    "Infinity as a text": "Infinity",
    "1e400 as a text": "1e400",
    "seconds as a text": "1560470400",
    "nothing": "",
    "blanks": " \t ",
}
_RAW_NUMBERS: Final[dict[str, str]] = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "minus Infinity": "-Infinity",
    "1e400": "1e400",
    "10**400": "1" + "0" * 400,
    "10**5000": "1" + "0" * 5000,
    "2**63": str(2**63),
    "negative zero": "-0.0",
    "1e-400": "1e-400",
    "a leading zero": "007",
    "hexadecimal": "0x10",
}
_TAKEN_AS: Final[dict[str, frozenset[str]]] = {
    "integer": frozenset({"a number", "negative"}),
    "number": frozenset({"a number", "negative", "a fraction"}),
    "boolean": frozenset({"true"}),
    "array": frozenset({"an array", "an array of arrays"}),
    "object": frozenset({"an object", "a prototype"}),
    "string": frozenset(
        {"a text", "nothing", "blanks", "a number as a text", "full-width digits", "an underscore", "a word for yes",
         "NaN as a text", "Infinity as a text", "1e400 as a text", "seconds as a text"}
    ),
}  # fmt: skip
_NEVER_JSON: Final = frozenset({"NaN", "Infinity", "minus Infinity", "a leading zero", "hexadecimal"})


@dataclass(frozen=True, slots=True)
class Input:
    """What is sent in one place or as the whole body; `refused`: nobody may take it, whatever else is right."""

    name: str
    written: bytes | Callable[[], bytes]
    refused: bool
    content_type: str = JSON

    @property
    def large(self) -> bool:
        """Whether its size alone is a reason."""
        return self.name in LARGE

    @property
    def content(self) -> bytes:
        """The bytes; large ones are made only now."""
        return self.written if isinstance(self.written, bytes) else self.written()


def _json(value: object) -> bytes:
    """Lone surrogates go as escapes, as JSON allows."""
    return json.dumps(value, ensure_ascii=True).encode()


def _with(body: Any, where: Where, value: object) -> Callable[[], bytes]:
    return lambda: _json(replaced(body, where, value))


def _raw(body: Any, where: Where, text: bytes) -> Callable[[], bytes]:
    """The body with something at one place that `json` would not write."""
    return lambda: _json(replaced(body, where, f"{MARK}0")).replace(f'"{MARK}0"'.encode(), text)


def _long(body: Any, where: Where) -> bytes:
    return _json(replaced(body, where, MARK + "x" * MILLION))


def _many_fields() -> bytes:
    return _json({f"{MARK}{number}": 1 for number in range(100_000)})


def for_field(body: Any, where: Where, kinds: list[Json]) -> Iterator[Input]:
    """Bodies with one place changed, all else as it should be. `kinds` are what the place takes."""
    types = {kind.get("type", "any") for kind in kinds} or {"any"}
    free = "any" in types
    for name, hidden in _HIDDEN.items():
        yield Input(name, _with(body, where, f"{MARK}{hidden}x"), refused=True)
    yield Input("decomposed", _with(body, where, f"{_NFD}{MARK}"), refused=False)
    yield Input("a million characters", partial(_long, body, where), refused=True)
    taken = {name for kind in types for name in _TAKEN_AS.get(kind, ())}
    strict = all(
        kind.get("type") == "string" and (kind.get("format", "password") != "password" or "enum" in kind)
        for kind in kinds
    )
    for name, value in _TYPES.items():
        refused = not free and (name not in taken or strict)
        yield Input(name, _with(body, where, value), refused=refused)
    for name, text in _RAW_NUMBERS.items():
        number = types & {"integer", "number"} or free
        refused = name in _NEVER_JSON or not number or name in ("10**400", "10**5000", "1e400", "2**63")
        yield Input(name, _raw(body, where, text.encode()), refused=refused and not (free and name == "2**63"))


def for_body(body: Any, objects: list[Where]) -> Iterator[Input]:
    """Whole bodies that no route takes."""
    plain = _json(body)
    yield Input("a text as the body", _json(MARK), refused=True)
    yield Input("a number as the body", b"7", refused=True)
    yield Input("an array as the body", b"[" + plain + b"]", refused=True)
    yield Input("half a body", plain[:-1], refused=True)
    yield Input("two bodies", plain + plain, refused=True)
    yield Input("UTF-16", plain.decode().encode("utf-16"), refused=True)
    yield Input("UTF-32", plain.decode().encode("utf-32"), refused=True)
    yield Input("a byte order mark first", b"\xef\xbb\xbf" + plain, refused=True)
    yield Input("bytes that are no UTF-8", b'{"' + b"\xff\xfe" + b'": 1}', refused=True)
    yield Input("surrogates in UTF-8", b'{"a": "\xed\xa0\x80"}', refused=True)
    yield Input("nested a hundred thousand deep", lambda: b"[" * 100_000 + b"]" * 100_000, refused=True)
    yield Input("objects a thousand deep", b'{"a":' * 1000 + b"1" + b"}" * 1000, refused=True)
    yield Input("a hundred thousand fields", _many_fields, refused=True)
    yield Input("text/plain", plain, refused=True, content_type="text/plain")
    yield Input("a form", b"a=1&b=2", refused=True, content_type="application/x-www-form-urlencoded")
    yield Input("XML", b"<a/>", refused=True, content_type="application/xml")
    yield Input("a form without parts", b"--x--\r\n", refused=True, content_type="multipart/form-data; boundary=x")
    yield Input("another charset", plain, refused=False, content_type="application/json; charset=utf-16")
    yield Input("null as the body", b"null", refused=False)
    yield Input("an empty object", b"{}", refused=False)
    for where in objects:
        inner: Any = body
        for step in where:
            inner = inner[step]
        shown = ".".join(map(str, where)) or "the top"
        more, proto = {**inner, f"{MARK}_unknown": 1}, {**inner, "__proto__": {"admin": True}}
        yield Input(f"an unknown field in {shown}", _with(body, where, more), refused=True)
        yield Input(f"__proto__ in {shown}", _with(body, where, proto), refused=True)
        if inner:
            first = next(iter(inner))
            twice = _json(inner)[:-1] + b", " + _json(first) + b": " + _json(inner[first]) + b"}"
            yield Input(f"a field twice in {shown}", _raw(body, where, twice), refused=True)


def for_parameter(kind: str, schema_types: set[str]) -> Iterator[Input]:
    """What a query, path or header parameter is set to, as the bytes on the wire."""
    hidden = {name: f"{MARK}{sign}x" for name, sign in _HIDDEN.items() if not "\ud800" <= sign[0] <= "\udfff"}
    texts = [name for name in _TYPES if isinstance(_TYPES[name], str)]
    if kind == "header":
        yield Input("a tab", f"{MARK}\tx".encode(), refused=False)
        yield Input("bytes above ASCII", b"\xff\xfe\x80" + MARK.encode(), refused=False)
        yield Input("UTF-8", f"{MARK}é虚构".encode(), refused=False)
        yield Input("six thousand characters", b"x" * 6000, refused=False)
    else:
        numbers = bool(schema_types & {"integer", "number"})
        for name, text in hidden.items():
            yield Input(name, quote(text, safe="").encode(), refused=True)
        yield Input("a surrogate in UTF-8", b"%ED%A0%80" + MARK.encode(), refused=False)
        yield Input("bytes that are no UTF-8", b"%FF%FE" + MARK.encode(), refused=False)
        yield Input("decomposed", quote(_NFD).encode(), refused=False)
        yield Input("six thousand characters", b"x" * 6000, refused=False)
        yield Input("half an escape", b"%E4%B8", refused=False)
        yield Input("a slash and dots", b"..%2F..%2Fetc%2Fpasswd", refused=False)
        if numbers:
            for name in ("NaN", "1e400", "10**400", "2**63"):
                yield Input(name, _RAW_NUMBERS[name].encode(), refused=True)
    for name in texts:
        value = str(_TYPES[name])
        if kind == "path" and not value.strip():
            continue
        yield Input(name, quote(value, safe="").encode() if kind != "header" else value.strip().encode(), refused=False)
