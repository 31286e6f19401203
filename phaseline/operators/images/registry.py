"""Whether an image registry can be reached from here."""

from __future__ import annotations

from functools import cache

LIMIT_SECONDS = 3.0


def host_of(reference: str) -> str:
    """The server behind an image reference: `docker.io` is an alias, and the default."""
    first = reference.split("/", 1)[0]
    named = "/" in reference and ("." in first or ":" in first or first == "localhost")
    host = first if named else "docker.io"
    return "registry-1.docker.io" if host == "docker.io" else host


@cache
def unreachable(host: str) -> str:
    """Why the registry `host` cannot be used; empty when it answers. Asked once in a process.

    An answer that wants a login (401) is an answer: public images are pulled without one.
    """
    import httpx

    scheme = "http" if host.split(":")[0] in ("localhost", "127.0.0.1") else "https"
    try:
        status = httpx.head(f"{scheme}://{host}/v2/", timeout=LIMIT_SECONDS).status_code
    except httpx.HTTPError as error:
        return f"{host} does not answer: {error or type(error).__name__}"
    return "" if status in (200, 401) else f"{host} answers {status}, which no registry does"
