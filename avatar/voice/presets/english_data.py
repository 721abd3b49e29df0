"""hibari's dictionaries and its tagger's weights, read only as far as a text asks for them.

As Python objects they take 0.3 s and 110 MB, which is more than a sentence takes to speak; as the bytes of their files
0.06 s and 15 MB.
"""

from __future__ import annotations

import gzip
import json
from typing import Any

from avatar.environment.packaged import package_file

LONGEST_OBJECT = 500  # bytes; the longest one in the dictionaries has 113


def read(name: str) -> Any:
    """A file of hibari's assets, in place of its own reader."""
    content = package_file("hibari", f"assets/{name}").read_bytes()
    if name.endswith(".gz"):
        content = gzip.decompress(content)
    if name.startswith("lexicon_"):
        return Sorted(content)
    return _tagger(content) if name.startswith("tagger") else json.loads(content)


class Sorted:
    """A JSON object without spaces whose keys are in order and whose values are strings or flat objects: a key is found
    by halving."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._found: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        if key not in self._found:
            self._found[key] = self._look_up(_inside(key))
        return self._found[key]

    def _look_up(self, key: bytes) -> Any:
        low, high = 1, len(self._content) - 1  # an entry begins at low, and so does the one looked for from low to high
        while low < high:
            middle = (low + high) // 2
            start = self._next(middle)
            if start < high:
                colon = self._content.index(b'":', start)
                found = self._content[start + 1 : colon]
                if found == key:
                    return json.loads(self._content[colon + 2 : self._next(colon) - 1])
                if found < key:
                    low = self._next(colon)
                    continue
            high = middle
        return None

    def _next(self, position: int) -> int:
        """Where the first entry begins that does not begin before this."""
        if position <= 1:
            return 1
        comma = self._content.find(b',"', position - 1)
        closed, opened = (self._content.find(brace, comma, comma + LONGEST_OBJECT) for brace in (b"}", b"{"))
        if comma >= 0 and 0 <= closed < len(self._content) - 1 and not 0 <= opened < closed:  # inside of an object
            comma = self._content.find(b',"', closed)
        return comma + 1 if comma >= 0 else len(self._content)


class Weights:
    """{feature: {tag: weight}} over the inside of its JSON object; a feature is decoded when it is asked for."""

    def __init__(self, inside: bytes) -> None:
        entries = inside.removeprefix(b'"').removesuffix(b"}").split(b'},"')  # the inner objects hold numbers alone
        self._entries = dict([entry.split(b'":{', 1) for entry in entries])

    def get(self, feature: str) -> dict[str, float] | None:
        found = self._entries.get(_inside(feature))
        return None if found is None else json.loads(b"{%b}" % found)


def _tagger(content: bytes) -> dict[str, Any]:
    """Weights are the last of its keys."""
    head, _, rest = content.partition(b',"weights":{')
    return {**json.loads(head + b"}"), "weights": Weights(rest.removesuffix(b"}}"))}


def _inside(text: str) -> bytes:
    """As it stands between quotes."""
    return json.dumps(text, ensure_ascii=False)[1:-1].encode(errors="replace")
