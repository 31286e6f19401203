"""What the supervisor does before it starts a process: mounts, addresses, the node's firewall."""

from __future__ import annotations

from pathlib import Path

from phaseline.operators.clusters.embedded.layout import CONFIG, INSIDE, Layout
from phaseline.operators.clusters.embedded.outside import CNI_RESULTS, DEVICES
from phaseline.operators.clusters.embedded.programs import program

# kubelet sets these for the whole machine; it is shown a node where they are set already
KERNEL = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}


def commands(layout: Layout) -> list[list[str]]:
    """The commands that make the namespaces fit for a node, in their order.

    Raises:
        ToolMissing: a program that they call is not on this machine.
    """
    ip, mount, sysctl = program("ip"), program("mount"), program("sysctl")
    state = layout.state
    masks = [
        [mount, "--bind", str(CONFIG / "kernel" / name.replace("/", ".")), f"/proc/sys/{name}"]
        for name in KERNEL
        if (Path("/proc/sys") / name).exists()
    ]
    return [
        # /run is about to be covered, and the checkout may lie anywhere: carried over by /var/log
        [mount, "--bind", str(layout.folder), "/var/log"],
        [mount, "-t", "tmpfs", "-o", "mode=0755", "phaseline", "/run"],
        [program("mkdir"), str(INSIDE)],
        [mount, "--move", "/var/log", str(INSIDE)],
        [mount, "-t", "tmpfs", "phaseline", "/var/log"],
        [mount, "--make-rshared", "/"],  # pods' mount propagation needs it
        [mount, "--bind", str(INSIDE / "cni-results"), str(CNI_RESULTS)],
        [mount, "-t", "tmpfs", "-o", "mode=0755", "phaseline", str(DEVICES)],
        *masks,
        [ip, "link", "set", "lo", "up"],
        [sysctl, "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv4.ip_forward=1"],
        [program("nft"), "-f", str(CONFIG / "guard.nft")],
        [ip, "address", "add", f"{state.node_address}/30", "dev", "eth0"],
        [ip, "link", "set", "eth0", "up"],
        [ip, "route", "add", "default", "via", state.host_address],
        # A pod that is gone refuses at once. Sent on to the machine, which drops it, a connection
        # would wait, and so would each later one whose port the kernel still has in mind.
        [ip, "route", "add", "unreachable", state.pod_range],
    ]
