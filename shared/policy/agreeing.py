"""What an edition says at one place about another has to be there: checks over the whole of it."""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import BaseModel

from shared.policy.params import unknown_codes


def require_known(what: str, codes: Iterable[str], where: str, known: Iterable[str]) -> None:
    """Raises ValueError naming the codes that are not among the known ones."""
    if unknown := unknown_codes(codes, known):
        raise ValueError(f"{what}: not in [{where}]: {', '.join(unknown)}")


def clauses_of(value: object) -> Iterator[str]:
    """Every clause id cited anywhere below."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            below = getattr(value, name)
            if name == "clause" and isinstance(below, str):
                yield below
            else:
                yield from clauses_of(below)
    elif isinstance(value, Mapping):
        for below in value.values():
            yield from clauses_of(below)
    elif isinstance(value, tuple):
        for below in value:
            yield from clauses_of(below)
