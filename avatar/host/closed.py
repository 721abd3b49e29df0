"""A process without the network, and without most files, for good: a seccomp filter and Landlock, which children inherit.

Libraries ask the network unbidden: MediaPipe 1.2 looks up its maker's logging host whenever a face reader is opened
(https://github.com/google-ai-edge/mediapipe/issues/6291), and no option stops it. So the kernel is told to refuse
sockets of every family but AF_UNIX, and every connection: nscd, systemd-resolved and sssd would ask in our place. What
stays is a connected pair of sockets, which asyncio and multiprocessing are built on; sockets that were opened before;
and AF_UNIX sockets that listen and are never served, because CUDA's cuInit makes one (@cuda-uvmfd-…) and fails with
error 304 where it may not (seen on an H100, driver 580). It takes no rights, and holds off what a library does by itself; it is no prison for hostile code, which could
for instance use another process of the same user as a debugger does.

Landlock closes the file system to a process, but for the paths it is given; what is open stays open. It asks for no
rights either, and kernels before 5.13, or with it left out, have none: then files stay as open as they were.

Run as a program this file closes itself, takes limits and becomes another program (see closed_child.py). Standard
library only.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

# asm/unistd_64.h, linux/prctl.h, linux/seccomp.h, linux/audit.h, linux/filter.h
SOCKET, CONNECT, ACCEPT, SOCKETPAIR, ACCEPT4, SECCOMP, IO_URING_SETUP = 41, 42, 43, 53, 288, 317, 425
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # linux/landlock.h, the same numbers on every machine
FIRST_X32_CALL = 0x4000_0000  # the same calls under other numbers, with 32-bit pointers
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
SECCOMP_SET_MODE_FILTER, TSYNC, SPEC_ALLOW = 1, 1, 4
RET_ERRNO, RET_ALLOW = 0x0005_0000, 0x7FFF_0000
AUDIT_ARCH_X86_64 = 0xC000_003E
LOAD, AND, IF_EQUAL, IF_AT_LEAST, RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24  # offsets in struct seccomp_data, little endian
AF_UNIX, AF_INET, SOCK_STREAM, SOCK_SEQPACKET, SOCK_TYPES = 1, 2, 1, 5, 0xF  # the module socket takes 4 ms to import

# struct landlock_ruleset_attr: file system, network, scope; and struct landlock_path_beneath_attr
RULESET, PATH_BENEATH = struct.Struct("=QQQ"), struct.Struct("=Qi")
ASK_VERSION, IS_PATH_BENEATH = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, IOCTL_DEV = 1, 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
TO_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV  # the others are to folders
TO_READ = EXECUTE | READ_FILE | READ_DIR
# How many accesses each version of it knows, from the first bit on: moving between folders came with 2, truncating with
# 3, ioctl of devices with 5. With 6 came signals and abstract sockets, which are both kept inside.
ACCESSES = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
SCOPES_SINCE, SCOPES = 6, 0b11

CPU_GRACE_S = 2  # SIGXCPU may be caught (FFmpeg ends its file first); after this comes SIGKILL

# The errors are ones that these calls have anyway, so that libraries go on without: socket(2) names EACCES for a
# socket that one may not make, connect(2) ECONNREFUSED where nobody listens (NVIDIA's libraries then know that no daemon
# runs), and a kernel without io_uring, x32 or 32-bit programs answers ENOSYS.
NO_SOCKET, NOBODY, NO_SUCH_CALL = (RET_ERRNO | each for each in (errno.EACCES, errno.ECONNREFUSED, errno.ENOSYS))

# One instruction a line: code, value, and where to go on if true and if false ("" is the next line); or a place's name.
FILTER: list[tuple[int, int, str, str] | str] = [
    (LOAD, ARCHITECTURE, "", ""),
    (IF_EQUAL, AUDIT_ARCH_X86_64, "", "no such call"),
    (LOAD, NUMBER, "", ""),
    (IF_AT_LEAST, FIRST_X32_CALL, "no such call", ""),
    (IF_EQUAL, SOCKET, "family", ""),
    (IF_EQUAL, SOCKETPAIR, "family", ""),
    (IF_EQUAL, CONNECT, "nobody", ""),
    (IF_EQUAL, ACCEPT, "no socket", ""),
    (IF_EQUAL, ACCEPT4, "no socket", ""),
    (IF_EQUAL, IO_URING_SETUP, "no such call", "allow"),  # its operations make and connect sockets unseen
    "family",
    # Streams reach nobody without connect(2); datagrams are sent to any AF_UNIX server without, from a pair too.
    (LOAD, FIRST_ARGUMENT, "", ""),
    (IF_EQUAL, AF_UNIX, "", "no socket"),
    (LOAD, SECOND_ARGUMENT, "", ""),
    (AND, SOCK_TYPES, "", ""),
    (IF_EQUAL, SOCK_STREAM, "allow", ""),
    (IF_EQUAL, SOCK_SEQPACKET, "allow", "no socket"),
]
ENDS = {"allow": RET_ALLOW, "no socket": NO_SOCKET, "nobody": NOBODY, "no such call": NO_SUCH_CALL}
INSTRUCTION = struct.Struct("<HBBI")  # struct sock_filter


class Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = [("count", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def assembled() -> bytes:
    """FILTER and its ENDS as struct sock_filter; a jump counts the instructions that it leaves out."""
    lines, places = [], {}
    for each in FILTER:
        if isinstance(each, str):
            places[each] = len(lines)
        else:
            lines.append(each)
    places |= {name: len(lines) + number for number, name in enumerate(ENDS)}
    jumps = [
        (code, value, *(places[name] - at - 1 if name else 0 for name in (if_true, if_false)))
        for at, (code, value, if_true, if_false) in enumerate(lines)
    ]
    jumps += [(RETURN, value, 0, 0) for value in ENDS.values()]
    return b"".join(INSTRUCTION.pack(code, if_true, if_false, value) for code, value, if_true, if_false in jumps)


def close_network() -> str:
    """Close the network to this process: all its threads, and all its children to come. There is no way back.

    Returns "", or why the kernel would not: one without seccomp, a container that forbids it. Then the network stays open.
    """
    if (machine := os.uname().machine) != "x86_64":
        return f"the filter is for x86_64, this is {machine}"
    libc = ctypes.CDLL(None, use_errno=True)
    if _prctl(libc, PR_SET_NO_NEW_PRIVS, 1):  # without it only root may set a filter; with it sudo works no longer
        return _last_error("prctl")
    code = assembled()
    program = Program(len(code) // INSTRUCTION.size, code)
    # Kernels before 5.16 slow a filtered process down against Spectre 4 unless told not to; gVisor knows no such flag.
    for flags in (TSYNC | SPEC_ALLOW, TSYNC):
        thread = libc.syscall(*map(ctypes.c_long, (SECCOMP, SECCOMP_SET_MODE_FILTER, flags)), ctypes.byref(program))
        if thread != -1 or ctypes.get_errno() != errno.EINVAL:
            break
    if thread > 0:
        return f"thread {thread} of this process has a filter of its own"
    return _last_error("seccomp") if thread else ""


def close_files(readable: list[str], writable: list[str]) -> str:
    """Close the file system to this thread and all its children to come, but for some paths. There is no way back.

    readable: what may be read and run; writable: what may be read and written, made and removed. A folder is meant with all
    that is in it; a path where nothing is changes nothing.
    Returns "", or why the kernel would not: one without Landlock. Then files stay as open as they were.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(*map(ctypes.c_long, (CREATE_RULESET, 0, 0, ASK_VERSION)))
    if version < 1:
        return _last_error("landlock_create_ruleset")
    if _prctl(libc, PR_SET_NO_NEW_PRIVS, 1):
        return _last_error("prctl")
    handled = (1 << ACCESSES.get(version, max(ACCESSES.values()))) - 1
    attributes = RULESET.pack(handled, 0, SCOPES if version >= SCOPES_SINCE else 0)
    length = RULESET.size if version >= SCOPES_SINCE else 8  # what an old kernel has no field for is not given
    rules = libc.syscall(ctypes.c_long(CREATE_RULESET), attributes, *map(ctypes.c_long, (length, 0)))
    if rules < 0:
        return _last_error("landlock_create_ruleset")
    try:
        for path, access in [*((path, TO_READ) for path in readable), *((path, ~0) for path in writable)]:
            if _allow(libc, rules, path, access & handled):
                return _last_error("landlock_add_rule")
        if libc.syscall(*map(ctypes.c_long, (RESTRICT_SELF, rules, 0))):
            return _last_error("landlock_restrict_self")
    finally:
        os.close(rules)
    return ""


