"""The secret that lets a cluster's nodes pull from a registry that wants credentials.

https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/
"""

from __future__ import annotations

import json

from phaseline.core.workspace import Context
from phaseline.operators.clusters.context import pushed
from phaseline.process.run import run
from phaseline.tools.kubectl import Kubectl

NAME = "phaseline-registry"


def apply(context: Context, kubectl: Kubectl, namespace: str) -> tuple[str, ...]:
    """Make the secret where credentials are given, and let the default service account have it.

    Returns its name, for pods with other service accounts.
    """
    known = pushed.registry(context)
    if not known.user:
        return ()
    host = pushed.wanted(context).address.partition("/")[0]
    metadata = {"name": NAME, "namespace": namespace}
    told = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/dockerconfigjson",
        "metadata": metadata,
        "stringData": {".dockerconfigjson": known.docker_configuration(host)},
    }
    kubectl.apply(json.dumps(told))
    account = ("-n", namespace, "serviceaccount/default")
    run(kubectl.command("wait", "--for=create", *account, "--timeout=20s"))
    patch = json.dumps({"imagePullSecrets": [{"name": NAME}]})
    run(kubectl.command("patch", *account, "--type=merge", f"--patch={patch}"))
    return (NAME,)
