"""What of a change is shown: all that differs, and nothing secret."""

from __future__ import annotations

from typing import Any

from phaseline.operators.ai_operations.execution.difference import difference
from phaseline.operators.ai_operations.plans.collision import collide
from phaseline.operators.ai_operations.plans.making import remade
from phaseline.operators.ai_operations.plans.model import ObjectReference, Patch

TARGET = ObjectReference(kind="Deployment", name="web", namespace="shop")


def _of(url: str) -> dict[str, Any]:
    variable = {"name": "DATABASE_URL", "value": url}
    return {"kind": "Deployment", "metadata": {}, "spec": {"env": [variable]}}


def test_a_password_in_an_address_is_not_shown() -> None:
    lines = difference(_of("postgres://u:planted@a/x"), _of("postgres://u:planted@b/x"))
    assert len(lines) == 1
    assert "planted" not in lines[0]
    assert "@a/x" in lines[0]
    assert "@b/x" in lines[0]


def test_two_passwords_that_differ_are_a_change() -> None:
    assert difference(_of("postgres://u:planted@a"), _of("postgres://u:other@a"))


def test_a_misspelt_name_hides_its_value_too() -> None:
    for name in ("POSTGRES_PASWORD", "DB_PASSWORD", "API_TOEKN", "SECRTE_KEY"):
        one = {"spec": {"env": [{"name": name, "value": "planted"}]}}
        assert "planted" not in str(difference(one, None)), name
    one = {"spec": {"env": [{"name": "LOG_LEVEL", "value": "debug"}]}}
    assert "debug" in str(difference(one, None))


def test_the_copy_that_kubectl_keeps_is_not_shown() -> None:
    noted = {"kubectl.kubernetes.io/last-applied-configuration": '{"value": "planted"}', "a": "b"}
    lines = difference({"metadata": {"name": "x", "annotations": noted}}, None)
    assert "planted" not in str(lines)
    assert "- metadata.annotations.a: b" in lines


def _patch(name: str, **fields: Any) -> Patch:
    listed = [{"name": name, **fields}]
    patch = {"spec": {"template": {"spec": {"containers": listed}}}}
    return Patch(target=TARGET, patch=patch)


def test_patches_of_other_fields_go_together() -> None:
    assert not collide(_patch("a", image="x:1"), _patch("a", command=["y"]))
    assert not collide(_patch("a", image="x:1"), _patch("b", image="x:2"))
    assert collide(_patch("a", image="x:1"), _patch("a", image="x:2"))
    assert collide(_patch("a", resources={"limits": {"cpu": 1}}), _patch("a", resources=None))


def test_a_job_is_made_anew_without_what_tells_its_pods_apart() -> None:
    labels = {"batch.kubernetes.io/controller-uid": "x", "job-name": "j", "mine": "y"}
    template = {"metadata": {"labels": labels}, "spec": {}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": "j", "namespace": "shop", "uid": "x", "labels": labels}
    made = remade({"kind": "Job", "metadata": metadata, "spec": spec, "status": {}})
    assert made["spec"]["template"]["metadata"]["labels"] == {"mine": "y"}
    assert "selector" not in made["spec"]
    assert made["metadata"] == {"name": "j", "namespace": "shop", "labels": {"mine": "y"}}
