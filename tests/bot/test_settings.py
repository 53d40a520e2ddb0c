"""Settings: from the environment or a secrets folder; what is wrong is said by name, and never shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsProblem

BOT, APP = "xoxb-1-canary", "xapp-1-canary"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PROTOCOL_BOT_") or name == "CREDENTIALS_DIRECTORY"]:
        monkeypatch.delenv(name)


def test_nothing_need_be_set() -> None:
    settings = Settings.load()
    assert (settings.index, settings.council, settings.slack_team) == (Path("index"), None, None)
    assert settings.state == "sqlite:///state/bot.db"
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.log_level == "INFO"


def test_the_environment_is_read_and_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTOCOL_BOT_INDEX", "/srv/index")
    monkeypatch.setenv("PROTOCOL_BOT_COUNCIL", "")
    monkeypatch.setenv("PROTOCOL_BOT_SLACK_TEAM", "T012AB3CD")
    settings = Settings.load()
    assert (settings.index, settings.council, settings.slack_team) == (Path("/srv/index"), None, "T012AB3CD")


def test_what_is_given_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTOCOL_BOT_INDEX", "/srv/index")
    assert Settings.load(index=Path("here")).index == Path("here")


@pytest.mark.parametrize("variable", ["PROTOCOL_BOT_SECRETS", "CREDENTIALS_DIRECTORY"])
def test_secrets_are_read_from_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    (tmp_path / "PROTOCOL_BOT_SLACK_BOT_TOKEN").write_text(f"{BOT}\n", "utf-8")
    (tmp_path / "PROTOCOL_BOT_SLACK_APP_TOKEN").write_text(f"{APP}\n", "utf-8")
    monkeypatch.setenv(variable, str(tmp_path))
    assert Settings.load().slack_tokens() == (BOT, APP)


def test_the_environment_comes_before_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "PROTOCOL_BOT_COUNCIL").write_text("folder", "utf-8")
    monkeypatch.setenv("PROTOCOL_BOT_SECRETS", str(tmp_path))
    assert Settings.load().council == "folder"
    monkeypatch.setenv("PROTOCOL_BOT_COUNCIL", "environment")
    assert Settings.load().council == "environment"


def test_a_secrets_folder_that_is_not_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTOCOL_BOT_SECRETS", str(tmp_path / "none"))
    with pytest.raises(
        SettingsProblem, match=r"^PROTOCOL_BOT_SECRETS names the folder .*none, which does not exist\.$"
    ):
        Settings.load()


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-canary", "must be a token that starts with xoxb-"),
        ("SLACK_BOT_TOKEN", "xoxb-1 canary", "must be a token that starts with xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-1-canary", "must be a token that starts with xapp-"),
        ("SLACK_TEAM", "canary", "must be a workspace id such as T012AB3CD"),
        ("SLACK_API_URL", "http://canary.example/api/", "must start with https:// because tokens travel over it"),
        ("SLACK_API_URL", "http://127.0.0.1.canary.example/", "must start with https:// because tokens travel over it"),
        ("STATE", "mysql://canary", "must be sqlite:///PATH or postgresql://…"),
        ("LOG_LEVEL", "canary", "input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ],
)
def test_a_wrong_value_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(f"PROTOCOL_BOT_{variable}", value)
    with pytest.raises(SettingsProblem) as problem:
        Settings.load()
    assert str(problem.value) == f"PROTOCOL_BOT_{variable} {sentence}."
    assert problem.value.__cause__ is None


def test_all_wrong_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTOCOL_BOT_SLACK_TEAM", "x")
    monkeypatch.setenv("PROTOCOL_BOT_LOG_LEVEL", "x")
    with pytest.raises(SettingsProblem, match=r"^PROTOCOL_BOT_SLACK_TEAM .+; PROTOCOL_BOT_LOG_LEVEL .+\.$"):
        Settings.load()


def test_missing_tokens_are_named() -> None:
    with pytest.raises(SettingsProblem, match=r"^PROTOCOL_BOT_SLACK_BOT_TOKEN and PROTOCOL_BOT_SLACK_APP_TOKEN must "):
        Settings.load().slack_tokens()
    with pytest.raises(SettingsProblem, match=r"^PROTOCOL_BOT_SLACK_APP_TOKEN must be set"):
        Settings.load(slack_bot_token=BOT).slack_tokens()


def test_no_secret_is_ever_printed() -> None:
    secret = "postgresql://bot:canary@db/bot"  # noqa: S105 - a password of no database
    settings = Settings.load(slack_bot_token=BOT, slack_app_token=APP, state=secret)
    assert "canary" not in f"{settings!r} {settings} {settings.model_dump(mode='json', exclude={'state'})}"
