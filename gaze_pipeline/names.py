"""File names as people can read them: a name may hold any bytes, a message may quote one."""

from __future__ import annotations

import os
from pathlib import PurePath

_TURNING = [*range(0x2028, 0x202F), *range(0x2066, 0x206A)]
"""Unicode's own line breaks, embeddings and overrides; its isolates."""

_CONTROLS = {
    **{code: chr(0x2400 + code) for code in range(0x20)},  # ␀ to ␟
    0x7F: "\u2421",
    **dict.fromkeys([*range(0x80, 0xA0), *_TURNING], "\ufffd"),
}
_WITHIN_MESSAGES = {code: to for code, to in _CONTROLS.items() if chr(code) not in "\n\t"}


def valid(text: PurePath | str) -> str:
    """The text as valid Unicode: bytes that are none become replacement characters."""
    return os.fsencode(str(text)).decode("utf-8", "replace")


def readable(text: PurePath | str) -> str:
    """The same with its control characters made visible, so that no name can steer a terminal or turn
    the text around it; in a text that is no path, lines and tabs stay."""
    return valid(text).translate(_CONTROLS if isinstance(text, PurePath) else _WITHIN_MESSAGES)
