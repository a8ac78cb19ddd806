"""docker-compose.yml without a container engine: its schema, and every name in it against the code that reads it."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.bureaus import NKey
from deploy.commands import secrets as command
from deploy.commands.nats import ProvisionerSettings
from deploy.embedded.databases import DATABASES, Roles
from deploy.embedded.nats_bureaus import Bureau, bureaus_text
from deploy.environment import APPS
from deploy.secrets import Secrets
from deploy.settings import StackSettings
from gateway.settings import GatewaySettings
from services.finance.settings import FinanceSettings
from services.registry.settings import RegistrySettings
from services.vouchers.settings import VoucherSettings
from shared.http import health
from shared.settings import ServiceSettings

ROOT = Path(__file__).parents[2]
PORT = "8080"

Definition = dict[str, Any]  # YAML: checked against the compose schema below


@cache
def compose() -> Definition:
    loaded: Definition = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def settings_class(service: str) -> type[ServiceSettings]:
    own: dict[str, type[ServiceSettings]] = {
        "finance": FinanceSettings,
        "gateway": GatewaySettings,
        "registry": RegistrySettings,
        "vouchers": VoucherSettings,
    }
    return own.get(service, ServiceSettings)


def names(secrets: list[str | Definition]) -> dict[str, str]:
    """Target file name → secret."""
    return {
        secret if isinstance(secret, str) else secret["target"]: secret if isinstance(secret, str) else secret["source"]
        for secret in secrets
    }


def test_the_file_is_valid_by_the_compose_specification() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    result = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("service", DATABASES)
def test_every_variable_is_one_that_the_service_reads_and_none_that_it_needs_is_missing(service: str) -> None:
    fields = {name.upper(): field for name, field in settings_class(service).model_fields.items()}
    given = compose()["services"][service]["environment"]
    assert set(given) <= set(fields)
    needed = {name for name, field in fields.items() if field.is_required()}
    assert needed <= set(given)


@pytest.mark.parametrize("service", DATABASES)
def test_the_settings_accept_what_is_given(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in compose()["services"][service]["environment"].items():
        monkeypatch.setenv(name, value)
    settings = settings_class(service)()  # type: ignore[call-arg]  # from the environment
    assert settings.environment == "production"
    assert settings.business_clock == "real"
    for peer in DATABASES:
        assert settings.peer_url(peer) == f"http://{peer}:{PORT}"


@pytest.mark.parametrize("service", DATABASES)
def test_every_file_named_is_mounted(service: str) -> None:
    definition = compose()["services"][service]
    mounted = {f"/run/secrets/{target}" for target in names(definition["secrets"])}
    mounted |= {volume.removesuffix(":ro").rpartition(":")[2] for volume in definition["volumes"]}
    places = {name: value for name, value in definition["environment"].items() if name.endswith(("_FILE", "_DIR"))}
    files = {value.removeprefix("file://") for name, value in definition["environment"].items() if name == "FILES_URL"}
    named = {*places.values(), *files}
    assert named == mounted


@pytest.mark.parametrize("service", DATABASES)
def test_a_service_mounts_its_own_secrets_only(service: str) -> None:
    allowed = {f"{service}-{what}" for what in ("database-password", "nats-password", "signing-key")}
    if service == "gateway":
        allowed |= {"access-key", "answer-key", "gateway-keys"}
    if service == "registry":
        allowed.add("registry-person-keys")
    if service == "finance":
        allowed.add("finance-evidence-keys")
    if service == "vouchers":
        allowed.add("vouchers-account-keys")
    assert set(names(compose()["services"][service]["secrets"]).values()) == allowed


@pytest.mark.parametrize("service", DATABASES)
def test_the_command_serves_the_right_app_and_the_health_check_asks_a_path_that_exists(service: str) -> None:
    definition = compose()["services"][service]
    module, app, *options = definition["command"]
    assert (module, app) == ("shared.serve", APPS[service])
    assert options[options.index("--port") + 1] == PORT
    asked = re.findall(r"127\.0\.0\.1:(\d+)(/\w+)", " ".join(definition["healthcheck"]["test"]))
    assert asked == [(PORT, "/readyz")]
    assert "/readyz" in {getattr(route, "path", None) for route in health.router.routes}


IMPORT_AS_IN_THE_IMAGE = """
import re, sys
from importlib import import_module, metadata

