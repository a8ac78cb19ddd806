"""From TOML files to plain tables: reading, inheritance by `extends`, and error texts that name file and key."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import cast

from pydantic import ValidationError

_PART = re.compile(r"([a-z0-9_-]+/)*[a-z0-9_-]+\.toml")
_PLAIN_WORDS = {"missing": "is missing", "extra_forbidden": "is not a known key"}


class EditionError(Exception):
    """An edition file that cannot be used; the text names the file and, where there is one, the key."""

    def __init__(self, file: str, message: str, key: str = "") -> None:
        super().__init__(f"{file}: {key}: {message}" if key else f"{file}: {message}")
        self.file = file
        self.key = key


@dataclass(frozen=True, slots=True)
class EditionFile:
    name: str
    table: Mapping[str, object]
    bundled: bool

    @property
    def id(self) -> str:
        return self._word("id")

    @property
    def extends(self) -> str:
        return self._word("extends", required=False)

    def _word(self, key: str, *, required: bool = True) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str) or (required and not value):
            raise EditionError(self.name, "is missing or not a text", key)
        return value


def read_files(policy_dir: Path | None) -> list[EditionFile]:
    """All bundled edition files and those of `policy_dir`. Raises EditionError, also for a directory that is absent:
    a mistyped path must not pass for an empty one."""
    bundled = sorted(_bundled().iterdir(), key=lambda entry: entry.name)
    found = [_read(entry.name, entry, (_bundled(),), True) for entry in bundled if entry.name.endswith(".toml")]
    if policy_dir is not None:
        if not policy_dir.is_dir():
            raise EditionError(str(policy_dir), "the policy directory does not exist")
        folders = (policy_dir, _bundled())
        found += [_read(str(path), path, folders, False) for path in sorted(policy_dir.glob("*.toml"))]
    return found


def _bundled() -> Traversable:
    return files("shared.policy").joinpath("editions")


def _read(name: str, path: Traversable, folders: Sequence[Traversable], bundled: bool) -> EditionFile:
    """With the tables of the files it `includes`, out of the first folder that has them; its own keys go before
    theirs."""
    table = dict(_table(name, path))
    for part in cast("tuple[object, ...]", table.pop("includes", ())):
        if not isinstance(part, str) or not _PART.fullmatch(part):
            raise EditionError(name, f"{part!r} is not the name of a file below this one's folder", "includes")
        included = [file for folder in folders if (file := folder.joinpath(part)).is_file()]
        if not included:
            raise EditionError(name, f"there is no file {part}", "includes")
        table = _overlay(_table(part, included[0]), table)
    return EditionFile(name, table, bundled)


def _table(name: str, path: Traversable) -> Mapping[str, object]:
    try:
        table = tomllib.loads(path.read_bytes().decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EditionError(name, f"not readable as TOML: {error}") from error
    return cast("Mapping[str, object]", _tuples(table))


def _tuples(value: object) -> object:
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def resolve(file: EditionFile, by_id: Mapping[str, EditionFile], seen: tuple[str, ...] = ()) -> Mapping[str, object]:
    """The file's table over that of the edition it extends. Raises EditionError for an unknown or a circular base."""
    if not file.extends:
        return file.table
    if file.extends in (*seen, file.id):
        way = " → ".join((*seen, file.id, file.extends))
        raise EditionError(file.name, f"extends itself by way of {way}", "extends")
    if file.extends not in by_id:
        raise EditionError(file.name, f"no edition has the id {file.extends!r}", "extends")
    base = resolve(by_id[file.extends], by_id, (*seen, file.id))
    inherited = {key: value for key, value in base.items() if key not in _NOT_INHERITED}
    return _overlay(inherited, file.table)


_NOT_INHERITED = frozenset({"extends", "supersedes", "continuation_of", "continuation_basis", "document_no"})


def _overlay(base: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """Tables merge key by key. A parameter is replaced as a whole, so that a changed value never keeps the old one's
    origin; so are lists."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping) and "value" not in value:
            merged[key] = _overlay(below, value)
        else:
            merged[key] = value
    return merged


def explain(file: str, error: ValidationError) -> EditionError:
    """The first mistake of many, with its dotted key."""
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    message = _PLAIN_WORDS.get(first["type"], first["msg"])
    more = error.error_count() - 1
    return EditionError(file, f"{message} (and {more} more)" if more else message, key)


def require_unique_ids(found: Iterable[EditionFile]) -> dict[str, EditionFile]:
    by_id: dict[str, EditionFile] = {}
    for file in found:
        if file.id in by_id:
            raise EditionError(file.name, f"the id {file.id!r} is already used by {by_id[file.id].name}", "id")
        by_id[file.id] = file
    return by_id
