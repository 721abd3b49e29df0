"""diffusers' networks and schedulers as their config files describe them, with the type that they are asked for as."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from diffusers.configuration_utils import ConfigMixin

Made = TypeVar("Made", bound="ConfigMixin")


def from_config(kind: type[Made], config: dict) -> Made:
    """An instance of a class of diffusers from the content of its config file."""
    return cast(Made, kind.from_config(config))  # a pair with what was not used only where that is asked for
