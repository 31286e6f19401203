from __future__ import annotations

import pytest

from phaseline.operators.deployments.pruning import images_in, superseded

BACKEND, PAGE = "localhost/shop/backend:", "localhost/shop/page:"
TARGETS = {
    f"{BACKEND}1": "digest-1",
    "sha256:id-1": "digest-1",
    f"{BACKEND}2": "digest-2",
    "sha256:id-2": "digest-2",
    f"{PAGE}1": "digest-3",
    "sha256:id-3": "digest-3",
    "localhost/other/backend:1": "digest-4",
    "localhost/phaseline/pause:1": "digest-5",
    "sha256:id-5": "digest-5",
}


@pytest.mark.parametrize(
    ("wanted", "gone"),
    [
        ({f"{BACKEND}1", f"{BACKEND}2", f"{PAGE}1"}, set()),
        ({f"{BACKEND}2", f"{PAGE}1"}, {f"{BACKEND}1", "sha256:id-1"}),
        ({"sha256:id-1", f"{BACKEND}2"}, {f"{PAGE}1", "sha256:id-3"}),
    ],
)
def test_what_nothing_needs_goes_with_its_id(wanted: set[str], gone: set[str]) -> None:
    assert superseded(TARGETS, (BACKEND, PAGE), wanted) == gone


def test_what_is_not_the_applications_stays() -> None:
    gone = superseded(TARGETS, (BACKEND, PAGE), ())
    assert not {name for name in gone if "other" in name or "pause" in name or "id-5" in name}
    same = {**TARGETS, "localhost/other/copy:1": "digest-1"}
    assert f"{BACKEND}1" not in superseded(same, (BACKEND, PAGE), ())


def test_an_image_with_a_new_name_keeps_its_id() -> None:
    twice = {**TARGETS, f"{BACKEND}3": "digest-1"}
    gone = superseded(twice, (BACKEND,), {f"{BACKEND}3"})
    assert gone == {f"{BACKEND}2", "sha256:id-2"}


def test_images_are_found_wherever_containers_are() -> None:
    pod = {"initContainers": [{"image": "a"}], "containers": [{"image": "b", "name": "image"}]}
    job = {"spec": {"template": {"spec": pod}}}
    assert set(images_in([job, {"image": {"tag": "no name"}}, {"kind": "Service"}])) == {"a", "b"}
