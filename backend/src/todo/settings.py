"""Settings from the environment, checked before anything starts."""

import os
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from todo.errors import ConfigurationError

PREFIX = "TODO_"
POSTGRESQL = "postgresql+psycopg"
EXPECTED = "set it to postgresql+psycopg://USER:PASSWORD@HOST:5432/NAME or sqlite:///PATH/todo.db"

_PLACEHOLDER = re.compile(
    r"change[-_ ]?me|placeholder|replace[-_ ]?(me|this)|your[-_]|<[^>]*>|\$\{|\{\{|\bxxx+\b",
    re.IGNORECASE,
)


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """JSON for machines, console for people."""

    JSON = "json"
    CONSOLE = "console"


def _lowered(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class Settings(BaseSettings):
    """The service's settings; each is an environment variable with the prefix TODO_."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, hide_input_in_errors=True
    )

    database_url: SecretStr
    log_level: Annotated[LogLevel, BeforeValidator(_lowered)] = LogLevel.INFO
    log_format: Annotated[LogFormat | None, BeforeValidator(_lowered)] = None
    revision: str = Field(default="unknown", max_length=200)
    # Seconds for requests in flight when it is told to end. With one, it ends within two: the rest
    # goes to closing connections. Where a busy machine lets requests queue up, give it more.
    grace: int = Field(default=1, ge=1, le=60)

    @field_validator("database_url")
    @classmethod
    def _usable(cls, value: SecretStr) -> SecretStr:
        _checked_url(value.get_secret_value())
        return value

    @property
    def database(self) -> URL:
        """The parsed address; printing it hides the password."""
        return make_url(self.database_url.get_secret_value())

    @classmethod
    def load(cls) -> Self:
        """Read the environment; raises ConfigurationError naming each wrong variable."""
        try:
            return cls()  # type: ignore[call-arg]  # the environment gives what is missing
        except ValidationError as error:
            lines = [_explained(detail) for detail in error.errors(include_input=False)]
            raise ConfigurationError("; ".join(lines)) from None


def _explained(detail: ErrorDetails) -> str:
    name = PREFIX + str(detail["loc"][0]).upper()
    if detail["type"] == "missing":
        return f"{name} is not set: {EXPECTED}"
    return f"{name} {detail['msg'].removeprefix('Value error, ')}"


def _checked_url(text: str) -> None:
    """Raise ValueError, without any part of `text`, unless a database could be there."""
    if _PLACEHOLDER.search(text):
        raise ValueError(f"still holds a placeholder: {EXPECTED}")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # Neither the text nor the parser's message may be shown: both can hold the password.
        raise ValueError(f"is not a database address: {EXPECTED}") from None
    if url.drivername == POSTGRESQL:
        _check_postgresql(url)
    elif url.drivername == "sqlite":
        _check_sqlite(url)
    else:
        raise ValueError(f"must begin with {POSTGRESQL}:// or sqlite:///: {EXPECTED}")


def _check_postgresql(url: URL) -> None:
    if not url.host and "host" not in url.query:
        raise ValueError(f"names no host: {EXPECTED}")
    if not url.database:
        raise ValueError(f"names no database after the host: {EXPECTED}")
    if url.port is not None and not 0 < url.port < 65536:
        raise ValueError(f"has a port outside 1 to 65535: {EXPECTED}")


def _check_sqlite(url: URL) -> None:
    if url.host or not url.database or url.database == ":memory:":
        raise ValueError(
            f"names no file; three slashes begin a path, four an absolute one: {EXPECTED}"
        )
    path = Path(url.database)
    if path.is_dir():
        raise ValueError("names a folder: give the path of a file in it")
    if not path.parent.is_dir():
        raise ValueError("names a file in a folder that does not exist: create that folder first")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise ValueError("names a file that this user may not write: change its owner or the path")
