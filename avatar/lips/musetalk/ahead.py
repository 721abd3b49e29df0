"""Each stage of the lips works on the next frames while the stage after it has these."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class End:
    """What is made after the last item."""


END = End()


def ahead(items: Iterable[T]) -> Generator[T]:
    """The same items in the same order, each made in a thread while the one before it is in use: one waits, no more.

    What making one raises is raised here, in its place. A reader who leaves early waits for the one that is being made.
    """
    items = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        coming = thread.submit(next, items, END)
        while not isinstance(item := coming.result(), End):
            coming = thread.submit(next, items, END)
            yield item
