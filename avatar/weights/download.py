"""One file from the hub to its place: resumed where an earlier try stopped, named only when its digest is right.

huggingface_hub does the talking (addresses, tokens, proxies, retries, ranges); its `hf_hub_download` is not used
because, as of 2.4, it throws a half file away when it fails, and gives the file its final name before anybody could
have looked at its sha256. Where files end up is the library's own cache layout, so that it finds them too.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import httpx2
from huggingface_hub import constants, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
from huggingface_hub.file_download import HfFileMetadata, get_hf_file_metadata, http_get
from huggingface_hub.utils import build_hf_headers

import avatar
from avatar.errors import EnvironmentProblem
from avatar.weights.digests import file_sha256, problem_with, stamp
from avatar.weights.disk import sync
from avatar.weights.step import FetchProgress, Step, link

TOKEN = "authorization"  # the header of the user's token, as the library writes it
# What the hub names a blob after: the sha256 of a large file, the git object of a small one.
ETAG = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def bring(step: Step, progress: FetchProgress) -> None:
    """Download step.file to step.target. Raises EnvironmentProblem that says why not, and what mends it."""
    with _explained(step):
        step.partial.parent.mkdir(parents=True, exist_ok=True)
        with _held_partial(step, progress) as partial:
            if _is_right(step, step.target):  # another process brought it while we waited
                partial.truncate(0)
                return
            blob = _blob(step, _metadata(step))
            if blob != step.target and _is_right(step, blob):  # from another revision, or left without its link
                partial.truncate(0)
            else:
                _download(step, partial, progress)
                _check(step, progress)
                sync(step.partial)
                step.partial.replace(blob)
            if blob != step.target:
                link(step, blob)
            stamp(step.target, step.file.sha256)


def _is_right(step: Step, path: Path) -> bool:
    return path.is_file() and problem_with(path, step.file.size, step.file.sha256) is None


def _check(step: Step, progress: FetchProgress) -> None:
    """Hash what was downloaded. Raises EnvironmentProblem, and throws it away, when it is not the locked file."""
    file = step.file
    progress.begin("checking", file)
    if (found := file_sha256(step.partial, progress.advance)) != file.sha256:
        step.partial.unlink()  # going on with it would only end here again
        raise EnvironmentProblem(
            f"what {constants.ENDPOINT} sent for {file.repo} {file.path} is not the file that was locked: its sha256 "
            f"is {found[:12]}…, not {file.sha256[:12]}…. It was thrown away; run the same command again, and where "
            "it repeats, fetch over another network or proxy."
        )


@contextlib.contextmanager
def _held_partial(step: Step, progress: FetchProgress) -> Iterator[BinaryIO]:
    """The half file, open at its end, and held against other fetches of the same file. If it ends empty, it is removed.

    The lock is on the half file itself, which whoever finishes renames: then the name is free again, and we open a new
    one. On a file system without locks two fetches would spoil one another's half file, and its digest would show it.
    """
    while True:
        with open(step.partial, "ab") as partial:
            try:
                fcntl.flock(partial, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                progress.say(f"another avatar is fetching {step.file.repo} {step.file.path}; waiting for it")
                fcntl.flock(partial, fcntl.LOCK_EX)
            except OSError as error:
                if error.errno not in (errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP):
                    raise
            if not _is_open_at(partial, step.partial):
                continue
            try:
                yield partial
            finally:
                if os.fstat(partial.fileno()).st_size == 0:
                    step.partial.unlink(missing_ok=True)
            return


def _is_open_at(file: BinaryIO, path: Path) -> bool:
    """Whether an open file still has this name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


def _metadata(step: Step) -> HfFileMetadata:
    """What the hub says of the file. Raises EnvironmentProblem, before bytes flow, when it is not the locked one."""
    file = step.file
    metadata = get_hf_file_metadata(_url(step), token=None, headers=_headers())
    differs = [
        f"{what} {there}, not {locked}"
        for what, there, locked in (
            ("revision", metadata.commit_hash, file.revision),
            ("size", metadata.size, file.size),
            ("sha256", metadata.etag if len(metadata.etag or "") == 64 else None, file.sha256),
        )
        if there is not None and there != locked
    ]
    if metadata.commit_hash is None:
        differs = ["no revision"]  # a login page or a proxy's error page, most likely
    if differs:
        raise EnvironmentProblem(
            f"{constants.ENDPOINT} has another {file.repo} {file.path} than the locked one: {', '.join(differs)}. "
            "Check HF_ENDPOINT and the network's proxy."
        )
    return metadata


