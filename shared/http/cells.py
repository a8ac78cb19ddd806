"""A value of an answer as the text of a cell: words by their labels, decisions by the texts of their rules, whatever
has parts as `heading：value` one after the other. Ids inside of a value are left out: they mean nothing to a reader."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel

from shared.http.headings import heading, known
from shared.http.labels import Labels
from shared.http.messages import Language

_YES_NO: Final[Mapping[Language, tuple[str, str]]] = {"zh": ("是", "否"), "en": ("Yes", "No")}
_PASSED: Final[Mapping[Language, tuple[str, str]]] = {"zh": ("通过", "未通过"), "en": ("Passed", "Not passed")}
_COLON: Final[Mapping[Language, str]] = {"zh": "：", "en": ": "}
_BETWEEN: Final[Mapping[Language, str]] = {"zh": "；", "en": "; "}
_ID_ENDINGS: Final = ("_id", "_ids")


def coded(value: object) -> str:
    """The value as programs read it: codes, and JSON for whatever has parts."""
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return "; ".join(value)
    if isinstance(value, list | dict | bool):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def told(labels: Labels, models: Mapping[str, type[BaseModel]], field: str, value: object) -> str:
    """The value as people read it. `models` are those that a list's items may have, by field."""
    return _Teller(labels).text(models.get(field), field, value)


class _Teller:
    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._language = labels.language

    def text(self, model: type[BaseModel] | None, field: str, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return _YES_NO[self._language][0 if value else 1]
        if isinstance(value, str):
            return self._labels.of(model.__name__ if model else None, field, value) or value
        if isinstance(value, list):
            return _BETWEEN["en"].join(filter(None, (self.text(model, field, entry) for entry in value)))
        if not isinstance(value, Mapping):
            return str(value)
        if isinstance(value.get("results"), list) and isinstance(value.get("passed"), bool):
            return self._decision(value)
        return self._parts(model, field, value)

    def _decision(self, decision: Mapping[str, object]) -> str:
        """What refused, or where nothing did, all that was tested."""
        passed = bool(decision["passed"])
        results = typing.cast("list[Mapping[str, object]]", decision["results"])
        shown = [result for result in results if passed or not result.get("passed")]
        texts = [str(result.get("text") or self._rule(str(result.get("rule", "")))) for result in shown]
        said = _BETWEEN[self._language].join(dict.fromkeys(texts))
        return _COLON[self._language].join(filter(None, (_PASSED[self._language][0 if passed else 1], said)))

    def _rule(self, rule: str) -> str:
        return self._labels.of(None, "rules", rule) or rule

    def _parts(self, model: type[BaseModel] | None, field: str, value: Mapping[str, object]) -> str:
        inner = _model_in(model, field)
        parts = []
        for name, entry in value.items():
            if name in ("id", "version") or name.endswith(_ID_ENDINGS):
                continue
            said = self.text(inner if inner and name in inner.model_fields else model, self._inside(field, name), entry)
            if said:
                parts.append(f"{self._name(model, inner, field, name)}{_COLON[self._language]}{said}")
        return _BETWEEN[self._language].join(parts)

    def _inside(self, field: str, name: str) -> str:
        """The field whose words a part has: its own, or, where the name is itself a word, those of the whole."""
        return name if known(None, name) else field

    def _name(self, model: type[BaseModel] | None, inner: type[BaseModel] | None, field: str, name: str) -> str:
        label = self._labels.of(model.__name__ if model else None, field, name)
        return label or heading(inner.__name__ if inner else None, name, self._language)


def _model_in(model: type[BaseModel] | None, field: str) -> type[BaseModel] | None:
    """The model of a field's parts, where it has one."""
    if model is None or field not in model.model_fields:
        return None
    return next(models_in(model.model_fields[field].annotation), None)


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """The models that an annotation names, whatever is around them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from models_in(argument)
