"""Rules for text that people type: titles, notes and search words."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints, WithJsonSchema

TITLE_MAX = 200
NOTES_MAX = 4000
SEARCH_MAX = 200

# Cc are the control characters, Cs lone surrogates, Zl and Zp separators that break a line.
# Cf stays allowed: it joins emoji and marks the direction of right-to-left text.
_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Cn is not among them: an emoji newer than this Python has no category yet.
_INVISIBLE = _REFUSED | {"Cf", "Zs"}
# The part of Cf that keyboards and pages do produce, for the schema that clients see.
_INVISIBLE_RANGES = r"\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_CONTROL_RANGES = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"


def refuse_control_characters(text: str, allowed: str = "") -> str:
    """Return `text` unchanged; raise ValueError that names the first control character."""
    for position, character in enumerate(text, start=1):
        if unicodedata.category(character) in _REFUSED and character not in allowed:
            raise ValueError(
                f"must not contain control characters (U+{ord(character):04X} "
                f"at position {position})"
            )
    return text


def require_visible(text: str) -> str:
    """Return `text` unchanged; raise ValueError when nothing of it can be seen."""
    if all(unicodedata.category(character) in _INVISIBLE for character in text):
        raise ValueError("must contain at least one visible character")
    return text


def _plain_newlines(text: object) -> object:
    return text.replace("\r\n", "\n") if isinstance(text, str) else text


def _notes_characters(text: str) -> str:
    return refuse_control_characters(text, allowed="\n\t")


Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_MAX),
    AfterValidator(refuse_control_characters),
    AfterValidator(require_visible),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": TITLE_MAX,
            "pattern": rf"^[^{_CONTROL_RANGES}]*[^\s{_CONTROL_RANGES}{_INVISIBLE_RANGES}]"
            rf"[^{_CONTROL_RANGES}]*$",
            "description": "One line, 1 to 200 characters after trimming, no control characters.",
        }
    ),
]

Notes = Annotated[
    str,
    BeforeValidator(_plain_newlines),
    StringConstraints(max_length=NOTES_MAX),
    AfterValidator(_notes_characters),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": NOTES_MAX,
            "pattern": r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]*$",
            "description": "Free text; line breaks and tabs are the only control characters.",
        }
    ),
]

SearchWords = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=SEARCH_MAX),
    AfterValidator(refuse_control_characters),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": SEARCH_MAX,
            "pattern": rf"^[^{_CONTROL_RANGES}]*$",
            "description": "Words to look for in title and notes, whatever their case.",
        }
    ),
]
