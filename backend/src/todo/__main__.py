"""Command line: `python -m todo serve | migrate | openapi`."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from todo import __version__
from todo.errors import ConfigurationError, TodoError

if TYPE_CHECKING:
    from todo.settings import Settings

_WAIT_S = 60.0


def _serve(arguments: argparse.Namespace) -> None:
    from api.listener import leave_on_sigterm, listen

    leave_on_sigterm()
    with listen(arguments.host, arguments.port) as listener:
        # Nearly all of the start is importing. A probe that comes meanwhile waits in the socket's
        # queue, instead of being refused and coming again a second later.
        from api.app import create_app
        from api.server import serve

        settings = _started()
        serve(create_app(settings), listener, settings)


def _migrate(arguments: argparse.Namespace) -> None:
    from todo.schema import migrate

    migrate(_started().database, wait_s=arguments.wait)


def _openapi(_arguments: argparse.Namespace) -> None:
    from api.app import describe

    json.dump(describe(), sys.stdout, indent=2, sort_keys=True)
    sys.stdout.write("\n")


def _started() -> "Settings":
    from todo.logs import configure_logging
    from todo.settings import Settings

    settings = Settings.load()
    configure_logging(settings.log_level, settings.log_format)
    return settings


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time from 0 to 3600 seconds")
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m todo", description="The todo service.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serving = commands.add_parser("serve", help="answer HTTP requests")
    serving.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    serving.add_argument("--port", default=8000, type=_port, help="default: %(default)s; 0: any")
    serving.set_defaults(run=_serve)

    migrating = commands.add_parser("migrate", help="bring the database's schema up to date")
    migrating.add_argument(
        "--wait",
        default=_WAIT_S,
        type=_seconds,
        metavar="SECONDS",
        help="how long to wait for the database; default: %(default)g",
    )
    migrating.set_defaults(run=_migrate)

    describing = commands.add_parser("openapi", help="print the OpenAPI document")
    describing.set_defaults(run=_openapi)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0 done, 1 failed, 2 wrong usage or settings."""
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except TodoError as error:
        print(f"todo: {error}", file=sys.stderr)
        return 2 if isinstance(error, ConfigurationError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