locked = set(re.findall(r"^([a-z0-9._-]+)==", open("requirements.lock").read(), re.MULTILINE))
names = {re.sub("[-_.]+", "-", name).lower() for name in locked} | {"mengchuang"}
absent = {
    module
    for module, owners in metadata.packages_distributions().items()
    if not any(re.sub("[-_.]+", "-", owner).lower() in names for owner in owners)
}

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"not in the image: {name}")

sys.meta_path.insert(0, Absent())
assert "pytest" in absent
import_module(sys.argv[1])
"""


def commands() -> list[str]:
    """The modules that containers run."""
    firsts = [next(iter(definition.get("command") or ()), "") for definition in compose()["services"].values()]
    return sorted({module for module in firsts if module.startswith(("shared.", "deploy."))})


@pytest.mark.parametrize(
    "module", [*commands(), "deploy.commands.nats", *(app.partition(":")[0] for app in APPS.values())]
)
def test_what_a_container_runs_finds_its_packages_in_the_image(module: str) -> None:
    """The image has what requirements.lock pins and nothing of the development environment."""
    command = [sys.executable, "-c", IMPORT_AS_IN_THE_IMAGE, module]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_services_start_after_migrations_and_broker_and_restart_when_they_die() -> None:
    for service in DATABASES:
        definition = compose()["services"][service]
        assert definition["depends_on"]["migrations"] == {"condition": "service_completed_successfully"}
        assert definition["depends_on"]["nats"] == {"condition": "service_healthy"}
        assert definition["restart"] == "unless-stopped"
    assert compose()["services"]["migrations"]["restart"] == "no"


def test_only_the_gateway_is_reachable_from_outside_and_by_default_from_this_machine_alone() -> None:
    published = {
        name: definition["ports"] for name, definition in compose()["services"].items() if "ports" in definition
    }
    assert list(published) == ["gateway"]
    assert all(port.startswith("127.0.0.1:") for port in published["gateway"])


def test_every_secret_file_is_one_that_the_command_makes(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    command.secrets(folder)
    for secret in compose()["secrets"].values():
        path = secret["file"].split("}", 1)[1].lstrip("/")
        assert (folder / path).is_file(), path
    for service in DATABASES:
        assert (folder / "public" / f"{service}.pem").is_file()
    assert folder.stat().st_mode & 0o777 == 0o700
    first = (folder / "registry" / "nats-password").read_text()
    command.secrets(folder)
    assert (folder / "registry" / "nats-password").read_text() == first


def test_the_broker_has_the_users_that_the_services_are(tmp_path: Path) -> None:
    command.secrets(tmp_path / "secrets")
    configuration = json.loads((tmp_path / "secrets" / "nats" / "server.conf").read_text())
    users = {user["user"] for user in configuration["accounts"]["SUITE"]["users"]}
    assert users >= {compose()["services"][name]["environment"]["NATS_USER"] for name in (*DATABASES, "provisioner")}
    assert configuration["listen"] == "0.0.0.0:4222"
    assert configuration["jetstream"]["sync_interval"] == "always"


def test_the_database_script_makes_the_roles_that_the_services_log_in_as() -> None:
    script = (ROOT / "deploy/docker/init-databases.sh").read_text(encoding="utf-8")
    looped = re.search(r"for name in ([\w ]+);", script)
    assert looped is not None
    assert tuple(looped[1].split()) == DATABASES
    for name in DATABASES:
        roles = Roles.of(name)
        url = compose()["services"][name]["environment"]["DATABASE_URL"]
        assert url == f"postgresql+asyncpg://{roles.runtime}@postgres:5432/{name}"
        assert f"CREATE ROLE {roles.runtime.replace(name, '${name}')} LOGIN" in script
        assert f"CREATE ROLE {roles.owner.replace(name, '${name}')} LOGIN" in script
        assert names(compose()["services"]["postgres"]["secrets"]).keys() >= {f"{name}-migration-password"}


def test_the_migration_job_sets_variables_that_the_command_reads() -> None:
    script = (ROOT / "deploy/docker/migrate.sh").read_text(encoding="utf-8")
    suffixes = re.findall(r'export "\$\{upper\}(_\w+)=', script)
    assert {f"{name}{suffix.lower()}" for name in DATABASES for suffix in suffixes} <= set(StackSettings.model_fields)
    assert set(names(compose()["services"]["migrations"]["secrets"])) == {f"{n}-migration-password" for n in DATABASES}


def test_the_image_installs_hashed_requirements_and_runs_as_nobody_in_particular() -> None:
    lines = (ROOT / "deploy/docker/Dockerfile").read_text(encoding="utf-8").splitlines()
    assert any("--require-hashes" in line and "requirements.lock" in line for line in lines)
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    assert sum(line.startswith("FROM ") for line in lines) == 2
    copied = [line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    assert all((ROOT / path).exists() for path in copied)


def test_the_broker_reads_a_folder_that_the_command_writes_and_a_reload_sees_what_is_replaced(tmp_path: Path) -> None:
    nats = compose()["services"]["nats"]
    folder = tmp_path / "secrets"
    command.secrets(folder)
    assert nats["command"][:2] == ["--config", f"{command.NATS_FOLDER}/server.conf"]
    assert [volume.partition("}")[2] for volume in nats["volumes"] if "/nats:" in volume] == [
        f"/nats:{command.NATS_FOLDER}:ro"
    ]
    assert (folder / "nats").stat().st_mode & 0o777 == 0o755
    Secrets(folder).write_nats_bureaus(bureaus_text([Bureau("finance", NKey.new().public_key, ("finance.grant",))]))
    assert command.write_broker_configuration(folder)
    configuration = json.loads((folder / "nats" / "server.conf").read_text())
    assert set(configuration["accounts"]) == {"SUITE", "BUREAU_FINANCE"}
    assert "tls" not in configuration
    assert (folder / "nats").stat().st_mode & 0o777 == 0o755
    assert (folder / "nats" / "server.conf").stat().st_mode & 0o777 == 0o644
    command.secrets(folder)
    assert json.loads((folder / "nats" / "server.conf").read_text()) == configuration


def test_with_a_certificate_the_broker_of_the_containers_speaks_tls_and_everybody_knows_its_name(
    tmp_path: Path,
) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("PEM")
    command.secrets(tmp_path / "secrets", tmp_path / "cert.pem", tmp_path / "key.pem")
    configuration = json.loads((tmp_path / "secrets" / "nats" / "server.conf").read_text())
    assert configuration["tls"]["cert_file"] == f"{command.NATS_FOLDER}/certificate.pem"
    assert (tmp_path / "secrets" / "nats" / "certificate.pem").read_text() == "PEM"
    with pytest.raises(RuntimeError, match="belong together"):
        command.secrets(tmp_path / "secrets", tmp_path / "cert.pem", None)
    override = yaml.safe_load((ROOT / "deploy/docker/bureaus.yml").read_text(encoding="utf-8"))
    for service in (*DATABASES, "provisioner"):
        given = set(override["services"][service]["environment"])
        assert "NATS_TLS_HOSTNAME" in given
        fields = settings_class(service).model_fields if service in DATABASES else ProvisionerSettings.model_fields
        assert given <= {field.upper() for field in fields}
    assert override["services"]["nats"]["ports"] == ["${MENGCHUANG_NATS_ADDRESS:-127.0.0.1}:4222:4222"]


def test_commands_in_a_container_reach_the_gateway_s_database_and_the_secrets() -> None:
    definition = compose()["services"]["commands"]
    fields = {name.upper() for name in StackSettings.model_fields}
    assert set(definition["environment"]) <= fields
    assert (
        definition["environment"]["GATEWAY_DATABASE_URL"]
        == (compose()["services"]["gateway"]["environment"]["DATABASE_URL"])
    )
    assert definition["volumes"][0].endswith(f":{definition['environment']['DATA_DIR']}/secrets")
    assert definition["profiles"] == ["commands"], "never started by itself"
