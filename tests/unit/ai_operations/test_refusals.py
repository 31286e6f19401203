"""What is asked back instead of guessed at."""

from __future__ import annotations

import pytest

from phaseline.operators.ai_operations.errors import NotUnderstood, Refused
from phaseline.operators.ai_operations.execution.guard import check_words
from tests.unit.ai_operations.cluster import read


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("make it faster", "which image"),
        ("a horse, a horse, my kingdom", "stands for nothing"),
        ("scale shop to 3", "shop-blue in team, Deployment/shop-green"),
        ("scale nonexistent to 3", "there is no nonexistent in team"),
        ("scale web", "to how many"),
        ("start a redis", "which image"),
        ("create a config map called empty", "what is in it"),
    ],
)
def test_what_is_missing_or_unclear_is_named(request_: str, said: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        read(request_)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "request_",
    [
        "delete everything",
        "delete all deployments",
        "remove the old one",
        "delete pay",  # payments is only like it
        "delete chekout",  # a slip of the finger is no name
        "delete web",  # a Deployment and a Service are called so
        "wipe it",
        "drop the database",
    ],
)
def test_a_removal_is_never_a_guess(request_: str) -> None:
    with pytest.raises(NotUnderstood):
        read(request_)


def test_a_removal_takes_the_kind_that_was_said() -> None:
    (one,) = read("delete the service web").operations
    assert str(one.target) == "Service/web in team"


def test_a_claim_does_not_shrink() -> None:
    with pytest.raises(NotUnderstood, match="cannot shrink"):
        read("resize the claim uploads to 1Gi")


def test_what_is_in_a_closed_namespace_is_not_found_unless_it_is_named() -> None:
    with pytest.raises(NotUnderstood):
        read("scale coredns to 3", namespace="")


@pytest.mark.parametrize(
    "flag",
    [
        "--server=https://192.0.2.1",
        "--token x",
        "--context=other",
        "--as=system:admin",
        "--as-group=system:masters",
        "--kubeconfig /etc/kubernetes/admin.conf",
        "--insecure-skip-tls-verify",
    ],
)
def test_nobody_else_is_spoken_for(flag: str) -> None:
    with pytest.raises(Refused, match=f"cannot give {flag.partition('=')[0].partition(' ')[0]}"):
        check_words(f"kubectl {flag} delete deployment web")


@pytest.mark.parametrize(
    "words", ["run agent with the argument --server=db:1", "scale web to 3", "add --token-file=/t"]
)
def test_a_program_has_flags_of_its_own(words: str) -> None:
    check_words(words)
