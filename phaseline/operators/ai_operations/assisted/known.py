"""The assistants that can be asked about requests, each behind the interface of all assistants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from phaseline.core.workspace import Context
from phaseline.operators.ai_operations.assisted import configuration
from phaseline.operators.ai_operations.execution import accounts
from phaseline.operators.assistants import choice
from phaseline.operators.assistants.choice import BASE, DEFAULT_BASE, KEY, MODEL, Assistant, Model
from phaseline.operators.assistants.prompts import Prompt
from phaseline.operators.clusters import access
from phaseline.tools import a2a, kubectl_ai, toolchain

NAMES = ("model", "kubectl-ai", "kagent")
KAGENT = "KAGENT_URL"  # as kagent's own programs have it
_PROBE_SECONDS = 5.0


def known(context: Context) -> tuple[Assistant, ...]:
    """All but the rules, in the order of preference: what can do least comes first."""
    told, settings = choice.told(context), context.workspace.settings["model"]
    looking = KubectlAi(
        folder=context.state / "kubectl-ai",
        environment=told,
        kubectl=lambda: access.kubectl(context).program,
        account=lambda: accounts.looking(context, context.state / "kubectl-ai"),
        iterations=settings["iterations"],
        seconds=settings["seconds"],
    )
    agent = configuration.agent(context)
    return (
        Model(told, seconds=settings["seconds"]),
        looking,
        Kagent(environment=told, agent=agent, seconds=settings["seconds"]),
    )


@dataclass(frozen=True, kw_only=True)
class KubectlAi:
    """kubectl-ai, as an account that may only look.

    Attributes:
        folder: where T005 has written its configuration.
        kubectl: gives the program; account: gives the kubeconfig of the account, for as long.
    """

    folder: Path
    environment: Mapping[str, str]
    kubectl: Callable[[], Path]
    account: Callable[[], AbstractContextManager[Path]]
    iterations: int
    seconds: float
    name: str = "kubectl-ai"

    def obstacle(self) -> str:
        """As `Assistant`: it is installed, and a model is told as for `Model`."""
        if toolchain.locate("kubectl-ai") is None:
            return "it is not installed: `invoke setup --with kubectl-ai`"
        return Model(self.environment).obstacle()

    def ask(self, prompt: Prompt) -> str:
        """As `Assistant`."""
        with self.account() as kubeconfig:
            call = kubectl_ai.Call(
                program=toolchain.ensure("kubectl-ai").path,
                folder=self.folder,
                kubectl=self.kubectl(),
                kubeconfig=kubeconfig,
                base=self.environment.get(BASE) or DEFAULT_BASE,
                model=self.environment.get(MODEL, ""),
                key=self.environment.get(KEY, ""),
                iterations=self.iterations,
                limit=self.seconds,
            )
            return kubectl_ai.ask(prompt.whole, call)


@dataclass(frozen=True, kw_only=True)
class Kagent:
    """The agent that T006 has written, where kagent's controller can be reached."""

    environment: Mapping[str, str]
    agent: str
    seconds: float
    name: str = "kagent"

    def obstacle(self) -> str:
        """As `Assistant`: the controller's address is told, and has the agent's card."""
        if not self.environment.get(KAGENT):
            return f"{KAGENT} is not set"
        return a2a.obstacle(self._address, _PROBE_SECONDS)

    def ask(self, prompt: Prompt) -> str:
        """As `Assistant`; the agent has its instructions from its own manifest."""
        return a2a.ask(self._address, prompt.question, self.seconds)

    @property
    def _address(self) -> str:
        return f"{self.environment[KAGENT].rstrip('/')}/api/a2a/kagent/{self.agent}"
