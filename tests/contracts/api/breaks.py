"""What a new description takes away from programs that were written for an old one, each break by a name.

What programs send may become freer and never stricter; what they receive may gain fields and never lose any, nor take
values that were not said before: generated programs refuse those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from shared.http.limits import LEAST, MAX_ITEMS, MAX_TEXT, MOST
from tests.contracts.api.digest import Digest, Json

_LEAST = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
_MOST = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
_CEILINGS = {"maxLength": MAX_TEXT, "maxItems": MAX_ITEMS, "maxProperties": MAX_ITEMS, "maximum": MOST}
_FLOORS = {"minimum": LEAST}
"""What holds for everything breaks nothing where it comes to be said."""
_ANYTHING = "anything"


def breaks(old: Digest, new: Digest) -> list[str]:
    """All of them, in order; a break within a schema is named once for all operations that have it."""
    return sorted(set(_Comparison(old, new).all()))


@dataclass(slots=True)
class _Comparison:
    old: Digest
    new: Digest
    seen: dict[tuple[str, str, bool], list[str]] = field(default_factory=dict)

    def all(self) -> Iterator[str]:
        for name, operation in self.old.operations.items():
            if name not in self.new.operations:
                yield f"{name}: gone"
            else:
                yield from self._operation(name, operation, self.new.operations[name])

    def _operation(self, name: str, old: Json, new: Json) -> Iterator[str]:
        if old["id"] != new["id"]:
            yield f"{name}: operationId is {new['id']}, was {old['id']}"
        for way in sorted(set(old["ways"]) - set(new["ways"])):
            yield f"{name}: no longer open to {way}"
        if new.get("roles") and "nobody" not in new["ways"]:
            for role in sorted(set(old.get("roles", ())) - set(new["roles"])):
                yield f"{name}: no longer open to the role {role}"
        yield from self._parameters(name, old["parameters"], new["parameters"])
        yield from self._body(name, old.get("body"), new.get("body"))
        for status, content in old["answers"].items():
            if status not in new["answers"]:
                yield f"{name}: no longer answers {status}"
                continue
            for form, schema in content.items():
                if form not in new["answers"][status]:
                    yield f"{name} {status}: no longer answers {form}"
                else:
                    yield from self._schema(f"{name} {status}", schema, new["answers"][status][form], sent=False)

    def _parameters(self, name: str, old: Json, new: Json) -> Iterator[str]:
        for parameter, (required, schema) in old.items():
            if parameter not in new:
                yield f"{name}: {parameter} gone"
                continue
            if new[parameter][0] and not required:
                yield f"{name}: {parameter} is required now"
            yield from self._schema(f"{name} {parameter}", schema, new[parameter][1], sent=True)
        for parameter in sorted(set(new) - set(old)):
            if new[parameter][0]:
                yield f"{name}: {parameter} is new and required"

    def _body(self, name: str, old: Any, new: Any) -> Iterator[str]:
        if new is None:
            if old is not None:
                yield f"{name}: takes no body any more"
            return
        if new[0] and (old is None or not old[0]):
            yield f"{name}: the body is required now"
        for form, schema in (old[1] if old else {}).items():
            if form not in new[1]:
                yield f"{name}: no longer takes {form}"
            else:
                yield from self._schema(f"{name} body", schema, new[1][form], sent=True)

    def _schema(self, where: str, old: Json, new: Json, *, sent: bool) -> list[str]:
        """Breaks from one schema to another; `sent` says that programs send it."""
        before, after = _choices(old), _choices(new)
        found: list[str] = []
        for choice in before if sent else after:
            fits = after if sent else before
            outcomes: list[list[str]] = [
                self._choice(where, choice, other, sent) if sent else self._choice(where, other, choice, sent)
                for other in fits
                if self._same_kind(choice, other)
            ]
            if not outcomes:
                found.append(f"{where}: {'no longer takes' if sent else 'may now be'} {self._kind(choice)}")
            else:
                found += sorted(outcomes, key=_length)[0]
        return found

    def _choice(self, where: str, old: Json, new: Json, sent: bool) -> list[str]:
        if "$ref" not in old or "$ref" not in new:
            return list(self._plain(where, self._resolved(old, new=False), self._resolved(new, new=True), sent))
        pair = (old["$ref"], new["$ref"], sent)
        if pair not in self.seen:
            self.seen[pair] = []
            name = f"{old['$ref']} ({'sent' if sent else 'received'})"
            resolved = (self._resolved(old, new=False), self._resolved(new, new=True))
            if "anyOf" in resolved[0] or "anyOf" in resolved[1]:
                self.seen[pair] = self._schema(name, *resolved, sent=sent)
            else:
                self.seen[pair] = list(self._plain(name, *resolved, sent))
        return self.seen[pair]

    def _plain(self, where: str, old: Json, new: Json, sent: bool) -> Iterator[str]:
        yield from _values(where, old, new, sent)
        if sent:
            yield from _limits(where, old, new)
        elif old.get("format") != new.get("format") and "format" in old:
            yield f"{where}: format is {new.get('format')}, was {old['format']}"
        yield from self._fields(where, old, new, sent)
        yield from self._parts(where, old, new, sent)

    def _fields(self, where: str, old: Json, new: Json, sent: bool) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed, needs = set(old.get("required", ())), set(new.get("required", ()))
        for name, schema in before.items():
            if name not in after:
                if not sent or new.get("additionalProperties") is False:
                    yield f"{where}: field {name} gone"
                continue
            if not sent and name in needed - needs:
                yield f"{where}: field {name} may be missing now"
            yield from self._schema(f"{where}.{name}", schema, after[name], sent=sent)
        if sent:
            for name in sorted(needs - needed):
                yield f"{where}: field {name} is required now"

    def _parts(self, where: str, old: Json, new: Json, sent: bool) -> Iterator[str]:
        for key in ("items", "additionalProperties"):
            before, after = old.get(key), new.get(key)
            if isinstance(before, Mapping) and isinstance(after, Mapping):
                yield from self._schema(f"{where}[]", dict(before), dict(after), sent=sent)
            elif sent and key == "additionalProperties" and before not in (None, False) and after is False:
                yield f"{where}: no longer takes fields by other names"
        before, after = old.get("prefixItems", []), new.get("prefixItems", [])
        if len(before) != len(after):
            yield f"{where}: has {len(after)} places, had {len(before)}"
        for number, pair in enumerate(zip(before, after, strict=False)):
            yield from self._schema(f"{where}[{number}]", *pair, sent=sent)

    def _resolved(self, schema: Json, *, new: bool) -> Json:
        schemas = (self.new if new else self.old).schemas
        while "$ref" in schema:
            schema = schemas[schema["$ref"]]
        return schema

    def _kind(self, choice: Json) -> str:
        if "$ref" in choice:
            schema = self.new.schemas.get(choice["$ref"]) or self.old.schemas[choice["$ref"]]
            return self._kind(schema)
        if "const" in choice and "type" not in choice:
            return {bool: "boolean", str: "string", int: "integer"}.get(type(choice["const"]), _ANYTHING)
        return str(choice.get("type", _ANYTHING))

    def _same_kind(self, choice: Json, other: Json) -> bool:
        kinds = (self._kind(choice), self._kind(other))
        return kinds[0] == kinds[1] or kinds == ("integer", "number") or kinds[1] == _ANYTHING


def _length(found: list[str]) -> int:
    return len(found)


def _choices(schema: Json) -> list[Json]:
    """What it may be, one by one."""
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return [choice for one in schema[key] for choice in _choices(one)]
    if len(schema.get("allOf", ())) == 1:
        return _choices(schema["allOf"][0])
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": kind} for kind in schema["type"]]
    return [schema]


def _values(where: str, old: Json, new: Json, sent: bool) -> Iterator[str]:
    before, after = _enumerated(old), _enumerated(new)
    narrower, wider = (after, before) if sent else (before, after)
    if narrower is None:
        return
    if wider is None:
        yield f"{where}: {'takes only certain values now' if sent else 'may be any value now'}"
        return
    for value in wider:
        if value not in narrower:
            yield f"{where}: {'no longer takes' if sent else 'may now be'} {value!r}"


def _enumerated(schema: Json) -> Sequence[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values: Sequence[Any] | None = schema.get("enum")
    return values


def _limits(where: str, old: Json, new: Json) -> Iterator[str]:
    for key in _LEAST:
        if key in new and (new[key] > _FLOORS.get(key, -inf) if key not in old else new[key] > old[key]):
            yield f"{where}: {key} is {new[key]}, was {old.get(key, 'none')}"
    for key in _MOST:
        if key in new and (new[key] < _CEILINGS.get(key, inf) if key not in old else new[key] < old[key]):
            yield f"{where}: {key} is {new[key]}, was {old.get(key, 'none')}"
    for key in ("pattern", "format"):
        if key in new and new[key] != old.get(key):
            yield f"{where}: {key} is {new[key]}, was {old.get(key, 'none')}"
