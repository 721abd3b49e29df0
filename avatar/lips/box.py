"""A rectangle of whole pixels, for what is cut out of a picture and put back into it."""

from __future__ import annotations

from typing import NamedTuple


class Box(NamedTuple):
    """In pixels of its picture; right and bottom are the first that do not belong to it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def rows_columns(self) -> tuple[slice, slice]:
        """Its place in an array (height, width, …) of the picture."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def empty(self) -> bool:
        return self.right <= self.left or self.bottom <= self.top

    def to_even(self) -> Box:
        """It with a pixel more on each side that is odd: H.264 has one colour for four pixels. Stays in a picture with even sides."""
        return Box(
            self.left - self.left % 2,
            self.top - self.top % 2,
            self.right + self.right % 2,
            self.bottom + self.bottom % 2,
        )

    def within(self, other: Box) -> Box:
        """The part of it that lies in another one."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        return Box(left, top, min(self.right, other.right), min(self.bottom, other.bottom))
