from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from phaseline.operators.services.balance import Spread, is_spread, since
from phaseline.operators.services.live import Live
from phaseline.tools import connections

SNMP = """\
Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm ActiveOpens PassiveOpens AttemptFails
Tcp: 1 7 42 0
Udp: InDatagrams
Udp: 9
"""


def live(*endpoints: str, **spec: Any) -> Live:
    return Live({"metadata": {"name": "web"}, "spec": spec}, endpoints)


def test_how_far_the_parts_are_from_even() -> None:
    one = Spread("web", {"a": 260, "b": 240, "c": 250, "d": 250})
    assert one.even == 250
    assert one.worst == pytest.approx(0.04)
    assert one.deviation == pytest.approx(0.02828, abs=1e-5)
    assert one.by_chance == pytest.approx(0.05477, abs=1e-5)
    assert str(one) == ("web: 240, 250, 250, 260; deviation 2.8%, worst 4.0%, by chance 5.5%")


def test_a_pod_that_gets_nothing_is_as_far_as_can_be() -> None:
    assert Spread("web", {"a": 100, "b": 0}).worst == 1


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (live("1", "2", clusterIP="10.0.0.1"), True),
        (live("1", clusterIP="10.0.0.1"), False),
        (live("1", "2", clusterIP="None"), False),
        (live("1", "2"), False),
        (live("1", "2", clusterIP="10.0.0.1", sessionAffinity="ClientIP"), False),
    ],
)
def test_which_services_choose_among_pods(one: Live, expected: bool) -> None:
    assert is_spread(one) == expected


def test_what_came_meanwhile() -> None:
    assert since({"a": 5, "gone": 9}, {"a": 8, "new": 3}) == {"a": 3}


def test_accepted_connections_are_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "7" / "net").mkdir(parents=True)
    (tmp_path / "7" / "net" / "snmp").write_text(SNMP)
    assert connections.accepted(7, tmp_path) == 42


def test_each_connection_is_counted_by_the_kernel() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        before = connections.accepted(os.getpid())
        connections.connect("127.0.0.1", server.getsockname()[1], 20)
        assert connections.accepted(os.getpid()) >= before + 20
