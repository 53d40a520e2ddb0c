"""The container image, as far as its files tell: what is sent, copied, installed and allowed. No engine is needed."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
import typer
import yaml

from bot.__main__ import main
from bot.settings import PREFIX, SECRETS, Settings
from index_builder.__main__ import app as builder
from index_builder.knowledge import PROJECT_BASE
from index_builder.model.adapt import ADAPTER_FILES, READER_FILES, TONE_FILES, adaptation_of
from index_builder.model.source import DEFAULT_MODEL

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES = COMPOSE["services"]
IGNORED = [
    line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line and not line.startswith("#")
]


def _instructions() -> list[tuple[str, str]]:
    kept = [line for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines() if not line.startswith("#")]
    whole = "\n".join(kept).replace("\\\n", " ")
    return [(first, rest.strip()) for first, _, rest in (line.partition(" ") for line in whole.splitlines()) if first]


INSTRUCTIONS = _instructions()
LAST_FROM = max(place for place, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM")
BUILDING, SHIPPED = INSTRUCTIONS[:LAST_FROM], INSTRUCTIONS[LAST_FROM:]


def _given(stage: list[tuple[str, str]], instruction: str) -> list[str]:
    return [rest for name, rest in stage if name == instruction]


COPIED = [source for rest in _given(BUILDING, "COPY") for source in rest.split()[:-1]]


def _needed() -> set[Path]:
    """What the builder reads from beside its own code, for the default model and for any other."""
    files = {PROJECT_BASE / "wording.yaml"}
    for adaptation in (adaptation_of(DEFAULT_MODEL), adaptation_of("another/model")):
        files |= {adaptation.head, adaptation.owners}
        folders = {adaptation.adapters: ADAPTER_FILES, adaptation.reader: READER_FILES, adaptation.tone: TONE_FILES}
        files |= {folder / name for folder, names in folders.items() if folder for name in names}
    return {path.relative_to(ROOT) for path in files}


def _sent(path: str) -> bool:
    """Whether .dockerignore, which begins by leaving out everything, lets a path through."""
    return any(f"{path}/".startswith(f"{line[1:]}/") for line in IGNORED if line.startswith("!"))


@cache
def _tracked() -> tuple[str, ...]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(listed.stdout.split("\0")[:-1])


@pytest.mark.parametrize("path", sorted(_needed()), ids=str)
def test_what_the_builder_needs_is_sent_and_copied(path: Path) -> None:
    assert any(path.is_relative_to(source) for source in COPIED)
    assert _sent(str(path))
    assert str(path) in _tracked()


@pytest.mark.parametrize("source", COPIED)
def test_what_is_copied_is_there_and_its_files_are_tracked(source: str) -> None:
    assert any(_sent(path) for path in _tracked() if Path(path).is_relative_to(source))


def test_nothing_is_sent_that_is_not_copied() -> None:
    assert IGNORED[0] == "*"
    sent = [line[1:] for line in IGNORED if line.startswith("!")]
    assert [line for line in sent if not any(Path(line).is_relative_to(source) for source in COPIED)] == []
    assert not any(map(_sent, (".git/config", ".venv/bin/python", ".env", "index/model/current", "knowledge/mine")))


def test_the_last_stage_takes_three_folders_and_installs_nothing() -> None:
    taken = [rest.replace("--chown=10001:10001 ", "") for rest in _given(SHIPPED, "COPY")]
    assert taken == [f"--from=build {folder} {folder}" for folder in ("/venv", "/app", "/data")]
    assert not any(re.search(r"\b(install|apt-get|gcc)\b", rest) for rest in _given(SHIPPED, "RUN"))


def test_only_the_light_requirements_go_into_what_is_shipped() -> None:
    into = re.findall(r"--python (/\w+)/\S+ install .*?-r (\S+)", " ".join(_given(BUILDING, "RUN")))
    assert {file for venv, file in into if venv == "/venv"} == {"requirements.txt"}
    names = {
        file: set(re.findall(r"^([\w.-]+)==", (ROOT / file).read_text("utf-8"), re.MULTILINE))
        for file in ("requirements.txt", "requirements-torch.txt", "requirements-model.txt")
    }
    shipped = names.pop("requirements.txt")
    assert "onnxruntime" in shipped
    assert shipped & set().union(*names.values()) == set()


def test_the_base_image_is_pinned_by_digest_and_both_stages_have_it() -> None:
    assert re.fullmatch(r"PYTHON=python:3\.11-slim-bookworm@sha256:[0-9a-f]{64}", _given(INSTRUCTIONS, "ARG")[0])
    assert _given(INSTRUCTIONS, "FROM") == ["${PYTHON} AS build", "${PYTHON}"]


def test_no_package_registry_is_named_but_pytorch_s_own() -> None:
    files = ["Dockerfile", ".dockerignore", "compose.yaml", "Makefile", *(path.name for path in ROOT.glob("req*.txt"))]
    hosts = {host for file in files for host in re.findall(r"https?://([^/\s]+)", (ROOT / file).read_text("utf-8"))}
    assert hosts == {"download.pytorch.org"}


def test_the_label_gives_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\S+)="([^"]*)"', _given(SHIPPED, "LABEL")[0]))
    told = (labels["version"], labels["description"], labels["licenses"])
    assert told == (project["version"], project["description"], project["license"])


def test_the_image_runs_as_nobody_in_particular() -> None:
    assert _given(SHIPPED, "USER") == ["10001:10001"]


def test_what_the_image_runs_are_commands_of_the_bot() -> None:
    assert json.loads(_given(SHIPPED, "ENTRYPOINT")[0]) == ["python", "-m", "bot"]
    health = json.loads(_given(SHIPPED, "HEALTHCHECK")[0].partition("CMD ")[2])
    checks = [health, SERVICES["bot"]["healthcheck"]["test"][1:]]
    assert [check[:3] for check in checks] == [["python", "-m", "bot"]] * 2
    for command in (json.loads(_given(SHIPPED, "CMD")[0]), *(check[3:] for check in checks)):
        with pytest.raises(SystemExit) as ended:
            main([*command, "--help"])
        assert ended.value.code == 0


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_can_write_only_where_it_must(service: str) -> None:
    told = SERVICES[service]
    assert told["read_only"] is True
    assert told["user"] == "10001:10001"
    assert told["cap_drop"] == ["ALL"]
    assert told["security_opt"] == ["no-new-privileges:true"]
    assert "/tmp" in told["tmpfs"]  # noqa: S108 - the container's own
    assert {"mem_limit", "pids_limit", "restart", "healthcheck"} <= set(told)
    assert not {"ports", "expose", "privileged", "cap_add", "devices"} & set(told)


def test_the_bot_reads_the_index_and_the_builder_reads_the_knowledge_without_a_network() -> None:
    assert SERVICES["bot"]["volumes"] == ["index:/data/index:ro", "state:/data/state"]
    kept = ["./knowledge:/knowledge:ro", "index:/data/index", "vectors:/data/cache/vectors"]
    assert SERVICES["builder"]["volumes"] == kept
    assert SERVICES["builder"]["network_mode"] == "none"
    assert SERVICES["bot"]["depends_on"] == {"builder": {"condition": "service_completed_successfully"}}
    assert set(COMPOSE["volumes"]) == {"index", "state", "vectors"}


def test_the_builder_is_given_options_that_it_has() -> None:
    told = SERVICES["builder"]
    asked = typer.main.get_command(builder).commands[told["command"][0]].params  # type: ignore[attr-defined]
    assert told["entrypoint"] == ["python", "-m", "index_builder"]
    assert {word for word in told["command"] if word.startswith("--")} <= {name for one in asked for name in one.opts}


def test_tokens_come_from_files_named_as_the_settings_are() -> None:
    told = SERVICES["bot"]
    assert told["environment"][SECRETS[0]] == "/run/secrets"
    assert set(told["secrets"]) == set(COMPOSE["secrets"])
    assert {name.removeprefix(PREFIX).lower() for name in told["secrets"]} <= set(Settings.model_fields)
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())
    assert not any("TOKEN" in name for name in told["environment"])


def test_onnx_runtime_reports_to_nobody() -> None:
    for stage in (BUILDING, SHIPPED):
        assert "ORT_DISABLE_TELEMETRY=1" in _given(stage, "ENV")[0].split()


def test_where_the_image_keeps_things_is_where_the_volumes_are() -> None:
    kept = dict(re.findall(r"(PROTOCOL_BOT_\w+)=(\S+)", _given(SHIPPED, "ENV")[0]))
    assert kept == {
        "PROTOCOL_BOT_CACHE": "/data/cache",
        "PROTOCOL_BOT_INDEX": "/data/index",
        "PROTOCOL_BOT_STATE": "sqlite:////data/state/bot.db",
    }
