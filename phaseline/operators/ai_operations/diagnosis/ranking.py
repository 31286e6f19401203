"""From what rules have found to root causes by rank: what explains others goes first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from phaseline.operators.ai_operations.diagnosis.addresses import named
from phaseline.operators.ai_operations.diagnosis.finding import Cause
from phaseline.operators.ai_operations.diagnosis.rules.claims import claimed
from phaseline.operators.ai_operations.diagnosis.rules.exposure import backends
from phaseline.operators.ai_operations.snapshot.model import Snapshot
from phaseline.operators.ai_operations.snapshot.objects import Ref, healthy, labels, matches, ref

Needs = dict[Ref, set[Ref]]


def needs(snapshot: Snapshot, namespace: str) -> Needs:
    """Which objects each object of a namespace needs: an Ingress its Services, those their pods'
    workloads, a workload its claims and the Services that it is told to use."""
    found: Needs = {}
    workloads = snapshot.workloads(namespace)
    for one in workloads:
        wanted = {Ref("PersistentVolumeClaim", namespace, name) for name in claimed(one.spec)}
        for address in named(snapshot, one):
            place, name = address.service(namespace)
            wanted.add(Ref("Service", place, name))
        found[one.ref] = wanted
    for service in snapshot.all("Service", namespace):
        selector = service["spec"].get("selector")
        found[ref(service)] = {w.ref for w in workloads if matches(selector, labels(w.object))}
    for ingress in snapshot.all("Ingress", namespace):
        names = {backend["name"] for _, backend in backends(ingress)}
        found[ref(ingress)] = {Ref("Service", namespace, name) for name in names}
    for scaler in snapshot.all("HorizontalPodAutoscaler", namespace):
        target = scaler["spec"]["scaleTargetRef"]
        found[ref(scaler)] = {Ref(target["kind"], namespace, target["name"])}
    return found


def reached(known: Needs, start: Iterable[Ref]) -> set[Ref]:
    """All that some objects need, themselves included."""
    seen: set[Ref] = set()
    open_ = list(start)
    while open_:
        one = open_.pop()
        if one not in seen:
            seen.add(one)
            open_ += known.get(one, ())
    return seen


def ranked(snapshot: Snapshot, namespace: str, found: Iterable[Cause]) -> list[Cause]:
    """Root causes, the one that explains most of what is unwell first.

    A symptom stays only where no cause lies in what its object needs.
    """
    listed, known = list(found), needs(snapshot, namespace)
    causes = [one for one in listed if not one.symptom]
    guilty = {each: one for one in causes for each in (one.subject, *one.about)}
    symptoms = [
        one
        for one in listed
        if one.symptom and not reached(known, (one.subject, *one.about)) & guilty.keys()
    ]
    kept = [*_without_doubles(causes), *_roots(symptoms, known)]
    unwell = [w.ref for w in snapshot.workloads(namespace) if not healthy(w.object)]
    unwell += [one.subject for one in listed if one.symptom]
    reach = {one: reached(known, (one,)) for one in dict.fromkeys(unwell)}

    def weight(one: Cause) -> tuple[bool, bool, int, float]:
        explains = sum(one.subject in seen for seen in reach.values())
        return not one.symptom, explains > 0, explains, one.confidence

    return sorted(kept, key=weight, reverse=True)


def _without_doubles(causes: Sequence[Cause]) -> list[Cause]:
    """One of each rule for each subject and sentence."""
    return list({(one.rule, one.subject, one.what): one for one in causes}.values())


def _roots(symptoms: Sequence[Cause], known: Needs) -> list[Cause]:
    """Of symptoms that follow from each other the one at the bottom."""
    subjects = {one.subject for one in symptoms}
    return [
        one
        for one in symptoms
        if not (reached(known, known.get(one.subject, ())) - {one.subject}) & subjects
    ]