def _allow(libc: ctypes.CDLL, rules: int, path: str, access: int) -> int:
    """Add one path to a Landlock ruleset; not 0 where the kernel would not."""
    import stat

    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # nothing is there, or this user may not go there
        return 0
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            access &= TO_FILES
        rule = PATH_BENEATH.pack(access, place)
        return libc.syscall(*map(ctypes.c_long, (ADD_RULE, rules, IS_PATH_BENEATH)), rule, ctypes.c_long(0))
    finally:
        os.close(place)


def prepare_nvidia(driver: str = "/proc/driver/nvidia", device: str = "/dev/nvidia-uvm") -> None:
    """Before the network is closed: have the device file made that CUDA wants, where a driver is there without it.

    CUDA itself starts the setuid program nvidia-modprobe for that, which PR_SET_NO_NEW_PRIVS leaves without its rights.
    """
    if not os.path.exists(driver) or os.path.exists(device):
        return
    import contextlib
    import subprocess

    with contextlib.suppress(OSError, subprocess.TimeoutExpired):  # CUDA says what it lacks, and `avatar status` too
        subprocess.run(
            ["nvidia-modprobe", "-u", "-c=0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20
        )


def _prctl(libc: ctypes.CDLL, option: int, value: int) -> int:
    return libc.prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0)))


