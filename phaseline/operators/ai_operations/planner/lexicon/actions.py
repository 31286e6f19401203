"""What is done, by concept: the words for it.

Forms of a word count as the word; one written with = before it stands for this form only.
"""

from __future__ import annotations

ACTIONS: dict[str, tuple[str, ...]] = {
    "create": (
        *("create", "make", "deploy", "run", "launch", "start", "spin up", "set up", "setup"),
        *("bring up", "stand up", "put up", "need", "want", "would like", "add", "new", "build"),
        *("provision", "host", "install", "give me", "get me", "fire up", "introduce", "define"),
        *("allocate", "carve out", "reserve", "generate", "put"),
    ),
    "delete": (
        *("delete", "remove", "get rid of", "drop", "tear down", "destroy", "wipe", "kill"),
        *("clean up", "throw away", "decommission", "retire", "uninstall", "purge", "erase"),
    ),
    "scale": (
        *("scale", "resize", "bump", "grow", "shrink", "scale out", "scale in", "scale up"),
        *("scale down", "run", "have", "want", "need", "go", "bring", "set", "take", "put"),
        *("dial", "ramp", "size", "cut", "trim", "keep", "leave", "make", "give", "get"),
    ),
    "scaling": ("scale", "rescale", "scale out", "scale in", "resize", "autoscale", "upscale"),
    "up": (
        *("up", "increase", "more", "raise", "grow", "additional", "extra", "another", "add"),
        *("bump", "boost", "expand", "enlarge", "upsize", "extend", "further"),
    ),
    "down": (
        *("down", "reduce", "fewer", "less", "shrink", "lower", "drop", "decrease", "cut"),
        *("trim", "remove", "halve", "off"),
    ),
    "double": ("double", "twice", "two times"),
    "triple": ("triple", "three times", "thrice"),
    "halve": ("halve", "half", "cut in half", "by half", "in half"),
    "stop": ("stop", "shut down", "turn off", "switch off", "park", "to zero", "scale to zero"),
    "replicas": ("replica", "copy", "instance", "pod", "replicas count", "worker", "strong"),
    "copies": ("replica", "copy", "instance"),
    "restart": (
        *("restart", "bounce", "recycle", "rollout restart", "reboot", "cycle", "kick"),
        *("rolling restart", "refresh the pods", "replace the pods", "reload"),
    ),
    "undo": (
        *("roll back", "rollback", "undo", "revert", "go back", "previous version", "back out"),
        *("ran before", "earlier version", "last version", "previous revision", "prior version"),
        *("the version before", "last good", "restore the previous", "what it was before"),
        *("previous release", "earlier release", "last revision", "before the last"),
        *("roll back to", "put back", "return to", "older version", "running before", "had before"),
        *("previous image", "was before", "step back", "was running", "old version"),
        *("take back", "take it back", "put it back", "before it", "version back"),
    ),
    "revision": ("revision", "rev"),
    "image": ("image", "version", "tag", "container image", "build"),
    "update": (
        *("update", "upgrade", "set", "switch", "change", "roll out", "rollout", "release"),
        *("ship", "move", "use", "bump", "swap", "replace", "roll", "point", "push", "should run"),
        *("downgrade", "put", "promote", "get", "bring", "onto", "deploy"),
    ),
    "set": (
        *("set", "give", "change", "make", "adjust", "assign", "raise", "lower", "increase"),
        *("reduce", "put", "configure", "let", "allow", "bump", "limit", "cap", "add", "request"),
        *("update", "need", "should", "ask", "reserve", "turn"),
    ),
}
