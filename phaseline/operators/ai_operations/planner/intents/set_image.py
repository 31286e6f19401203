"""Another image for a workload's container."""

from __future__ import annotations

from phaseline.operators.ai_operations.planner.containers import container_of, workload_of
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.makers import container, in_container
from phaseline.operators.ai_operations.planner.names import images
from phaseline.operators.ai_operations.planner.targets import target
from phaseline.operators.ai_operations.plans.model import FieldEquals, RolledOut


def _read(clause: Clause) -> Reading:
    one = target(clause)
    workload = workload_of(clause, one)
    found = images(clause)
    text = found[-1][1] if found else ""
    changed = container_of(clause, workload, text)
    if text and ":" not in text.rpartition("/")[2] and clause.sentence.word("version", "tag"):
        text = _tag(clause, text)
    wanted = clause.world.image(text) if text else _tag(clause, changed["image"])
    content = {"image": wanted}
    return Reading(
        f"give container {changed['name']} of {one} the image {wanted}",
        (container(one, changed["name"], content, "another image"),),
        (
            RolledOut(target=one),
            FieldEquals(target=one, path=in_container(changed["name"], "image"), value=wanted),
        ),
        about=one,
    )


def _tag(clause: Clause, now: str) -> str:
    """The image of now in another version: `to version 1.28`."""
    sentence = clause.sentence
    marks = sentence.behind("version", "tag", "to")
    for _, text in sentence.after(marks, lambda text: any(c.isdigit() for c in text), reach=2):
        last = now.rpartition("/")[2]
        base = now.rpartition(":")[0] if ":" in last else now
        return f"{base}:{text}"
    raise Missing("which image")


INTENT = Intent(
    name="set an image",
    cues={
        "update": 1.5, "image": 2, "#image": 1, "replicas": -1, "create": -0.3, "delete": -1,
        "expose": -2,
        "resources": -2, "env": -2, "canary": -4, "bluegreen": -3, "job": -2, "cronjob": -2,
        "sidecar": -2, "undo": -1.5, "probe": -2, "autoscale": -3,
    },
    all_of=(("update", "image", "#image"),),
    none_of=("why", "bluegreen"),
    read=_read,
    examples=(
        "set the image of web to nginx:1.28",
        "upgrade checkout to version 2.1",
        "roll out localhost/shop:2 on checkout",
    ),
)  # fmt: skip
