from __future__ import annotations

from typing import Any

import pytest

from tests.validation.comparison import missing

PORT = {"name": "http", "port": 80}


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ({"a": 1}, {"a": 1, "added": 2}),
        ({"cpu": "1000m"}, {"cpu": "1"}),
        ({"memory": "1Gi"}, {"memory": "1024Mi"}),
        ({"nodePort": 0, "host": "", "annotations": {}}, {"nodePort": 31234}),
        ([PORT], [{**PORT, "protocol": "TCP"}]),
        (None, None),
    ],
)
def test_what_a_server_adds_or_rewrites_is_no_difference(wanted: Any, there: Any) -> None:
    assert list(missing(wanted, there)) == []


@pytest.mark.parametrize(
    ("wanted", "there", "told"),
    [
        ({"a": {"b": 1}}, {"a": {}}, "a.b is None, not 1"),
        ({"ports": [PORT]}, {"ports": [{**PORT, "port": 81}]}, "ports[0].port is 81, not 80"),
        ({"ports": [PORT]}, {"ports": [PORT, PORT]}, "ports is"),
        ({"probe": {"path": "/"}}, {}, "probe.path is None, not '/'"),
        ({"cpu": "1"}, {"cpu": "2"}, "cpu is '2', not '1'"),
        ({"tag": "1abc"}, {"tag": "1abd"}, "tag is '1abd', not '1abc'"),
        ({"a": {"b": 1}}, {"a": "text"}, "a.b is None, not 1"),
    ],
)
def test_what_was_altered_is_named_with_its_place(wanted: Any, there: Any, told: str) -> None:
    (found,) = missing(wanted, there)
    assert found.startswith(told)
