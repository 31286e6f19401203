"""The OpenAPI document is true: what is described is what is answered, whatever is asked."""

from __future__ import annotations

import os
from typing import Any, cast

import pytest
import schemathesis
from api.management.app import describe
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks

from phaseline.core.tokens import Role, ensure
from tests.management.conftest import World

# each route has so many requests; PHASELINE_API_REQUESTS=20000 asks that many in all
ROUTES = sum(len(methods) for methods in describe()["paths"].values())
REQUESTS = int(os.environ.get("PHASELINE_API_REQUESTS", str(ROUTES * 12)))
EXAMPLES = max(2, REQUESTS // ROUTES)

load_all_checks()


def without_tokens() -> dict[str, Any]:
    """The document for somebody who always has a token: without one, `test_guard` asks."""
    document = describe()
    del document["components"]["securitySchemes"]
    for methods in document["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    return document


schema = schemathesis.openapi.from_dict(without_tokens())


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
    if path != "/healthz":
        assert {"401", "403", "421", "422", "429"} <= errors.keys(), (path, method)


def test_every_body_and_every_answer_to_a_change_has_an_example() -> None:
    document = describe()
    schemas = document["components"]["schemas"]
    for _, _, operation in operations():
        if body := operation.get("requestBody"):
            name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            for field, told in schemas[name].get("properties", {}).items():
                kinds = ("examples", "default", "enum")
                assert any(kind in told for kind in kinds) or "pattern" in told, (name, field)
    assert schemas["OperationOut"]["examples"]
    assert schemas["Problem"]["examples"]


def test_it_is_openapi_3_1_and_the_same_that_is_served(furnished: World) -> None:
    assert describe()["openapi"].startswith("3.1")
    assert furnished.client(Role.READER).get("/openapi.json").json() == describe()


def excluded(case: schemathesis.Case[Any]) -> list[str]:
    """Names of the checks that would judge this case wrongly."""
    # Well-formed is not enough: cursors, tags, hashes and keys were given out earlier.
    names = ["positive_data_acceptance"]
    # With another method this is the path of something of that name.
    return [*names, "unsupported_method", "allow_header_conformance"]


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_what_is_described_is_what_happens(case: schemathesis.Case[Any], furnished: World) -> None:
    if "/events" in case.path:  # what goes on for ever is not waited for
        case.query = {**(case.query or {}), "follow": False}
    token = ensure(furnished.context.state)[Role.OPERATOR]
    response = case.call(base_url=furnished.address, headers={"Authorization": f"Bearer {token}"})
    checks = [one for one in CHECKS.get_all() if one.__name__ not in excluded(case)]
    case.validate_response(response, checks=cast(list[Any], checks))
    assert response.status_code < 500


def test_links_lead_from_what_is_accepted_to_its_operation(furnished: World) -> None:
    token = ensure(furnished.context.state)[Role.OPERATOR]

    class Client(schema.as_state_machine()):  # type: ignore[misc]  # made while this runs
        """Follows the links, from a change to its operation and on to its cancellation."""

        def get_call_kwargs(self, case: schemathesis.Case[Any]) -> dict[str, Any]:
            headers = {"Authorization": f"Bearer {token}"}
            return {"base_url": furnished.address, "headers": headers}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            assert response.status_code < 500
            assert str(response.status_code) in case.operation.definition.raw["responses"]

    before = len(furnished.launched)
    bounded = settings(
        max_examples=10,
        stateful_step_count=4,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    Client.run(settings=bounded)
    assert len(furnished.launched) > before
