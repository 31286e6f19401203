"""Label selectors, as Kubernetes reads them:
https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from phaseline.operators.charts.manifest import Object, Workload

Labels = Mapping[str, str]

_OPERATORS: dict[str, Callable[[Labels, str, Sequence[str]], bool]] = {
    "In": lambda labels, key, values: labels.get(key) in values,
    "NotIn": lambda labels, key, values: labels.get(key) not in values,
    "Exists": lambda labels, key, values: key in labels,
    "DoesNotExist": lambda labels, key, values: key not in labels,
}


def matches(selector: Object, labels: Labels) -> bool:
    """Whether a selector with `matchLabels` and `matchExpressions` takes in `labels`."""
    wanted = selector.get("matchLabels") or {}
    return wanted.items() <= labels.items() and all(
        _OPERATORS[one["operator"]](labels, one["key"], one.get("values") or ())
        for one in selector.get("matchExpressions") or ()
    )


def chosen(selector: Object | None, every: Sequence[Workload]) -> list[Workload]:
    """The workloads whose pods a selector takes in; an empty one takes all."""
    return [one for one in every if matches(selector or {}, one.labels)]


def told(selector: Object | None) -> str:
    """A selector in the form that `kubectl get -l` takes; "all pods" for an empty one."""
    parts = [f"{key}={value}" for key, value in ((selector or {}).get("matchLabels") or {}).items()]
    for one in (selector or {}).get("matchExpressions") or ():
        values = f" ({', '.join(one['values'])})" if one.get("values") else ""
        parts.append(f"{one['key']} {one['operator'].lower()}{values}")
    return ", ".join(parts) or "all pods"
