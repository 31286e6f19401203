"""What it is done to, by concept: the words for it.

Forms of a word count as the word; one written with = before it stands for this form only.
"""

from __future__ import annotations

THINGS: dict[str, tuple[str, ...]] = {
    "expose": (
        *("expose", "reachable", "publish", "accessible", "reach", "front", "available inside"),
        *("available under", "make available", "put a service", "service in front"),
        *("load balance", "address"),
    ),
    "service": ("service", "svc", "clusterip", "cluster ip", "nodeport", "node port", "headless"),
    "nodeport": (
        *("nodeport", "node port", "outside", "from outside", "externally", "external"),
        *("each node", "every node", "on the node", "on the nodes"),
    ),
    "headless": ("headless", "no cluster ip", "without a cluster ip"),
    "loadbalancer": ("loadbalancer", "load balancer"),
    "deployment": (
        "deployment",
        "deploy",
        "app",
        "application",
        "web server",
        "server",
        "workload",
    ),
    "statefulset": (
        "statefulset",
        "stateful set",
        "sts",
        "stateful",
        "own disk",
        "each with its own",
    ),
    "daemonset": ("daemonset", "daemon set", "on every node", "on each node"),
    "pod": ("pod", "single pod", "bare pod"),
    "job": ("job", "one off", "one-off", "run once", "once", "batch", "task", "oneoff"),
    "cronjob": (
        *("cronjob", "cron job", "cron", "schedule", "every minute", "every hour", "every day"),
        *("nightly", "hourly", "daily", "weekly", "every night", "periodically", "each night"),
        *("each hour", "each day", "every week", "monthly", "scheduled"),
    ),
    "every": ("every", "each"),
    "configmap": (*("configmap", "config map", "cm", "configuration", "config", "settings map"),),
    "secret": ("secret", "credential", "password", "credentials"),
    "claim": (
        *("pvc", "claim", "volume claim", "persistentvolumeclaim", "persistent volume claim"),
        *("persistent volume", "disk", "volume", "storage", "persistent storage"),
    ),
    "storage": ("storage", "disk", "volume", "space", "room", "capacity", "persistent"),
    "namespace": ("namespace", "ns", "environment", "project space"),
    "quota": (
        *("quota", "resourcequota", "resource quota", "at most", "no more than", "capped"),
        *("cap the namespace", "budget"),
    ),
    "limitrange": (
        *("limitrange", "limit range", "default limits", "default limit", "default request"),
        *("default requests", "defaults", "by default", "default container", "default memory"),
        *("default cpu",),
    ),
    "role": ("role", "permission", "rights", "access", "rbac"),
    "allowed": (
        *("allowed", "allow", "may", "can", "able", "permission", "rights", "let", "grant"),
        *("read only", "read-only", "view"),
    ),
    "binding": ("binding", "rolebinding", "role binding", "bind", "grant"),
    "account": ("serviceaccount", "service account", "sa"),
    "network": (
        *("networkpolicy", "network policy", "netpol", "network policies", "ingress traffic"),
        *("traffic", "isolate", "firewall", "talk to", "connect to", "deny", "lock down"),
        *("block", "reach", "lockdown", "incoming", "inbound", "egress"),
    ),
    "policy": ("networkpolicy", "network policy", "netpol", "network policies", "policy"),
    "deny": (
        *("deny", "block", "isolate", "lock down", "refuse", "forbid", "nothing may", "no traffic"),
        *("drop", "cut off", "nobody", "prevent", "stop all", "lockdown", "no one", "disallow"),
    ),
    "only": ("only", "nobody else", "nothing else", "no one else", "just", "restrict"),
    "autoscale": (
        *("autoscale", "autoscaling", "autoscaler", "hpa", "horizontalpodautoscaler"),
        *("scale automatically", "automatically scale", "scale itself", "scale by itself"),
        *("auto scale", "auto-scale", "grow and shrink", "scale on its own", "elastic"),
        *("horizontal pod autoscaler", "scale with load", "automatically"),
    ),
    "between": ("between", "from", "min", "minimum", "at least", "max", "maximum", "at most"),
    "canary": ("canary", "trial version", "small share", "slice of the traffic"),
    "share": ("traffic", "of requests", "of the requests", "of users", "of the load"),
    "bluegreen": (
        *("blue", "green", "blue green", "blue/green", "blue-green", "cut over", "cutover"),
        *("switch traffic", "flip", "point the service", "switch the service", "send traffic"),
        *("route traffic", "live traffic", "all traffic", "cut traffic", "shift traffic"),
        *("swing",),
    ),
    "traffic": ("traffic", "service", "users", "requests", "live"),
    "promote": ("promote", "make it the main", "take over", "go live with"),
    "resources": (
        *("resource", "cpu", "core", "memory", "ram", "millicore", "mem", "vcpu", "processor"),
    ),
    "cpu": ("cpu", "core", "millicore", "vcpu", "processor", "cpus"),
    "memory": ("memory", "ram", "mem"),
    "limit": ("limit", "at most", "cap", "maximum", "no more than", "max", "ceiling"),
    "request": ("request", "reserve", "guarantee", "at least", "minimum", "ask for", "requesting"),
    "env": (
        *("env", "environment variable", "variable", "env var", "environment", "envvar"),
        *("env variable",),
    ),
    "mount": ("mount", "mounted", "attach", "attached", "mounting", "under", "available at"),
    "probe": (
        *("probe", "health check", "healthcheck", "readiness", "liveness", "startup probe"),
        *("ready check", "live check", "health-check", "health endpoint", "check its health"),
    ),
    "readiness": ("readiness", "ready", "readyness"),
    "liveness": ("liveness", "alive", "live check", "livenessprobe"),
    "startup": ("startup", "start-up", "startup probe"),
    "sidecar": ("sidecar", "side car", "second container", "another container", "next to it"),
    "container": ("container",),
    "pause": ("pause", "hold the rollout", "freeze", "suspend", "halt"),
    "resume": ("resume", "unpause", "continue", "unsuspend", "unfreeze", "carry on", "reactivate"),
    "label": ("label", "labelled", "labeled", "tag it"),
    "annotation": ("annotation", "annotate"),
    "budget": (
        *("pdb", "disruption budget", "poddisruptionbudget", "pod disruption budget"),
        *("disruption", "drain", "voluntary"),
    ),
    "trigger": ("now", "trigger", "immediately", "right away", "by hand", "manually"),
}
