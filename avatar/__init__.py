"""A script, a voice and a portrait in; a lip-synced talking-head video out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from avatar.api import check, make, speak

__all__ = ["check", "make", "speak"]
__version__ = "0.1.0"

# No library in here reports home. The command closes the network to itself (closed.py); in other processes that import
# avatar there are these two variables. onnxruntime 1.31 writes a device id into ~/.cache and sends events to its maker
# as soon as it is imported, and the hub's libraries name themselves in requests; the variables stop both. They are set
# here because every other module of avatar comes after this one.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def __getattr__(name: str) -> Any:
    """make, speak and check, imported when they are first asked for."""
    if name in __all__:
        from avatar import api

        return getattr(api, name)
    raise AttributeError(f"module 'avatar' has no attribute {name!r}")
