"""Keys that evidence about persons is sealed with: what opens what, and what is kept."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest

from shared import sealing
from shared.sealing import KeyMissing, Keyring, KeyringFile, Unreadable


def test_keyring_tells_missing_keys_from_altered_rows_and_shows_none() -> None:
    content = sealing.new_keys()
    ring, row = Keyring.parse(content), uuid4()
    sealed = ring.seal(row, "540102199001010070")
    assert len(sealed.content) == 46
    assert ring.seal(row, "540102199001010070").content != sealed.content
    assert ring.unseal(row, sealed) == "540102199001010070"
    with pytest.raises(Unreadable):
        ring.unseal(uuid4(), sealed)
    newer = Keyring.parse(sealing.with_new_key(content))
    assert newer.unseal(row, sealed) == "540102199001010070"
    assert newer.current != ring.current
    assert newer.index_of("1") == ring.index_of("1")
    with pytest.raises(KeyMissing):
        Keyring.parse(sealing.new_keys()).unseal(row, sealed)
    secret = next(iter(json.loads(content)["keys"].values()))
    with pytest.raises(ValueError, match="current key") as refusal:
        Keyring.parse(content.replace('"current": "k', '"current": "x'))
    assert secret not in str(refusal.value)
    assert secret not in repr(ring.__dict__)


def test_keys_in_use_and_the_current_one_are_never_forgotten() -> None:
    content = sealing.with_new_key(sealing.with_new_key(sealing.new_keys()))
    oldest, _, current = json.loads(content)["keys"]
    assert list(json.loads(sealing.without_keys(content, {oldest}))["keys"]) == [oldest, current]
    assert list(json.loads(sealing.without_keys(content, set()))["keys"]) == [current]


def test_keyring_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(sealing.new_keys())
    file = KeyringFile(path)
    before = file.ring()
    assert file.ring() is before
    path.write_text(sealing.with_new_key(path.read_text()))
    assert file.ring().current != before.current
