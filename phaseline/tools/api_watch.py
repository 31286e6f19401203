"""Changes in a cluster, heard of as they happen.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from phaseline.tools.api_server import METADATA, SECONDS, ApiServer

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse


@contextmanager
def watched(api: ApiServer, *paths: str) -> Iterator[threading.Event]:
    """An event that is set when something in one of the lists at `paths` changes.

    A watch may end at any time, and is not begun again: who waits for the event has to look after
    a while too.
    """
    changed, streams = threading.Event(), [stream for one in paths if (stream := _begun(api, one))]
    readers = [threading.Thread(target=_read, args=(one, changed)) for one in streams]
    for reader in readers:
        reader.start()
    try:
        yield changed
    finally:
        for stream, reader in zip(streams, readers, strict=True):
            with suppress(OSError, RuntimeError, ValueError):  # it has ended by itself
                stream.shutdown()
            reader.join()
            stream.close()


def _begun(api: ApiServer, path: str) -> BaseHTTPResponse | None:
    from urllib3 import Timeout
    from urllib3.exceptions import HTTPError

    try:
        answer = api.pool.request(
            "GET",
            f"{path}?watch=1",
            headers={"Accept": METADATA},
            preload_content=False,
            timeout=Timeout(connect=SECONDS, read=None),  # long may nothing change
        )
    except HTTPError:
        return None
    if answer.status == 200:
        return answer
    answer.close()
    return None


def _read(stream: BaseHTTPResponse, changed: threading.Event) -> None:
    from urllib3.exceptions import HTTPError

    with suppress(HTTPError, OSError, ValueError):  # broken off, or closed by who began it
        for _ in stream.stream():
            changed.set()
    changed.set()
