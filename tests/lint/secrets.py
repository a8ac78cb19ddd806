"""No secret stands in a file of the repository; what only looks like one is named with its reason beside this module.

`python -m tests.lint.secrets` reports whatever else is found. detect-secrets judges a line with every detector it has,
which takes minutes for this many lines: those that hold nothing long, random or named like a secret are left out first,
and files that were clean before are not read again.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import chdir
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings
from pydantic import BaseModel, ConfigDict, Field

ROOT = Path(__file__).parents[2]
KNOWN = Path(__file__).with_name("known-secrets.toml")
CLEAN = ROOT / "build" / "lint" / "clean-of-secrets.json"
GENERATED = re.compile(r"\.lock$|package-lock\.json$|reference\.jsonl$")
"""Digests and names, written by programs."""
HEURISTICS = (
    "is_indirect_reference",
    "is_likely_id_string",
    "is_not_alphanumeric_string",
    "is_potential_uuid",
    "is_prefixed_with_dollar_sign",
    "is_sequential_string",
    "is_swagger_file",
    "is_templated_secret",
)
FILTERS = [f"detect_secrets.filters.heuristic.{name}" for name in HEURISTICS]
TELLING = re.compile(
    r"secret|passw|pwd|_pass\b|(?:api|auth|service|account|db|database|priv|private|client)[_-]?key|BEGIN|://[^\s/]*@"
    r"|['\"][0-9a-fA-F]{16,}['\"]",
    re.IGNORECASE,
)
LONG = re.compile(r"[A-Za-z0-9+/_=-]{16,}")


class Known(BaseModel):
    """What is no secret, and why: `<file>: <kind> <digest>`, as the check names it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    why: Annotated[str, Field(min_length=10)]
    found: Annotated[tuple[str, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """Something like a secret. The digest is of what was found, so that it may move within its file."""

    file: str
    line: int
    kind: str
    digest: str

    @property
    def name(self) -> str:
        return f"{self.file}: {self.kind} {self.digest[:16]}"


def holds_nothing(line: str) -> bool:
    """A filter of detect-secrets: lines that no detector could take for a secret; names are long and of one case."""
    return TELLING.search(line) is None and all(
        word.islower() or word.isupper() for word in map(_letters_and_digits, LONG.findall(line))
    )


def _letters_and_digits(word: str) -> str:
    """Such that a word with a digit is of no case."""
    return "aA" if any(character.isdigit() for character in word) else word


def find(files: Sequence[str]) -> list[Found]:
    """What looks like a secret in these files, as detect-secrets judges it without asking anybody."""
    detectors: Mapping[str, type] = get_mapping_from_secret_type_to_class()
    plugins = [{"name": detector.__name__} for detector in detectors.values()]
    filters = [{"path": path} for path in (*FILTERS, f"{__name__}.holds_nothing")]
    collection = SecretsCollection()
    with transient_settings({"plugins_used": plugins, "filters_used": filters}):
        for file in files:
            collection.scan_file(file)
    return sorted(Found(file, one.line_number, one.type, one.secret_hash) for file, one in collection)


def written_files(root: Path) -> list[str]:
    """Whatever is or could be committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    names = sorted({name for name in listed.split("\0") if name and not GENERATED.search(name)})
    return [name for name in names if (root / name).is_file()]


def known(path: Path = KNOWN) -> frozenset[str]:
    """Raises ValidationError for a file that is not as it should be."""
    told = tomllib.loads(path.read_text("utf-8"))
    entries = [Known.model_validate(entry) for entry in told["known"]]
    return frozenset(name for entry in entries for name in entry.found)


def verdict(found: Iterable[Found], explained: Collection[str]) -> Iterator[str]:
    """What is wrong: finds that nobody explained, and explanations of what is not there."""
    there = set()
    for one in found:
        there.add(one.name)
        if one.name not in explained:
            yield f"{one.file}:{one.line}: {one.kind}; take it out, or explain it in {KNOWN.name}: {one.name!r}"
    for name in sorted(set(explained) - there):
        yield f"{KNOWN.name}: {name!r} is not there any more"


def _stamp() -> str:
    """Changes with whatever could change a verdict on the same file."""
    return sha256(f"{version('detect-secrets')} {Path(__file__).read_text('utf-8')}".encode()).hexdigest()


def scan(root: Path, remembered: Path) -> list[Found]:
    """Everything found under the root; what was clean and has not changed is not read again."""
    digests = {name: sha256(_stamp().encode() + (root / name).read_bytes()).hexdigest() for name in written_files(root)}
    clean = set(json.loads(remembered.read_text())) if remembered.exists() else set()
    unread = [name for name, digest in digests.items() if digest not in clean]
    with chdir(root):
        found = _in_parallel(unread)
    dirty = {one.file for one in found}
    remembered.parent.mkdir(parents=True, exist_ok=True)
    remembered.write_text(json.dumps(sorted(digest for name, digest in digests.items() if name not in dirty)))
    return found


def _in_parallel(files: Sequence[str]) -> list[Found]:
    if len(files) < 50:
        return find(files)
    with ProcessPoolExecutor(2) as pool:
        parts = [files[start::8] for start in range(8)]
        return sorted(one for part in pool.map(find, parts) for one in part)


def main() -> int:
    """The command."""
    wrong = list(verdict(scan(ROOT, CLEAN), known()))
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