def _download(step: Step, partial: BinaryIO, progress: FetchProgress) -> None:
    """Let the file grow to its size, from where it stands."""
    progress.begin("fetching", step.file)
    if (there := partial.seek(0, os.SEEK_END)) > step.file.size:
        partial.truncate(0)
        there = partial.seek(0)
    progress.advance(there)
    http_get(
        _url(step),  # and not the address it redirects to: that one expires, and a try may come hours later
        partial,
        resume_size=there,
        headers=_headers() | {"Accept-Encoding": "identity"},  # a range of a compressed body would be another range
        expected_size=step.file.size,
        displayed_filename=step.file.path,
        tqdm_class=_bar(progress, there),
    )
    partial.flush()


def _bar(progress: FetchProgress, there: int) -> type:
    """The library reports through a class like tqdm's; this one hands on what it is told.

    there: what was counted already. A server that knows no ranges sends all of it again, and the bar says so with
    another `initial`.
    """

    class Bar:
        def __init__(self, *_: object, initial: int = 0, **__: object):
            progress.advance(initial - there)

        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, size: int) -> None:
            progress.advance(size)

    return Bar


def _blob(step: Step, metadata: HfFileMetadata) -> Path:
    """Where the bytes go: in a hub cache a blob that is named as the hub names it, else the target itself."""
    if step.place.layout == "plain":
        return step.target
    etag = metadata.etag or ""
    return step.partial.with_name(etag if ETAG.fullmatch(etag) else step.file.sha256)


def _url(step: Step) -> str:
    return hf_hub_url(step.file.repo, step.file.path, revision=step.file.revision)


def _headers() -> dict[str, str]:
    """With the user's hub token, if one is kept on this host. Raises EnvironmentProblem for one that cannot be sent."""
    headers = build_hf_headers(library_name="avatar", library_version=avatar.__version__)
    if not headers.get(TOKEN, "").isascii():
        raise EnvironmentProblem(
            "the hub token of this host (HF_TOKEN, or the file that 'hf auth login' wrote) holds a character that no token "
            "has; copy it again from the hub's page, under Settings, Access Tokens."
        )
    return headers


def _refused(step: Step, status: int) -> str:
    """What helps where the hub lets nobody, or not this user, at a file."""
    page = f"{constants.ENDPOINT}/{step.file.repo}"
    if TOKEN not in _headers():
        return (
            f"accept the conditions on {page} while logged in, make a token there under Settings, Access Tokens, and give it "
            "to the same command as HF_TOKEN"
        )
    if status == 401:
        return "the token that was sent is none that it knows; make one under Settings, Access Tokens, and set HF_TOKEN to it"
    return (
        f"the token that was sent may not read this; accept the conditions on {page} with its account, and let it read gated "
        "repositories"
    )


@contextlib.contextmanager
def _explained(step: Step) -> Iterator[None]:
    """Turns every way in which a download fails into one message."""
    name, hub = f"{step.file.repo} {step.file.path}", constants.ENDPOINT
    again = "run the same command again, it goes on where it stopped"
    try:
        yield
    except EnvironmentProblem:
        raise
    except OfflineModeIsEnabled as error:
        raise EnvironmentProblem(
            f"cannot fetch {name}: HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE) is set, which forbids the network; unset "
            "it, or lay the files under a folder that AVATAR_MODELS names (docs/models.md)."
        ) from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        advice = _refused(step, status) if status in (401, 403) else again
        raise EnvironmentProblem(f"cannot fetch {name} from {hub}: it answers with HTTP {status}; {advice}.") from error
    except httpx2.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise EnvironmentProblem(
            f"cannot fetch {name} from {hub} ({reason}); check the network, or the proxy in HTTPS_PROXY, then {again}."
        ) from error
    except OSError as error:
        if error.errno is None:  # the library's "consistency check": the connection ended early
            raise EnvironmentProblem(f"the download of {name} ended early; {again}.") from error
        raise EnvironmentProblem(
            f"cannot write {error.filename or step.target} ({error.strerror}); mend that, or name another folder in "
            f"AVATAR_MODELS or HF_HOME, then {again}."
        ) from error
