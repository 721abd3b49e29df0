"""Commands on a kernel that refuses one of the system calls closed.py needs, as old or guarded containers do.

    python -m tests.refusing_kernel CALL ERROR COMMAND...      CALL: seccomp, prctl, landlock, or flags (seccomp with SPEC_ALLOW)

The refusing is done by a seccomp filter, which this program sets with closed.py's own means.
"""

from __future__ import annotations

import errno
import os
import sys

from avatar.host import closed

PRCTL = 157
CALLS = {
    "seccomp": [(closed.IF_EQUAL, closed.SECCOMP, "refused", "allow")],
    "landlock": [(closed.IF_EQUAL, closed.CREATE_RULESET, "refused", "allow")],
    # only PR_SET_NO_NEW_PRIVS: the dynamic loader and others use prctl too
    "prctl": [
        (closed.IF_EQUAL, PRCTL, "", "allow"),
        (closed.LOAD, closed.FIRST_ARGUMENT, "", ""),
        (closed.IF_EQUAL, closed.PR_SET_NO_NEW_PRIVS, "refused", "allow"),
    ],
    "flags": [
        (closed.IF_EQUAL, closed.SECCOMP, "", "allow"),
        (closed.LOAD, closed.SECOND_ARGUMENT, "", ""),
        (closed.IF_EQUAL, closed.TSYNC | closed.SPEC_ALLOW, "refused", "allow"),
    ],
}


def main() -> None:
    call, error, *command = sys.argv[1:]
    closed.FILTER = [(closed.LOAD, closed.NUMBER, "", ""), *CALLS[call]]
    closed.ENDS = {"allow": closed.RET_ALLOW, "refused": closed.RET_ERRNO | getattr(errno, error)}
    if why := closed.close_network():
        sys.exit(why)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
