"""Internal tokens as the gateway mints them, for tests that speak to a service directly."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from deploy.secrets import Secrets
from shared.auth.tokens import TokenMinter, load_private_key
from shared.clock import business_today

ACCOUNT = "0190a000-0000-7000-8000-000000000001"


class Keys:
    """Signing keys of every issuer, made in a folder as the first start of the stack makes them."""

    def __init__(self, folder: Path) -> None:
        self._secrets = Secrets(folder)
        self._secrets.ensure()
        self._minters: dict[str, TokenMinter] = {}

    @property
    def public_dir(self) -> Path:
        """For PUBLIC_KEYS_DIR."""
        return self._secrets.public_keys

    def private(self, issuer: str) -> Path:
        """For SIGNING_KEY_FILE of that issuer."""
        return self._secrets.signing_key(issuer)

    @property
    def person_keys(self) -> Path:
        """For PERSON_KEYS_FILE."""
        return self._secrets.person_keys

    @property
    def evidence_keys(self) -> Path:
        """For EVIDENCE_KEYS_FILE."""
        return self._secrets.evidence_keys

    @property
    def account_keys(self) -> Path:
        """For ACCOUNT_KEYS_FILE."""
        return self._secrets.account_keys

    @property
    def gateway_keys(self) -> Path:
        """For GATEWAY_KEYS_FILE."""
        return self._secrets.gateway_keys

    @property
    def answer_key(self) -> Path:
        """For ANSWER_SIGNING_KEY_FILE."""
        return self._secrets.answer_key

    def minter(self, issuer: str) -> TokenMinter:
        if issuer not in self._minters:
            self._minters[issuer] = TokenMinter(issuer, load_private_key(self.private(issuer)))
        return self._minters[issuer]


def internal_token(
    keys: Keys,
    audience: str,
    roles: Sequence[str] = ("science_officer",),
    *,
    account_id: str = ACCOUNT,
    org: str | None = None,
    division: str | None = None,
    provider: str | None = None,
    bank: str | None = None,
    person_ref: str | None = None,
    today: date | None = None,
    correlation_id: str = "test",
    issuer: str = "gateway",
    livemode: bool | None = None,
) -> str:
    """A user's token for one service, 60 s. `today` makes it one of a simulated business clock; without `livemode` the
    token does not say, which is live."""
    claims: dict[str, object] = {
        "sub": account_id,
        "scope": "user",
        "roles": list(roles),
        "org": org,
        "division": division,
        "provider": provider,
        "bank": bank,
        "person_ref": person_ref,
        "today": (today or business_today()).isoformat(),
        "simulated": today is not None,
        "cid": correlation_id,
        "livemode": livemode,
    }
    return keys.minter(issuer).mint(audience, {name: value for name, value in claims.items() if value is not None})


def service_token(keys: Keys, issuer: str, audience: str) -> str:
    """A service's own token (scope `internal`) for another one."""
    return keys.minter(issuer).mint_internal(audience, today=business_today(), correlation_id="test")


def bearer(token: str) -> dict[str, str]:
    """The Authorization header."""
    return {"Authorization": f"Bearer {token}"}
