"""Passwords and signing keys: made at first start, readable by their owner alone, never shown."""

import os
from pathlib import Path
from secrets import token_urlsafe

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from deploy.embedded.databases import DATABASES, Roles
from deploy.embedded.nats_permissions import USERS
from shared.sealing import new_keys, with_new_key, without_keys

ISSUERS = ("registry", "evaluation", "finance", "vouchers", "gateway")


class Secrets:
    """The folder of secrets. Each process gets paths, not values, so that nothing secret is in an environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ensure(self) -> None:
        """Make whatever is missing; what exists is never changed, only its mode is put right."""
        self._folder(self.folder)
        for password in self._password_files():
            self._write_once(password, token_urlsafe(32).encode())
        for issuer in ISSUERS:
            self._ensure_key(self.signing_key(issuer))
            self._write_public(issuer)
        for key in (self.access_key, self.answer_key):
            self._ensure_key(key)
        for keys in (self.person_keys, self.evidence_keys, self.account_keys, self.gateway_keys):
            self._write_once(keys, new_keys().encode())

    def add_sealing_key(self, path: Path) -> None:
        """One key more in that file, which is the current one from now on."""
        self._replace(path, with_new_key(read(path)))

    def forget_sealing_keys(self, path: Path, in_use: set[str]) -> None:
        """Leave only the current key and those that rows still name."""
        self._replace(path, without_keys(read(path), in_use))

    @property
    def superuser_password(self) -> Path:
        return self.folder / "postgres" / "password"

    @property
    def access_key(self) -> Path:
        """The gateway's key for the tokens that people and machines outside hold."""
        return self.folder / "gateway" / "access.pem"

    @property
    def answer_key(self) -> Path:
        """The gateway's key for answers that a partner wants signed."""
        return self.folder / "gateway" / "answers.pem"

    @property
    def gateway_keys(self) -> Path:
        """The gateway's keys for what it keeps sealed: second factors, secrets of webhooks and of signed requests."""
        return self.folder / "gateway" / "gateway-keys.json"

    @property
    def person_keys(self) -> Path:
        """The registry's keys for the identity numbers of persons, which are lost with them: keep a copy elsewhere."""
        return self.folder / "registry" / "person-keys.json"

    @property
    def evidence_keys(self) -> Path:
        """Finance's keys for what borrowers prove about persons, which is lost with them: keep a copy elsewhere."""
        return self.folder / "finance" / "evidence-keys.json"

    @property
    def account_keys(self) -> Path:
        """Vouchers' keys for the bank accounts of providers, which are lost with them: keep a copy elsewhere."""
        return self.folder / "vouchers" / "account-keys.json"

    @property
    def nats_bureaus(self) -> Path:
        """The bureaus that the broker lets in: names, topics and public keys."""
        return self.folder / "nats" / "bureaus.json"

    def write_nats_bureaus(self, text: str) -> None:
        """Replace the list of bureaus; the broker's configuration is made from it."""
        self._folder(self.nats_bureaus.parent)
        self._write(self.nats_bureaus, text.encode())

    @property
    def public_keys(self) -> Path:
        return self.folder / "public"

    def database_password(self, service: str) -> Path:
        return self.folder / service / "database-password"

    def migration_password(self, service: str) -> Path:
        return self.folder / service / "migration-password"

    def nats_password(self, user: str) -> Path:
        return self.folder / user / "nats-password"

    def signing_key(self, issuer: str) -> Path:
        return self.folder / issuer / "signing.pem"

    def role_passwords(self) -> dict[str, str]:
        """Role name → password, for the embedded cluster."""
        found: dict[str, str] = {}
        for database in DATABASES:
            roles = Roles.of(database)
            found[roles.owner] = read(self.migration_password(database))
            found[roles.runtime] = read(self.database_password(database))
        return found

    def nats_passwords(self) -> dict[str, str]:
        return {user: read(self.nats_password(user)) for user in USERS}

    def _password_files(self) -> list[Path]:
        of_roles = [path(name) for name in DATABASES for path in (self.database_password, self.migration_password)]
        return [self.superuser_password, *of_roles, *(self.nats_password(user) for user in USERS)]

    def _ensure_key(self, path: Path) -> None:
        key = Ed25519PrivateKey.generate()
        self._write_once(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    def _write_public(self, issuer: str) -> None:
        key = load_pem_private_key(self.signing_key(issuer).read_bytes(), password=None)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self._write_once(self.public_keys / f"{issuer}.pem", public)

    def _write_once(self, path: Path, content: bytes) -> None:
        self._folder(path.parent)
        if path.exists() and path.stat().st_size:
            path.chmod(0o600)
            return
        self._write(path, content)

    def _replace(self, path: Path, content: str) -> None:
        mode = path.stat().st_mode & 0o777
        self._write(path, content.encode())
        path.chmod(mode)

    def _write(self, path: Path, content: bytes) -> None:
        part = path.with_name(path.name + ".part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def _folder(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()
