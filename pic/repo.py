"""The repository: its root, its own files, and the key of its content.

The key is the git tree of everything that is not ignored, committed or not, without `.pic`: it stays the same over
commits of `.pic` alone and over amends, and changes with every edit of a source.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

from pic.errors import PicError, typed

FOLDER = ".pic"
LOG = f"{FOLDER}/status-log.jsonl"
CONFIG = "pic.toml"
# What git sets where one of its hooks calls us, and what would make another git mean another repository.
OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY")


def environment(**ours: str) -> dict[str, str]:
    """That of this process, in which git means the repository that it is started in, and ours."""
    return {name: value for name, value in os.environ.items() if name not in OF_A_HOOK} | ours


def git(root: Path, *words: str, given: str = "", **variables: str) -> str:
    """Standard output of a git command. Raises PicError with git's own first error."""
    try:
        done = subprocess.run(
            ["git", "--literal-pathspecs", "-C", root, *words], input=given, capture_output=True,
            env=environment(GIT_OPTIONAL_LOCKS="0", LC_ALL="C", **variables),
            encoding="utf-8", errors="surrogateescape",  # as Python has names of files
        )  # fmt: skip
    except FileNotFoundError:
        raise PicError("git is not on PATH", "install git") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        said = next((line for line in lines if line.startswith(("error: ", "fatal: "))), lines[-1])
        raise PicError(f"git {words[0]} failed in {root}: {said.rstrip('.')}", f"git -C {typed(root)} status")
    return done.stdout.strip()


def find_root(start: Path) -> Path:
    """The top of the git repository that holds `start`, found without starting git. Raises PicError."""
    start = start.resolve()
    root = next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), None)
    if root is None:
        raise PicError(f"{start} is in no git repository", "git init && picctl init")
    for path in (root / FOLDER, *(root / FOLDER).glob("**/*")):
        if path.is_symlink() or path.is_fifo():  # a clone may hold a link, and is written to before anybody trusts it
            raise PicError(f"{path} is a link or a pipe: what is written there lands elsewhere", f"rm {typed(path)}")
    if not (root / LOG).exists() and git(root, "ls-files", "--", LOG):  # a new one would be committed in its place
        raise PicError(f"{LOG} is not here, and git has it", f"git checkout --ignore-skip-worktree-bits -- :/{LOG}")
    return root


def find_project(start: Path) -> Path:
    """The root of a repository that was made one of ours by `picctl init`."""
    root = find_root(start)
    if not (root / CONFIG).exists():
        raise PicError(f"{root} has no {CONFIG}", "picctl init")
    return root


def refuse_ignored(root: Path) -> None:
    """Raises PicError where git ignores the log, which then reaches no clone."""
    if git(root, "ls-files", "--others", "--ignored", "--exclude-standard", "--", LOG):
        mend = f"take {FOLDER} out of what is ignored: git -C {typed(root)} check-ignore -v {LOG}"
        raise PicError(f"git ignores {LOG}, so nobody else would have it", mend)


def content_tree(root: Path) -> str:
    """The git tree of what is there now, without `.pic`."""
    refuse_ignored(root)
    in_git = ".git/index" if (root / ".git").is_dir() else git(root, "rev-parse", "--git-path", "index")  # a worktree
    with tempfile.TemporaryDirectory(prefix="picctl-") as scratch:
        index = f"{scratch}/index"
        with suppress(FileNotFoundError):  # before the first `git add`
            shutil.copy2(root / in_git, index)  # with its time: git reads no file that is older and unchanged
        ours = partial(git, root, GIT_INDEX_FILE=index)
        listed = ours("ls-files", "-vz").split("\0")
        for bit, tags in (("--no-assume-unchanged", "hs"), ("--no-skip-worktree", "Ss")):  # git would not look at them
            if hidden := [line[2:] for line in listed if line and line[0] in tags]:
                ours("update-index", bit, "-z", "--stdin", given="\0".join(hidden))
        ours("add", "-A", "--", ".")
        ours("rm", "-rqf", "--cached", "--ignore-unmatch", FOLDER)
        for line in ours("ls-files", "-sz").split("\0"):
            inner = line.partition("\t")[2]
            if line.startswith("160000") and (root / inner / ".git").exists():  # a submodule, by what is in it now
                ours("update-index", "--cacheinfo", f"160000,{content_tree(root / inner)},{inner}")
        return ours("write-tree")


def listing(root: Path, tree: str, inputs: Iterable[str]) -> dict[str, str]:
    """{path: its line of git ls-tree} for these paths of a tree; a path that is not there is left out."""
    lines = git(root, "ls-tree", "-rtz", tree, "--", *inputs).split("\0")  # with folders, and what is in them
    return {path: line for line in lines if (path := line.partition("\t")[2]) in inputs}


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


@cache
def data(name: str) -> str:
    """The text of a file that is installed with us."""
    return files("pic").joinpath("data", name).read_text("utf-8")


def read_text(path: Path) -> str | None:
    """None where there is no file. Raises PicError for what is no text."""
    try:
        return path.read_text("utf-8") if path.is_file() else None
    except UnicodeDecodeError:
        raise PicError(f"{path} is not UTF-8 text", f"mend {path.name} by hand, then the same command again") from None


def refuse_outside(root: Path, *names: str) -> None:
    """Raises PicError for the first of these files of the repository that is behind a link to elsewhere, or to itself."""
    for path in (root / name for name in names):
        real = Path(os.path.realpath(path))
        if real.is_symlink() or not real.is_relative_to(root):
            raise PicError(f"{path} leads out of the repository", f"ls -l {typed(path)}, and take the link away")


def write_whole(path: Path, text: str) -> None:
    """The file is there with all of its text, or as it was; its mode and its ends of lines stay, and a link stays one."""
    path = Path(os.path.realpath(path))
    written = text.replace("\n", "\r\n" if path.is_file() and b"\r\n" in path.read_bytes() else "\n").encode()
    mode = path.stat().st_mode & 0o777 if path.is_file() else 0o644
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
        try:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(mode)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
