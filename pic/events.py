"""Whether what stands in the log has the form of `data/events.toml`: nothing else is written, and nothing else is read."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from typing import Any

from pic.repo import data

Event = dict
TYPES = {bool: "boolean", int: "whole", float: "fraction", type(None): "nothing"}


@cache
def forms() -> dict[str, Any]:
    """{name of a table of that file: its fields}; each kind of event is one."""
    read = tomllib.loads(data("events.toml"))
    return read | {kind: read["every"] | form for kind, form in read["kinds"].items()}


def fits(form: Any, value: Any) -> bool:
    form = forms().get(form, form) if isinstance(form, str) else form
    if isinstance(form, dict):
        return isinstance(value, dict) and not misfits(form, value)
    if isinstance(form, list):
        length = len(form) if len(form) > 1 else len(value) if isinstance(value, list) else 0
        return isinstance(value, list) and len(value) == length and all(map(fits, form * length, value))
    either = form.split(" or ")
    if isinstance(value, str):
        return any(re.fullmatch(forms()["words"].get(word, "(?!)"), value) for word in either)
    return TYPES.get(type(value)) in either and (value is None or abs(value) < 10**18)  # which no NaN is


def misfits(form: dict[str, Any], value: dict[str, Any]) -> list[str]:
    """Names of the fields that are missing, of another form, or not to be there."""
    if [*form] == ["name"]:  # of any names
        return [name for name, each in value.items() if not (fits("name", name) and fits(form["name"], each))]
    names = sorted(form.keys() | value.keys())
    return [name for name in names if not (name in form and name in value and fits(form[name], value[name]))]
