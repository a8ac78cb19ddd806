"""Secrets: made once, for their owner's eyes, a key of its own for every issuer."""

import json
from pathlib import Path

from deploy.secrets import ISSUERS, Secrets
from shared.auth.tokens import load_private_key, load_public_keys


def test_files_are_600_and_folders_700(tmp_path: Path) -> None:
    Secrets(tmp_path / "secrets").ensure()
    for path in (tmp_path / "secrets", *(tmp_path / "secrets").rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_what_exists_is_never_changed_and_its_mode_is_put_right(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    secrets.ensure()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    secrets.access_key.chmod(0o644)
    secrets.ensure()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert secrets.access_key.stat().st_mode & 0o777 == 0o600


def test_a_write_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    secrets.ensure()
    secrets.nats_password("registry").write_text("")
    secrets.nats_password("finance").with_name("nats-password.part").write_text("half")
    secrets.ensure()
    assert len(secrets.nats_passwords()["registry"]) >= 32


def test_every_secret_is_another(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    secrets.ensure()
    passwords = [*secrets.role_passwords().values(), *secrets.nats_passwords().values()]
    assert len(set(passwords)) == len(passwords)


def test_a_key_for_persons_is_added_and_only_unused_ones_are_forgotten(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    secrets.ensure()
    assert json.loads(secrets.evidence_keys.read_text()) != json.loads(secrets.person_keys.read_text())
    [first] = json.loads(secrets.person_keys.read_text())["keys"]
    secrets.add_sealing_key(secrets.person_keys)
    content = json.loads(secrets.person_keys.read_text())
    assert list(content["keys"]) == [first, content["current"]]
    secrets.forget_sealing_keys(secrets.person_keys, {first})
    assert len(json.loads(secrets.person_keys.read_text())["keys"]) == 2
    secrets.forget_sealing_keys(secrets.person_keys, set())
    assert list(json.loads(secrets.person_keys.read_text())["keys"]) == [content["current"]]
    assert secrets.person_keys.stat().st_mode & 0o777 == 0o600


def test_public_keys_belong_to_the_private_ones_and_the_access_key_is_nobody_s(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    secrets.ensure()
    public = load_public_keys(secrets.public_keys)
    assert set(public) == set(ISSUERS)
    for issuer in ISSUERS:
        assert load_private_key(secrets.signing_key(issuer)).public_key() == public[issuer]
    assert load_private_key(secrets.access_key).public_key() not in public.values()
