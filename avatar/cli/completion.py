"""`avatar completion SHELL`: what lets a shell complete avatar's commands, options and names.

The words are click's to complete (complete.py adds what is kept); the shell's part is ours, since avatar is also typed as
`./run avatar …`, which no shell takes for one command.
"""

from __future__ import annotations

import os
import shlex

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ZshComplete, add_completion_class

from avatar.cli import completion_scripts
from avatar.cli.help import Command

EXAMPLES = """
avatar completion bash   in ~/.bashrc, within source <(…)
avatar completion zsh    in ~/.zshrc after compinit, within source <(…)
avatar completion fish   in ~/.config/fish/config.fish, piped into source
"""


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("shell", type=click.Choice(list(completion_scripts.SCRIPTS)), help="Whose words are completed.")
def completion(shell: str) -> None:
    """Print what lets SHELL complete commands, options, choices and the names of what is kept.

    bash and zsh take it by 'source <(avatar completion bash)', fish by 'avatar completion fish | source'. Of a checkout it is
    typed with the run's path, and completes after that run and after 'avatar'.
    """
    click.echo(script(shell), nl=False)


def script(shell: str) -> str:
    """For this shell; of a checkout also for its run, by whichever path that is typed."""
    run = os.environ.get("AVATAR_RUN")
    quoted = fish_quoted if shell == "fish" else shlex.quote
    return completion_scripts.SCRIPTS[shell].replace("@RUN@", quoted(os.path.abspath(run)) if run else "''")


def fish_quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


class Bash(BashComplete):
    """bash gives --size=square as three words."""

    def source(self) -> str:
        return script("bash")

    def get_completion_args(self) -> tuple[list[str], str]:
        words, incomplete = super().get_completion_args()
        return [word for word in words if word != "="], incomplete


class Zsh(ZshComplete):
    def source(self) -> str:
        return script("zsh")


class Fish(FishComplete):
    """What is typed of the last word comes apart from the words before it."""

    def source(self) -> str:
        return script("fish")

    def get_completion_args(self) -> tuple[list[str], str]:
        from click.shell_completion import split_arg_string

        typed = split_arg_string(os.environ["COMP_CWORD"])
        return split_arg_string(os.environ["COMP_WORDS"])[1:], typed[0] if typed else ""

    def format_completion(self, item: CompletionItem) -> str:
        return super().format_completion(item).split("\n")[0]


def register() -> None:
    """Let click complete by these."""
    for each in (Bash, Zsh, Fish):
        add_completion_class(each)