def _last_error(call: str) -> str:
    number = ctypes.get_errno()
    return f"{call} failed: {errno.errorcode.get(number, number)}"


def is_closed() -> bool:
    """Whether this process is refused a socket."""
    import _socket

    try:
        _socket.socket(AF_INET, SOCK_STREAM).close()
    except OSError as error:
        return error.errno == errno.EACCES
    return False


def become(
    parent: int, limits: list[tuple[int, int]], files: tuple[list[str], list[str]] | None, command: list[str]
) -> None:
    """Close the network, take resource limits (kind, most) and run `command` in place of this program.

    files: what may be read and what may be written, see `close_files`; all files where it is None.
    It is killed as soon as the process `parent` is gone, whatever ended that.
    """
    import resource
    import signal

    die_with(parent)
    close_network()
    if files:
        close_files(*files)
    for number in (signal.SIGXFSZ, signal.SIGPIPE):  # Python ignores both, and the program would inherit that
        signal.signal(number, signal.SIG_DFL)
    for kind, most in limits:
        soft, hard = (most, most + CPU_GRACE_S) if kind == resource.RLIMIT_CPU else (most, most)
        held = resource.getrlimit(kind)[1]  # only root may have more than this
        if held != resource.RLIM_INFINITY:
            soft, hard = min(soft, held), min(hard, held)
        resource.setrlimit(kind, (soft, hard))
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


def die_with(parent: int) -> None:
    """Let this process be killed as soon as the one that started it is gone, whatever ended that."""
    import signal

    _prctl(ctypes.CDLL(None), PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before
        sys.exit(f"process {parent}, for which this one was to run, is gone")


def why_not_here() -> str:
    """Why the network cannot be closed on this host; "" where it can. A child tries it, in 0.03 s."""
    import subprocess

    child = [sys.executable, "-I", "-S", __file__]
    return subprocess.run(child, capture_output=True, text=True, check=True).stdout.strip()


def _run_as_program(arguments: list[str]) -> None:
    """Without arguments: say whether the network can be closed. Else become what they say:

    PARENT KIND=MOST... [files read:PATH... write:PATH...] -- COMMAND...
    """
    if not arguments:
        print(close_network())
        return
    split = arguments.index("--")
    settings, files = arguments[1:split], None
    if "files" in settings:
        at = settings.index("files")
        settings, paths = settings[:at], [setting.partition(":") for setting in settings[at + 1 :]]
        read, write = ([path for kind, _, path in paths if kind == which] for which in ("read", "write"))
        files = (read, write)
    limits = [(int(kind), int(most)) for kind, most in (limit.split("=") for limit in settings)]
    become(int(arguments[0]), limits, files, arguments[split + 1 :])


if __name__ == "__main__":
    _run_as_program(sys.argv[1:])
