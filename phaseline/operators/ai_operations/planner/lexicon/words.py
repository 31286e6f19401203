"""Words by what they do in a sentence."""

from __future__ import annotations

# Begin a request of their own after "and", "then" or a comma.
IMPERATIVES = frozenset(
    [
        "create", "make", "deploy", "launch", "start", "spin", "add", "delete", "remove", "drop",
        "scale", "resize", "restart", "bounce", "roll", "rollback", "undo", "revert", "set",
        "update", "upgrade", "switch", "change", "expose", "publish", "give", "grow", "increase",
        "reduce", "autoscale", "pause", "resume", "suspend", "fix", "diagnose", "label", "annotate",
        "mount", "bind", "grant", "allow", "deny", "block", "point", "bump", "double", "halve",
        "configure", "limit", "cap", "patch", "list", "show", "explain", "put", "promote",
    ]
)  # fmt: skip

# Never the name of an object, unless quoted or behind "called".
ORDINARY = frozenset(
    [
        "a", "an", "the", "this", "that", "these", "those", "it", "its", "itself", "them", "they",
        "their", "there", "here", "my", "our", "your", "his", "her", "me", "us", "we", "i", "you",
        "of", "in", "on", "at", "to", "from", "for", "by", "with", "without", "within", "and", "or",
        "but", "not", "no", "nor", "so", "as", "is", "are", "was", "were", "be", "been", "being",
        "am", "do", "does", "did", "done", "has", "have", "had", "having", "can", "could", "should",
        "would", "will", "shall", "may", "might", "must", "please", "just", "only", "also", "too",
        "then", "than", "when", "while", "where", "which", "who", "what", "why", "how", "all",
        "any", "each", "every", "both", "some", "few", "many", "much", "more", "most", "less",
        "least", "other", "another", "same", "such", "own", "new", "old", "fresh", "small", "big",
        "simple", "single", "plain", "basic", "empty", "first", "second", "third", "one", "two",
        "three", "now", "again", "still", "already", "yet", "up", "down", "out", "off", "over",
        "under", "back", "into", "onto", "inside", "outside", "between", "using", "use", "uses",
        "used", "running", "runs", "run", "called", "named", "name", "names", "via", "per", "if",
        "else", "about", "around", "after", "before", "behind", "against", "until", "hey", "hi",
        "hello", "thanks", "thank", "team", "app", "apps", "application", "default", "cluster",
        "kubernetes", "k8s", "container", "containers", "image", "images", "port", "ports",
        "replicas", "replica", "copies", "copy", "instances", "instance", "pods", "pod", "label",
        "labels", "key", "keys", "value", "values", "version", "tag", "namespace", "http", "https",
        "tcp", "udp", "internal", "internally", "external", "externally", "stateless", "traffic",
        "set", "kind", "type", "let", "lets", "need", "needs", "want", "wants", "like", "make",
        "sure", "ensure", "giving", "exposing", "listening", "listens", "exposes", "sits",
        "serving", "reads", "mounted", "attached", "limited", "currently", "right", "everything",
        "something", "nothing", "anything",
    ]
)  # fmt: skip
