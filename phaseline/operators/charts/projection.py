"""What a replay compares of checks on the chart: the objects that they judged."""

from __future__ import annotations

import json
from collections.abc import Iterator

from phaseline.core.files import digest_text
from phaseline.core.workspace import Context
from phaseline.operators.charts.manifest import SERVING, Object, load_manifest, title


def objects(context: Context) -> dict[str, str]:
    """Every object of the manifest with a digest; of a Secret, with the names in it alone."""
    return {title(one): _digest(one) for one in load_manifest(context)}


def workloads(context: Context) -> dict[str, str]:
    """Every workload with the images and ports of its containers."""
    found = (one for one in load_manifest(context) if one["kind"] in SERVING)
    return {title(one): "; ".join(_containers(one)) for one in found}


def services(context: Context) -> dict[str, str]:
    """Every Service with its ports and their targets."""
    found = (one for one in load_manifest(context) if one["kind"] == "Service")
    return {title(one): ports_of(one) for one in found}


def configuration(context: Context) -> dict[str, str]:
    """Every ConfigMap and Secret with the names in it."""
    found = (one for one in load_manifest(context) if one["kind"] in ("ConfigMap", "Secret"))
    return {title(one): ", ".join(_names(one)) for one in found}


def ports_of(service: Object) -> str:
    """The ports of a Service, by name, without those of the node, which are given by chance."""
    ports = (service.get("spec") or {}).get("ports") or ()
    told = (f"{p.get('name', '')} {p['port']} to {p.get('targetPort', p['port'])}" for p in ports)
    return ", ".join(sorted(told))


def _digest(one: Object) -> str:
    # a digest of a short secret would tell it to who can guess
    shown = {**one, "data": _names(one)} if one["kind"] == "Secret" else one
    shown = {name: value for name, value in shown.items() if name != "stringData"}
    return digest_text(json.dumps(shown, sort_keys=True, default=str))


def _names(one: Object) -> list[str]:
    return sorted({*(one.get("data") or ()), *(one.get("stringData") or ())})


def _containers(one: Object) -> Iterator[str]:
    pod = one["spec"]["template"]["spec"]
    for container in pod.get("containers") or ():
        ports = ", ".join(str(port["containerPort"]) for port in container.get("ports") or ())
        yield f"{container['name']} {container['image']} ports {ports or 'none'}"
