"""JSON for what is written and read for each step of a run.

orjson takes a tenth of the time of the standard library, and refuses what is no Unicode: the names
of files may be any bytes. Where it refuses, the standard library decides.
"""

from __future__ import annotations

import json
from typing import Any

import orjson


def dumps(value: Any, *, sort: bool = False) -> bytes:
    """`value` as JSON without spaces: in UTF-8, or in ASCII where a text is no Unicode.

    A float that is no finite number is null.

    Raises:
        TypeError, ValueError: it has no form in JSON.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort else None)
    except TypeError:
        return json.dumps(value, sort_keys=sort, separators=(",", ":")).encode()


def loads(data: bytes) -> Any:
    """What `data` says.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return orjson.loads(data)
    except ValueError:
        return json.loads(data)
