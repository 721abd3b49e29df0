"""Help pages: commands grouped by task, examples at the end."""

from __future__ import annotations

import re
from typing import Any

import click

from avatar.errors import AvatarError
from avatar.failures import flag
from avatar.invocation import to_type

AVATAR = re.compile(r"(^|(?<=\| ))avatar(?= )")  # where a command begins


class WithExamples(click.Command):
    """Adds an Examples section; `examples` is text with one command a line."""

    def __init__(self, *arguments, examples: str = "", **options):
        super().__init__(*arguments, **options)
        self.examples = examples

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Options with a title (options.py) under it, in the order in which the titles come; others as ever. Arguments have a
        section of click's."""
        titled: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Option) and (record := parameter.get_help_record(ctx)):
                titled.setdefault(getattr(parameter, "title", "") or "Options", []).append(record)
        titled["Options"] = titled.pop("Options", [])  # last: --help
        for title, records in titled.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples.strip().splitlines():
                    formatter.write(f"  {AVATAR.sub(lambda _: to_type(), line)}\n")


class Command(WithExamples):
    def invoke(self, ctx: click.Context) -> Any:
        """What goes wrong is told in the options that this command has: a script may be an argument, or a job's own."""
        try:
            return super().invoke(ctx)
        except AvatarError as error:
            options = {name for parameter in self.params for name in parameter.opts}
            error.fields = tuple(field for field in error.fields if flag(field) in options)
            error.mend = {field: value for field, value in error.mend.items() if flag(field) in options}
            raise


class Group(WithExamples, click.Group):
    command_class = Command


class GroupedByTask(Group):
    """The top level: `tasks` is {title: [command, …]}."""

    group_class = Group

    def __init__(self, *arguments, tasks: dict[str, list[str]], **options):
        super().__init__(*arguments, **options)
        self.tasks = tasks

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in self.tasks.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(80)) for name in names])
