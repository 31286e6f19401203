"""The OpenAPI document: printed without a database, true to what the service answers."""

import json
from typing import Any, cast

import pytest
import schemathesis
from api.app import describe
from api.problems import STATUS
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks
from todo.errors import TodoError

from tests.api.service import Service, run

load_all_checks()
schema = schemathesis.openapi.from_dict(describe())


def test_the_command_needs_no_settings() -> None:
    result = run("openapi")
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout) == describe()


def test_the_service_gives_out_the_same(service: Service) -> None:
    assert service.client.get("/api/openapi.json").json() == describe()


def test_every_error_has_a_status() -> None:
    assert set(STATUS) == set(TodoError.__subclasses__())


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in describe()["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.mark.parametrize(("path", "method", "operation"), operations())
def test_every_error_that_is_described_is_a_problem(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    errors = {code: answer for code, answer in operation["responses"].items() if code >= "400"}
    for code, answer in errors.items():
        assert list(answer["content"]) == ["application/problem+json"], (path, method, code)


def excluded_checks(case: schemathesis.Case[Any]) -> list[str]:
    """Names of the checks that would judge this case wrongly."""
    excluded = []
    body = case.body if isinstance(case.body, dict) else {}
    if "cursor" in (case.query or {}) or "if-match" in (case.headers or {}) or "version" in body:
        # Well-formed is not enough: a cursor was given out earlier, and a version can be stale.
        excluded.append("positive_data_acceptance")
    if case.path.endswith("/clear-done"):
        # With another method this is the path of a todo, whose id is then refused.
        excluded += ["unsupported_method", "allow_header_conformance"]
    return excluded


@schema.parametrize()
@settings(
    max_examples=20,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_what_is_described_is_what_happens(case: schemathesis.Case[Any], service: Service) -> None:
    excluded = CHECKS.get_by_names(excluded_checks(case))
    case.call_and_validate(
        base_url=service.base_url,
        checks=cast(list[Any], CHECKS.get_all()),
        excluded_checks=cast(list[Any], excluded),
    )
