"""An image registry: pushing by the Docker daemon, and asking what it has.

API: https://github.com/opencontainers/distribution-spec/blob/main/spec.md.
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from phaseline.core.errors import CheckFailed, Unreachable
from phaseline.core.files import write_atomic
from phaseline.process.run import run
from phaseline.tools import docker

SECONDS = 10.0
_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)


@dataclass(frozen=True)
class Registry:
    """A registry as this machine names it: `host:port/path`, with credentials or none."""

    address: str
    user: str = ""
    password: str = ""

    @property
    def host(self) -> str:
        """Host and port."""
        return self.address.partition("/")[0]

    def push(self, local: str, name: str, tag: str) -> str:
        """Push the daemon's image `local` as `<address>/<name>:<tag>`; returns its digest there.

        What the registry has is not sent again.

        Raises:
            CommandFailed: the daemon or the registry refuses; its words are in the message.
            CheckFailed: the daemon does not tell a digest.
        """
        repository = f"{self.address}/{name}"
        target = f"{repository}:{tag}"
        run(docker.command("tag", local, target))
        pushed = docker.command("push", "--quiet", target, timeout=900.0)
        with self._configuration() as variables:
            run(replace(pushed, env={**pushed.env, **variables}))
        told = docker.image(docker.host(), target) or {}
        names: list[str] = told.get("RepoDigests") or []
        digests = [one.rpartition("@") for one in names]
        run(docker.command("image", "rm", "--no-prune", target))
        found = [digest for where, _, digest in digests if where == repository]
        if not found:
            raise CheckFailed(f"the Docker daemon tells no digest of {target} after it was pushed")
        return found[0]

    def lacks(self, name: str, digest: str) -> bool:
        """Whether the registry says that it does not have a manifest.

        One that wants a token of another server is not asked further: False.

        Raises:
            Unreachable: it does not answer.
        """
        import httpx

        path = "/".join(filter(None, (self.address.partition("/")[2], name)))
        url = f"{self._scheme}://{self.host}/v2/{path}/manifests/{digest}"
        known = httpx.BasicAuth(self.user, self.password) if self.user else None
        try:
            accept = {"Accept": ", ".join(_MANIFESTS)}
            return httpx.head(url, headers=accept, auth=known, timeout=SECONDS).status_code == 404
        except httpx.HTTPError as error:
            what = f"the registry {self.host} does not answer"
            raise Unreachable(what, why=str(error) or type(error).__name__) from error

    def answers(self) -> None:
        """See that there is a registry that takes our credentials.

        Raises:
            Unreachable: none answers there.
            CheckFailed: it refuses them, or it is none.
        """
        import httpx

        known = httpx.BasicAuth(self.user, self.password) if self.user else None
        try:
            url = f"{self._scheme}://{self.host}/v2/"
            answer = httpx.get(url, auth=known, timeout=SECONDS)
        except httpx.HTTPError as error:
            what = f"the registry {self.host} does not answer"
            raise Unreachable(
                what, why=str(error) or type(error).__name__, fix="correct cluster.registry"
            ) from error
        bearer = "bearer" in answer.headers.get("WWW-Authenticate", "").lower()
        if answer.status_code != 200 and not bearer:
            fix = "set the variables that cluster.registry.user and password name"
            raise CheckFailed(f"the registry {self.host} answers {answer.status_code}", fix=fix)

    def docker_configuration(self, host: str) -> str:
        """The credentials for `host`, as docker's and Kubernetes' configuration has them."""
        pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return json.dumps({"auths": {host: {"auth": pair}} if self.user else {}})

    @property
    def _scheme(self) -> str:
        """As docker has it: a registry of this machine needs no TLS."""
        name = self.host.partition(":")[0]
        return "http" if name == "localhost" or name.startswith("127.") else "https"

    @contextmanager
    def _configuration(self) -> Iterator[dict[str, str | None]]:
        """Variables with our credentials; the user's own configuration where we have none."""
        if not self.user:
            yield {}
            return
        with tempfile.TemporaryDirectory(prefix="pl-registry-") as place:
            file = Path(place) / "config.json"
            write_atomic(file, self.docker_configuration(self.host), mode=0o600)
            yield {"DOCKER_CONFIG": place}
