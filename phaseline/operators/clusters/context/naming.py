"""Which context is meant: one that looks like production is taken by its name only."""

from __future__ import annotations

import re
from typing import Any

from phaseline.core.errors import InvalidConfiguration
from phaseline.tools import kubeconfig

_PRODUCTION = re.compile(r"(?<![a-z])(prod|production|prd|live)(?![a-z])", re.IGNORECASE)


def chosen_name(named: str) -> str:
    """The context that is named, or the current one where none is.

    Raises:
        InvalidConfiguration: there is no such context, or the current one looks like production.
    """
    told = kubeconfig.of_user()
    name = named or str(told.get("current-context") or "")
    if not name:
        there = ", ".join(kubeconfig.names(told))
        raise InvalidConfiguration("no context is named, and none is the current one", why=there)
    alone = kubeconfig.only(told, name)
    if not named and (sign := production(name, alone)):
        raise InvalidConfiguration(
            f"the current context {name} looks like production",
            why=f"{sign!r} in its name or its server's",
            fix=f"if it is meant, name it: `--cluster context:{name}`",
        )
    return name


def production(name: str, told: dict[str, Any]) -> str:
    """The word by which a context looks like production; "" for none; pure."""
    cluster, _ = kubeconfig.current(told)
    words = (name, told["contexts"][0]["context"].get("cluster", ""), cluster.get("server", ""))
    found = (_PRODUCTION.search(str(word)) for word in words)
    return next((one.group(0) for one in found if one), "")
