"""Each scenario tried by hand: red before its solution, green after, and nothing else changed."""

from __future__ import annotations

from benchmarks.ai import verify
from benchmarks.ai.cluster import Cluster
from benchmarks.ai.comparison import differences
from benchmarks.ai.model import Scenario
from benchmarks.ai.stage import Unsettled, fix, settled, staged

_LIMIT = 60.0


def faults(cluster: Cluster, scenario: Scenario, elsewhere: set[str]) -> list[str]:
    """What is wrong with a scenario itself; nothing where it is sound."""
    try:
        with staged(cluster, scenario) as before:
            if scenario.refused:
                return []
            namespace = scenario.namespace
            if not verify.unmet(cluster, namespace, scenario.verify):
                return ["the verifier is green before anything was done"]
            said = fix(cluster, namespace, scenario.solution)
            missing = verify.holds(cluster, namespace, scenario.verify, limit=_LIMIT, said=said)
            changed = differences(
                before,
                settled(cluster),
                namespace=namespace,
                may_change=scenario.may_change,
                elsewhere=elsewhere,
            )
    except Unsettled as error:
        return [f"not settled: {error}"]
    return [*missing, *(f"also changed: {one}" for one in changed)]
