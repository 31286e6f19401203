"""Numbers, amounts, schedules and clauses in words."""

from __future__ import annotations

import pytest

from phaseline.operators.ai_operations.planner.amounts import count, ports, schedule
from phaseline.operators.ai_operations.planner.clauses import clauses
from phaseline.operators.ai_operations.planner.sentence import Sentence, image, joined
from phaseline.operators.ai_operations.planner.words import numbers, quantities, tokens


def sentence(text: str) -> Sentence:
    """A text as a clause."""
    return Sentence(tuple(tokens(text)))


@pytest.mark.parametrize(
    ("text", "value"),
    [("five", 5), ("twenty five", 25), ("twenty-five", 25), ("a dozen", 12), ("3.5", 3.5)],
)
def test_numbers(text: str, value: float) -> None:
    assert [float(one.value) for one in numbers(tokens(text))] == [value]


@pytest.mark.parametrize("text", ["20%", "20 percent", "twenty per cent"])
def test_percentages(text: str) -> None:
    (one,) = numbers(tokens(text))
    assert one.value == 20
    assert one.percent


@pytest.mark.parametrize(
    ("text", "of", "amount"),
    [
        ("256Mi", "memory", "256Mi"),
        ("half a gig", "memory", "512Mi"),
        ("2 gigabytes", "memory", "2Gi"),
        ("500m", "cpu", "500m"),
        ("half a core", "cpu", "500m"),
        ("1.5 cores", "cpu", "1500m"),
        ("one and a half cores", "cpu", "1500m"),
        ("two cpus", "cpu", "2"),
        ("a quarter of a core", "cpu", "250m"),
    ],
)
def test_amounts(text: str, of: str, amount: str) -> None:
    (one,) = quantities(tokens(text))
    assert (one.of, one.text) == (of, amount)


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("every 5 minutes", "*/5 * * * *"),
        ("every minute", "* * * * *"),
        ("hourly", "0 * * * *"),
        ("every night at 2am", "0 2 * * *"),
        ("every monday at 9", "0 9 * * 1"),
        ("daily at 16:30", "30 16 * * *"),
        ("with the schedule '*/10 * * * *'", "*/10 * * * *"),
        ("now", ""),
    ],
)
def test_schedules(text: str, cron: str) -> None:
    assert schedule(sentence(text)) == cron


def test_ports_and_counts_are_told_apart() -> None:
    one = sentence("3 replicas of it on port 80 going to 8080")
    assert (count(one), ports(one)) == (3, [80, 8080])


@pytest.mark.parametrize(
    ("text", "is_image"),
    [("nginx:1.27", True), ("a/b", True), ("web", False), ("/etc/app", False), ("10:30", False)],
)
def test_images_by_their_form(text: str, is_image: bool) -> None:
    assert image(text) == is_image


def test_a_request_falls_into_what_it_orders() -> None:
    text = "scale web to 3, then restart api and expose it on port 80. Delete old-web"
    assert [joined(one.tokens) for one in clauses(sentence(text))] == [
        "scale web to 3",
        "restart api",
        "expose it on port 80",
        "Delete old-web",
    ]


def test_what_a_role_allows_is_not_ordered() -> None:
    assert len(clauses(sentence("create a role that can get pods and delete jobs"))) == 1


def test_quoted_words_stay_together() -> None:
    assert [one.text for one in tokens("runs 'sleep 10' don't")] == [
        "runs",
        "sleep 10",
        "do",
        "not",
    ]
