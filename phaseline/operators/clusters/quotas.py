"""The ResourceQuota and LimitRange of the application's namespace, from `quota` of pipeline.yaml.

https://kubernetes.io/docs/concepts/policy/resource-quotas/ and
https://kubernetes.io/docs/concepts/policy/limit-range/
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from phaseline.core.files import write_atomic
from phaseline.core.finding import Finding
from phaseline.core.report import Report, Standing
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.operators.clusters.quantity import quantity
from phaseline.render import render
from phaseline.tools.api_server import ApiServer

NAME = "phaseline"
_TEMPLATE = Path(__file__).parent / "templates/quota.yaml.j2"
_FIELDS = {"ResourceQuota": "hard", "LimitRange": "limits"}


def manifest_file(context: Context) -> Path:
    """Where the rendered manifest is."""
    return context.state / "quota" / "quota.yaml"


def render_quota(context: Context) -> Report:
    """Write the manifest of those that are wanted; it is empty where none is."""
    values = {
        "name": NAME,
        "namespace": context.pipeline.chart.namespace,
        "quota": context.pipeline.quota.namespace,
        "limits": _limits(context.workspace.settings["quota"]["container"]),
    }
    parts = render(_TEMPLATE, values).split("---\n")
    wanted = [part for part in parts if _says_something(yaml.safe_load(part))]
    write_atomic(manifest_file(context), "---\n".join(wanted))
    return Report(f"{len(wanted)} objects" if wanted else "pipeline.yaml asks for none")


def _limits(settings: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    wanted = {
        "default": settings["limits"],
        "defaultRequest": settings["requests"],
        "max": settings["most"],
    }
    return {"type": "Container", **{name: value for name, value in wanted.items() if value}}


def _says_something(one: Mapping[str, Any]) -> bool:
    spec = one["spec"]
    return bool(spec.get("hard")) or any(len(limit) > 1 for limit in spec.get("limits", ()))


def apply_quota(context: Context) -> Report:
    """Bring them into the namespace, which is made if need be; remove those not wanted any more."""
    kubectl, namespace = access.kubectl(context), context.pipeline.chart.namespace
    wanted = _wanted(context)
    if wanted:
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        kubectl.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": [space, *wanted]}))
    unwanted = sorted(_FIELDS.keys() - {one["kind"] for one in wanted})
    for kind in unwanted:
        kubectl.delete(kind, NAME, "-n", namespace)
    names = ", ".join(one["kind"] for one in wanted) or "none"
    return Report(f"{names} in {namespace}", identity=held(context))


def _wanted(context: Context) -> list[Any]:
    parts = yaml.safe_load_all(manifest_file(context).read_text())
    return [part for part in parts if part]


def held(context: Context) -> dict[str, str]:
    """What is in the namespace: a version for each, empty where there is none."""
    with access.api(context) as api:
        return {kind: _spec(api, context, kind) for kind in _FIELDS}


def _spec(api: ApiServer, context: Context, kind: str) -> str:
    found = _find(api, context, kind)
    return json.dumps(found["spec"], sort_keys=True) if found else ""


def _find(api: ApiServer, context: Context, kind: str) -> Any:
    namespace = context.workspace.settings["chart"]["namespace"]
    return api.get(f"/api/v1/namespaces/{namespace}/{kind.lower()}s/{NAME}")


def quota_stands(context: Context) -> Standing:
    """Whether they are in the namespace as they were brought there."""
    return Standing(True, "looked at", held(context))


def set_as_wanted(context: Context, api: ApiServer) -> Iterator[Finding]:
    """Whether those that are wanted are set."""
    for wanted, found in _pairs(context, api):
        yield judge(wanted, found)


def findings(context: Context, api: ApiServer) -> Iterator[Finding]:
    """Whether those that are wanted are set, and the quota has room."""
    for wanted, found in _pairs(context, api):
        yield judge(wanted, found)
        if found and wanted["kind"] == "ResourceQuota":
            yield room(found)


def _pairs(context: Context, api: ApiServer) -> Iterator[tuple[Any, Any]]:
    """Each that is wanted, with what is there; none before they are rendered."""
    if manifest_file(context).exists():
        for wanted in _wanted(context):
            yield wanted, _find(api, context, wanted["kind"])


def judge(wanted: Mapping[str, Any], found: Mapping[str, Any] | None) -> Finding:
    """Whether an object is set as wanted; pure."""
    kind = wanted["kind"]
    name, fix = f"{kind} of {wanted['metadata']['namespace']}", "`invoke cluster` sets it again"
    if found is None:
        return Finding(name, False, "it is not set", fix)
    if not _same(wanted["spec"][_FIELDS[kind]], found["spec"][_FIELDS[kind]]):
        return Finding(name, False, "it was altered", fix)
    return Finding(name, True, "set as wanted")


def room(found: Mapping[str, Any]) -> Finding:
    """Whether nothing of a quota is used up; pure."""
    told = found.get("status", {})
    hard, used = told.get("hard", {}), told.get("used", {})
    full = [key for key in used if quantity(used[key]) >= quantity(hard[key]) > 0]
    seen = ", ".join(f"{key} {used[key]} of {hard[key]}" for key in sorted(used))
    return Finding("room in the quota", not full, seen, f"raise {', '.join(full)} in pipeline.yaml")


def _same(wanted: Any, found: Any) -> bool:
    """Whether all that is wanted is there; the server adds defaults, and writes 1000m as 1."""
    if isinstance(wanted, Mapping):
        return all(key in found and _same(wanted[key], found[key]) for key in wanted)
    if isinstance(wanted, list):
        return len(wanted) == len(found) and all(map(_same, wanted, found))
    return bool(wanted == found or _number(wanted) == _number(found) != -1)


def _number(text: str) -> float:
    return quantity(text) if text[:1].isdigit() else -1.0
