"""The `avatar` command, and `python -m avatar`: runs it and turns every failure into one message and an exit code."""

from __future__ import annotations

import os
import signal
import sys

try:
    import click
except (ImportError, SyntaxError) as error:  # nothing below can run, not even `avatar status`
    sys.exit(
        f"avatar: its own libraries do not load ({error}); "
        f"make the environment again: rm -r {sys.prefix}, then start avatar as before."
    )

from avatar import stopping
from avatar.errors import Interrupted
from avatar.failures import exit_code, explanation
from avatar.host import closed
from avatar.invocation import to_type

NEED_THE_NETWORK = ("models fetch", "serve", "worker runpod")  # every other command runs without
COMPLETING = "_AVATAR_COMPLETE"  # set by a shell that completes a word (cli/completion.py)


def program() -> int:
    """What the installed command and `python -m avatar` run: main(), in a process that is closed to the network first.

    Others who call main() run it in their own process, which stays as it is. AVATAR_NETWORK=open leaves it as it is too.
    """
    if os.environ.get("AVATAR_NETWORK") != "open" and not needs_network(sys.argv[1:]):
        closed.prepare_nvidia()
        closed.close_network()
    try:
        return main()
    finally:
        stopping.ignore()


def needs_network(arguments: list[str]) -> bool:
    """Whether these are the arguments of a command that downloads, or lets a cluster work; no option before its name takes
    a value."""
    names = [argument for argument in arguments if not argument.startswith("-")]
    if names[:2] in (["pipeline", "run"], ["queue", "work"]) and any(
        each.partition("=")[0] == "--on" for each in arguments
    ):
        return True
    return {" ".join(names[:2]), *names[:1]} & {*NEED_THE_NETWORK} != set()


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 done, 1 failed, 2 asked wrongly, 75 try again later, 130 interrupted."""
    stop_as_ctrl_c_does()
    try:
        from avatar.cli import avatar

        if COMPLETING in os.environ:
            from avatar.cli import completion

            completion.register()
        result = avatar.main(arguments, to_type(), COMPLETING, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt, Interrupted) as stop:
        if isinstance(stop, Interrupted):
            say(str(stop))
        return interrupted()
    except Exception as error:  # the last line of defence: a user never sees a traceback unasked
        if debugging():
            raise
        if stopping.is_told():
            return interrupted()
        say(explanation(error))
        return exit_code(error)


def interrupted() -> int:
    say("interrupted; nothing half-made was left.")
    return 130


def stop_as_ctrl_c_does() -> None:
    """Let `kill`, `docker stop` and a closed terminal end a command as Ctrl-C does: nothing half-made is left.

    A signal that the caller had ignored (nohup), or looks after, stays as it is.
    """
    python_has = (signal.SIG_DFL, signal.default_int_handler)
    stopping.listen(*(number for number in stopping.SIGNALS if signal.getsignal(number) in python_has))


def debugging() -> bool:
    return os.environ.get("AVATAR_DEBUG", "") not in ("", "0")


def say(text: str) -> None:
    print(f"avatar: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(program())
