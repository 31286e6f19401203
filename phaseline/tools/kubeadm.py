"""kubeadm, for what it is best at: certificates and kubeconfigs."""

from __future__ import annotations

from pathlib import Path

from phaseline.process.command import Command
from phaseline.process.run import run


def certificates(program: Path, config: Path) -> None:
    """Make all certificates that the configuration file asks for; existing ones are kept."""
    run(Command(argv=(str(program), "init", "phase", "certs", "all", f"--config={config}")))


def kubeconfigs(program: Path, config: Path, folder: Path) -> None:
    """Make the kubeconfigs of the control plane, the kubelet and the administrators in `folder`."""
    phase = (str(program), "init", "phase", "kubeconfig", "all", f"--config={config}")
    run(Command(argv=(*phase, f"--kubeconfig-dir={folder}")))


def user_kubeconfig(program: Path, config: Path, user: str) -> str:
    """A kubeconfig with a client certificate for `user`, as text."""
    ask = (str(program), "kubeconfig", "user", f"--config={config}", f"--client-name={user}")
    return run(Command(argv=ask, data=True)).stdout  # with a private key in it
