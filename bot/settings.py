"""What an administrator can set: environment variables, or files of the same names in a secrets folder."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

PREFIX = "PROTOCOL_BOT_"
SECRETS = ("PROTOCOL_BOT_SECRETS", "CREDENTIALS_DIRECTORY")  # the second is set by systemd's LoadCredential
SLACK_API = "https://slack.com/api/"


class SettingsProblem(Exception):
    """A setting is missing or wrong; the message names each variable and the mend, and never a value."""


class Settings(BaseSettings):
    """The settings of one bot; a variable is the field's name in capitals after `PROTOCOL_BOT_`.

    `state` is the URL of the state database; `slack_team` narrows the bot to one workspace id.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    index: Path = Path("index")
    council: str | None = None
    state: str = Field(default="sqlite:///state/bot.db", repr=False)
    slack_bot_token: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_team: str | None = None
    slack_api_url: str = SLACK_API
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def load(cls, **given: Any) -> Settings:
        """The settings in force; `given` comes first, then the environment, then the secrets folder.

        Raises SettingsProblem naming every variable at fault.
        """
        try:
            return cls(**given)
        except ValidationError as error:
            raise SettingsProblem("; ".join(map(_sentence, error.errors(include_input=False))) + ".") from None

    def slack_tokens(self) -> tuple[str, str]:
        """The bot token and the app token. Raises SettingsProblem naming what is not set."""
        tokens = {"slack_bot_token": self.slack_bot_token, "slack_app_token": self.slack_app_token}
        missing = [_variable(name) for name, token in tokens.items() if token is None]
        if missing:
            raise SettingsProblem(f"{' and '.join(missing)} must be set to serve Slack: see docs/running.md.")
        bot, app = (token.get_secret_value() for token in tokens.values() if token)
        return bot, app

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's; there is no .env
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - made anew, for the folder named now
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Where settings come from, first one first."""
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_dir=_secrets_folder())

    @field_validator("slack_bot_token", "slack_app_token")
    @classmethod
    def _token_of_its_kind(cls, token: SecretStr | None, info: Any) -> SecretStr | None:
        kind = "xoxb-" if info.field_name == "slack_bot_token" else "xapp-"
        if token and not re.fullmatch(rf"{kind}[\w-]+", token.get_secret_value(), re.ASCII):
            raise ValueError(f"must be a token that starts with {kind}")
        return token

    @field_validator("slack_team")
    @classmethod
    def _workspace_id(cls, team: str | None) -> str | None:
        if team and not re.fullmatch(r"T[A-Z0-9]+", team):
            raise ValueError("must be a workspace id such as T012AB3CD")
        return team

    @field_validator("slack_api_url")
    @classmethod
    def _private_line(cls, url: str) -> str:
        if not re.match(r"https://|http://(127\.0\.0\.1|localhost)[:/]", url):
            raise ValueError("must start with https:// because tokens travel over it")
        return url

    @field_validator("state")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if not re.match(r"sqlite:///.|postgresql(\+psycopg)?://.", url):
            raise ValueError("must be sqlite:///PATH or postgresql://…")
        return url


def _variable(field: str) -> str:
    return f"{PREFIX}{field}".upper()


def _sentence(fault: Any) -> str:
    reason = fault["msg"].removeprefix("Value error, ")
    return f"{_variable(fault['loc'][0])} {reason[0].lower()}{reason[1:]}"


def _secrets_folder() -> Path | None:
    name = next((name for name in SECRETS if os.environ.get(name)), None)
    if name is None:
        return None
    folder = Path(os.environ[name])
    if not folder.is_dir():
        raise SettingsProblem(f"{name} names the folder {folder}, which does not exist.")
    return folder
