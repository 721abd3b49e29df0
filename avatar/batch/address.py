"""The address of a Ray cluster, as it is asked for; checked where Ray itself may be missing."""

from __future__ import annotations

import re

from avatar.errors import RequestError


def refuse_no_address(address: str) -> None:
    """Raises RequestError for what is no address of a cluster."""
    if not re.fullmatch(r"ray://[^\s/]+:\d{1,5}|auto", address):
        raise RequestError("the address of a cluster is ray://HOST:PORT, or auto on one of its nodes.", ("on",))
