"""The image and the compose file name only what exists: files, programs, settings, queues, ports and addresses."""

import fnmatch
import importlib
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.urls import resolve

from hub.settings.environment import VARIABLES
from hub.settings.values import PROCESSES

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
IGNORED = (ROOT / ".dockerignore").read_text().split()
# Of Python, Django and the libraries rather than of the hub.
FOREIGN = {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "DJANGO_SETTINGS_MODULE", "ORT_DISABLE_TELEMETRY"}


def steps() -> list[tuple[str, str]]:
    """The Dockerfile's steps: keyword and the rest, with continued lines joined."""
    text = re.sub(r"\\\n", " ", (DEPLOY / "Dockerfile").read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(keyword, rest) for keyword, _, rest in (line.partition(" ") for line in lines)]


def named(keyword: str) -> list[str]:
    return [rest for found, rest in steps() if found == keyword]


def is_left_out(path: str) -> bool:
    """Whether the build never sees a file: a pattern without a slash is a name at the top, `**/` is any depth."""
    return any(
        fnmatch.fnmatch(path, pattern.removeprefix("**/")) or fnmatch.fnmatch(Path(path).name, pattern[3:])
        if pattern.startswith("**/")
        else fnmatch.fnmatch(path, pattern) or path.startswith(f"{pattern}/")
        for pattern in IGNORED
    )


def is_a_program(name: str) -> bool:
    return name == "python" or shutil.which(name, path=str(Path(sys.executable).parent)) is not None


def commands() -> dict[str, list[str]]:
    """What runs in a container of each service."""
    return {name: service.get("command", json.loads(named("CMD")[0])) for name, service in SERVICES.items()}


def test_what_is_copied_is_there_and_not_left_out() -> None:
    copied = [rest.split()[:-1] for rest in named("COPY") if not rest.startswith("--from")]
    sources = [source for step in copied for source in step]
    assert {"hub", "tenants", "redaction", "manage.py", "deploy"} <= set(sources)
    for source in sources:
        assert (ROOT / source).exists(), source
        assert not is_left_out(source), source
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages <= set(sources), "a package would be missing from the image"


def test_no_secret_is_copied_into_the_image() -> None:
    """The files with secrets stand beside compose.yaml, in a folder that is copied."""
    named_files = {name for service in SERVICES.values() for name in env_files(service)}
    assert named_files == {"caseward.env", "keeper.env", "owner.env"}
    for name in named_files:
        assert is_left_out(f"deploy/{name}"), name
    for path in (".venv/x", ".caseward/demo/secret-key.secret", ".git/config", "before.dump"):
        assert is_left_out(path), path
    assert "*.env" in (ROOT / ".gitignore").read_text().split()


def test_locks_that_are_installed_are_there() -> None:
    locks = re.findall(r"-r (\S+)", " ".join(named("RUN")))
    assert locks == ["deploy/requirements-installer.lock", "deploy/requirements.lock"]
    for lock in locks:
        assert (ROOT / lock).is_file()


def test_variables_of_the_image_are_settings() -> None:
    variables = {name for rest in named("ENV") for name in re.findall(r"(?:^|\s)([A-Z_]+)=", rest)}
    assert variables - FOREIGN == {"CASEWARD_BOOTSTRAP", "STATIC_ROOT"}
    assert variables - FOREIGN <= set(VARIABLES)
    modules = re.findall(r"DJANGO_SETTINGS_MODULE=(\S+)", (DEPLOY / "Dockerfile").read_text())
    assert modules == ["hub.settings.production", "hub.settings.collecting"]
    for module in modules:
        assert importlib.util.find_spec(module), module


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_runs_a_program_of_the_image(name: str) -> None:
    program, *arguments = commands()[name]
    assert is_a_program(program), program
    if program == "python":
        assert (ROOT / arguments[0]).is_file()
    if program == "celery":
        assert arguments[:2] == ["-A", "hub.celery"]
        assert importlib.util.find_spec("hub.celery")
    if program == "granian":
        module, _, attribute = arguments[-1].partition(":")
        assert (importlib.util.find_spec(module) is not None, attribute) == (True, "application")


def env_files(service: dict[str, Any]) -> list[str]:
    given = service["env_file"]
    return [given] if isinstance(given, str) else list(given)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_told_what_it_is_and_no_more_secrets_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["build"] == {"context": "..", "dockerfile": "deploy/Dockerfile"}
    assert set(service.get("environment", {})) <= set(VARIABLES)
    assert service.get("environment", {}).get("CASEWARD_PROCESS", "command") in PROCESSES
    more = {"keeper": ["keeper.env"], "migrate": ["owner.env"]}.get(name, [])
    assert env_files(service) == ["caseward.env", *more]
    assert (service["read_only"], service["cap_drop"], service["tmpfs"]) == (True, ["ALL"], ["/tmp"])


def test_every_queue_has_a_worker() -> None:
    listened: dict[str, list[str]] = {}
    for name, command in commands().items():
        if "-Q" in command:
            for queue in command[command.index("-Q") + 1].split(","):
                listened.setdefault(queue, []).append(name)
    assert listened.pop("keeper") == ["keeper"]
    queues = {queue.name for queue in settings.CELERY_TASK_QUEUES} - {"keeper"}
    assert listened == {queue: ["worker"] for queue in queues}
    assert {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} <= queues | {"keeper"}


def test_nothing_is_written_beside_the_code() -> None:
    """The file system is read-only: beat keeps its schedule in memory."""
    assert settings.CELERY_BEAT_SCHEDULER == "celery.beat:Scheduler"


def test_ports_and_the_health_check_agree_with_the_server() -> None:
    [exposed] = named("EXPOSE")
    serving = json.loads(named("CMD")[0])
    assert serving[serving.index("--port") + 1] == exposed
    assert SERVICES["web"]["ports"] == [f"127.0.0.1:{exposed}:{exposed}"]
    [check] = named("HEALTHCHECK")
    [(port, path)] = re.findall(r"http://127\.0\.0\.1:(\d+)(/[a-z/]+)", check)
    assert port == exposed
    assert resolve(path).view_name == "health_ready"
    compile(json.loads(check[check.index("[") :])[2], "HEALTHCHECK", "exec")


def test_the_runbook_names_the_files_and_services_that_there_are() -> None:
    runbook = (DEPLOY / "README.md").read_text()
    for name in ("caseward.env", "keeper.env", "owner.env"):
        assert f"`{name}`" in runbook
    for service in re.findall(r"docker compose -f (\S+) run --rm (\w+)", runbook):
        assert service == ("deploy/compose.yaml", "migrate")
    for path in re.findall(r"`?(deploy/[\w./-]+\.(?:sql|yaml|lock|py))", runbook):
        assert (ROOT / path).is_file(), path
