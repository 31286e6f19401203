"""Rights that were just given: the API server knows of them a moment after it has stored them.

Its authorizer reads roles and bindings from caches of its own
(https://kubernetes.io/docs/reference/access-authn-authz/rbac/), which follow by watching.
"""

from __future__ import annotations

from collections.abc import Sequence

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from phaseline.core.errors import TimedOut
from phaseline.operators.ai_operations.execution.rights import Rule
from phaseline.tools.api_server import ApiServer

_SECONDS = 10.0


def granted(api: ApiServer, rules: Sequence[Rule], namespace: str) -> bool:
    """Whether the account that `api` is connected as has the last of `rules`, given in order.

    Args:
        namespace: where; "" for all namespaces.
    """
    last = rules[-1]
    return api.allowed(
        last["verbs"][0],
        last["resources"][0],
        last["apiGroups"][0],
        namespace,
        name=last.get("resourceNames", [""])[0],
    )


def await_granted(api: ApiServer, rules: Sequence[Rule], namespace: str) -> None:
    """Wait until the account has its rights.

    Raises:
        TimedOut: it has not got them within ten seconds.
    """
    tries = Retrying(
        retry=retry_if_result(lambda told: not told),
        stop=stop_after_delay(_SECONDS),
        wait=wait_fixed(0.02),
        retry_error_callback=lambda _: False,
    )
    if not tries(granted, api, rules, namespace):
        raise TimedOut(
            "the account made for this request has not been given its rights",
            why=f"the API server still refuses {rules[-1]} after {_SECONDS:.0f} s",
        )
