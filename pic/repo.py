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
from pathlib import Path

from pic.errors import PicError

FOLDER = ".pic"
CONFIG = "pic.toml"


# What git sets where one of its hooks calls us, and what would make another git mean another repository.
OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY")


def environment() -> dict[str, str]:
    """Ours, in which git means the repository that it is started in."""
    return {name: value for name, value in os.environ.items() if name not in OF_A_HOOK}


def git(root: Path, *words: str, index: Path | None = None, given: str = "") -> str:
    """Standard output of a git command. Raises PicError with git's own first error."""
    ours = (
        environment() | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"} | ({"GIT_INDEX_FILE": str(index)} if index else {})
    )
    try:
        done = subprocess.run(
            ["git", "--literal-pathspecs", "-C", root, *words], env=ours, input=given, capture_output=True,
            encoding="utf-8", errors="surrogateescape",  # as Python has names of files
        )  # fmt: skip
    except FileNotFoundError:
        raise PicError("git is not on PATH", "install git") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        said = next((line for line in lines if line.startswith("error: ")), lines[-1])
        raise PicError(f"git {words[0]} failed in {root}: {said.rstrip('.')}", f"git -C {root} status")
    return done.stdout.strip()


def find_root(start: Path) -> Path:
    """The top of the git repository that holds `start`, found without starting git."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            return folder
    raise PicError(f"{start} is in no git repository", "git init && picctl init")


def find_project(start: Path) -> Path:
    """The root of a repository that was made one of ours by `picctl init`."""
    root = find_root(start)
    if not (root / CONFIG).exists():
        raise PicError(f"{root} has no {CONFIG}", "picctl init")
    return root


def refuse_ignored(root: Path) -> None:
    """Raises PicError where git ignores the log, which then reaches no clone."""
    log = f"{FOLDER}/status-log.jsonl"
    if git(root, "ls-files", "--others", "--ignored", "--exclude-standard", "--", log):
        raise PicError(f"git ignores {log}, so nobody else would have it", f"take {FOLDER} out of what is ignored: "
                       f"git -C {root} check-ignore -v {log}")  # fmt: skip


def content_tree(root: Path) -> str:
    """The git tree of what is there now, without `.pic`."""
    refuse_ignored(root)
    with tempfile.TemporaryDirectory(prefix="picctl-") as scratch:
        index, real = Path(scratch, "index"), index_of(root)
        if real.exists():
            shutil.copy2(real, index)  # with its time: git reads no file that is older and unchanged
        listed = git(root, "ls-files", "-vz", index=index).split("\0")
        for bit, tags in (("--no-assume-unchanged", "hs"), ("--no-skip-worktree", "Ss")):  # git would not look at them
            hidden = [line[2:] for line in listed if line and line[0] in tags]
            if hidden:
                git(root, "update-index", bit, "-z", "--stdin", index=index, given="\0".join(hidden))
        git(root, "add", "-A", "--", ".", index=index)
        git(root, "rm", "-rqf", "--cached", "--ignore-unmatch", FOLDER, index=index)
        for line in git(root, "ls-files", "-sz", index=index).split("\0"):
            inner = line.partition("\t")[2]
            if line.startswith("160000") and (root / inner / ".git").exists():  # a submodule, by what is in it now
                tree = content_tree(root / inner)
                git(root, "update-index", "--cacheinfo", f"160000,{tree},{inner}", index=index)
        return git(root, "write-tree", index=index)


def index_of(root: Path) -> Path:
    if (root / ".git").is_dir():
        return root / ".git/index"
    return root / git(root, "rev-parse", "--git-path", "index")  # a worktree or a submodule


def listing(root: Path, tree: str, inputs: tuple[str, ...]) -> dict[str, str]:
    """{path: its line of git ls-tree} for these paths of a tree; a path that is not there is left out."""
    found, waiting = {}, set(inputs)
    while waiting:  # of a folder and a path in it, git would list the second alone
        outer = {path for path in waiting if not any(path.startswith(f"{other}/") for other in waiting)}
        lines = git(root, "ls-tree", "-z", tree, "--", *sorted(outer)).split("\0")
        found |= {line.partition("\t")[2]: line for line in lines if line}
        waiting -= outer
    return found


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def write_whole(path: Path, text: str) -> None:
    """The file is there with all of its text, or as it was; a link stays one, and its file keeps who may read it."""
    path = path.resolve()
    mode = path.stat().st_mode & 0o777 if path.is_file() else 0o644
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", delete=False, encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).chmod(mode)
    os.replace(file.name, path)
