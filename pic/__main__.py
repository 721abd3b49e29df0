"""python -m pic, which is picctl."""

from __future__ import annotations

import io
import signal
import sys


def main() -> None:
    for told in (signal.SIGTERM, signal.SIGHUP):  # so that a gate that runs is ended with us
        if signal.getsignal(told) is not signal.SIG_IGN:  # nohup wants it to go on
            signal.signal(told, lambda number, _: sys.exit(128 + number))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # what the terminal has no letter for is told all the same
    from pic.cli import main as command
    from pic.errors import typed

    try:
        command(prog_name="picctl")
    except OSError as error:  # a full disk, a folder that may not be written
        name = error.filename2 or error.filename or "."
        sys.exit(f"picctl: {error.strerror}: {name}.\n  mend: df -h . && ls -ld {typed(name)}")


if __name__ == "__main__":
    main()
