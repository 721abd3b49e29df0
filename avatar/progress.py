"""What a pipeline says while it works. This one says nothing; the command line has one that does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


class Progress:
    def stage(self, number: int, name: str) -> None:
        """A stage begins (1 to 4)."""

    def say(self, note: str) -> None:
        """Something the user should know."""

    def count(self, items: Iterable[T], total: int) -> Iterator[T]:
        """Pass items through, counting them up to total."""
        yield from items
