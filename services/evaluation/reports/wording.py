"""What the form's fields and checks are called, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from shared.http.messages import LANGUAGES, Language, Messages, Text
from shared.policy.params import Titled
from shared.policy.report_form import CENTRE_AREA, SUM_OF_LINES, FormCheck, Relation, ReportForm, line_fields

MESSAGES: Final = Path(__file__).parent.parent / "messages.toml"
_AREA: Final[Mapping[Language, str]] = {"zh": "登记的总面积", "en": "the total area on record"}
_BETWEEN_FIELDS: Final[Mapping[Language, str]] = {"zh": "、", "en": ", "}
_BETWEEN_FAULTS: Final[Mapping[Language, str]] = {"zh": "；", "en": "; "}
_SUM: Final[Mapping[Language, str]] = {"zh": "各企业{names}合计", "en": "{names} over all enterprises"}
_WITH: Final[Mapping[Language, str]] = {
    "zh": "{names}大于0的企业数",
    "en": "enterprises with {names} above 0",
}
_OR: Final[Mapping[Language, str]] = {"zh": "或", "en": " or "}
_SIGNS: Final = (" + ", " − ")


FAULTS: Final[Mapping[Relation, str]] = {
    "equal": "report-check-equal",
    "at_most": "report-check-at-most",
    "only_with": "report-check-only-with",
    "as_last": "report-check-as-last",
    "steady": "report-check-steady",
}
"""What a check says that does not hold."""


@cache
def messages() -> Messages:
    """The service's texts."""
    return Messages.load(MESSAGES)


def fault_of(form: ReportForm, check: FormCheck, value: str, limit: str, language: Language) -> Text:
    """What a check says that does not hold, and what to do."""
    params = {**sums_of(form, check, language), "value": value, "limit": limit}
    return messages().text(FAULTS[check.relation], language, params)


def faults_told(sentences: Iterable[Mapping[Language, str]]) -> dict[str, str]:
    """Sentences as parameters of a refusal, `faults_zh` and `faults_en`."""
    told = tuple(sentences)
    return {
        f"faults_{language}": _BETWEEN_FAULTS[language].join(one[language] for one in told) for language in LANGUAGES
    }


def fields_told(form: ReportForm, names: Sequence[str]) -> dict[str, str]:
    """Fields as parameters of a refusal, `fields_zh` and `fields_en`."""
    return {
        f"fields_{language}": _BETWEEN_FIELDS[language].join(title_of(form, name, language) for name in names)
        for language in LANGUAGES
    }


def sums_of(form: ReportForm, check: FormCheck, language: Language) -> dict[str, object]:
    """What a check compares, by the names of its fields."""
    return {
        "left": _sum(form, check.left, language),
        "right": _sum(form, check.right, language),
        "percent": "" if check.percent is None else f"{check.percent:f}",
        "beyond": "" if check.beyond is None else f"{check.beyond:f}",
    }


def _sum(form: ReportForm, terms: Sequence[str], language: Language) -> str:
    plus, minus = _SIGNS
    text = ""
    for term in terms:
        sign = minus if term.startswith("-") else plus
        text += (sign if text else "") + title_of(form, term.removeprefix("-"), language)
    return text


def title_of(form: ReportForm, name: str, language: Language) -> str:
    """A field as people know it."""
    if name == CENTRE_AREA:
        return _AREA[language]
    if figures := line_fields(name):
        names = _OR[language].join(_quoted(form.enterprise_lines[figure], language) for figure in figures)
        return (_SUM if name.startswith(SUM_OF_LINES) else _WITH)[language].format(names=names)
    return _quoted(form.fields[name], language)


def _quoted(titled: Titled, language: Language) -> str:
    return f"“{titled.title_zh}”" if language == "zh" else f"“{titled.title_en}”"
