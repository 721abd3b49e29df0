"""locks/debs.txt: where its packages come from, what is refused, and how it moves with the base."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from avatar.environment import bootstrap
from ci.container import build, debs, downloads, moving
from ci.container.host import Problem
from testing.debian_archive import DebianArchive, list_packages, pack
from tests.conftest import ROOT

needs_apt = pytest.mark.skipif(
    not (shutil.which("apt-get") and shutil.which("dpkg-deb")), reason="apt and dpkg make the small mirror"
)
NOVEMBER = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_the_lock_holds_what_the_wheels_leave_to_the_system():
    locked = debs.read()
    assert list(dict.fromkeys(deb.layer for deb in locked)) == list(debs.LAYERS)
    assert len({(deb.layer, deb.file) for deb in locked}) == len(locked)
    in_base = {"libstdc++6", "zlib1g"}  # apt and dpkg themselves need these two
    for layer, wanted in debs.LAYERS.items():
        assert set(wanted) - {deb.name for deb in locked if deb.layer == layer} <= in_base
    assert set(bootstrap.SYSTEM_LIBRARIES.values()) <= set(debs.LAYERS["preview"])
    in_images = {deb.name for deb in locked if deb.layer != "download"}
    assert not {"gcc", "g++", "make", "python3-pip"} & in_images
    assert debs.read_snapshot()


@pytest.mark.parametrize(
    "line",
    ["preview libgl1=1.6.0-1 abc libgl1_1.6.0-1_amd64.deb", "libgl1=1.6.0-1", f"preview libgl1 {'0' * 64} a.deb"],
)
def test_a_line_of_another_form_is_named(tmp_path, line):
    path = tmp_path / "debs.txt"
    path.write_text(f"{debs.HEADER}{line}\n")
    with pytest.raises(Problem, match=r"debs\.txt:4: not "):
        debs.read(path)


# ---------------------------------------------------------------- a mirror


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def apt_root(folder: Path, sources: str, name: str = "sources.list") -> Path:
    """A root folder for apt with these sources and no installed packages."""
    path = folder / "etc/apt" / name
    path.parent.mkdir(parents=True)
    (folder / "etc/apt/preferences.d").mkdir()
    path.write_text(sources)
    (folder / "var/lib/dpkg").mkdir(parents=True)
    (folder / "var/lib/dpkg/status").write_text("")
    return folder


@pytest.fixture
def mirror(tmp_path) -> Path:
    """A mirror of two packages in a folder, and an apt root that reads it: `mirror`/apt."""
    pack(tmp_path, "one", "1:2.0-1")
    pack(tmp_path, "two", "3.0")
    list_packages(tmp_path)
    apt_root(tmp_path / "apt", f"deb [trusted=yes] file:{tmp_path} ./\n")
    return tmp_path


def locked_as_offered(mirror: Path) -> list[debs.Deb]:
    return [
        debs.Deb("preview", "one", "1:2.0-1", sha256(mirror / "one_2.0-1_all.deb"), "one_1%3a2.0-1_all.deb"),
        debs.Deb("preview", "two", "3.0", sha256(mirror / "two_3.0_all.deb"), "two_3.0_all.deb"),
    ]


def altered(deb: debs.Deb, **fields) -> debs.Deb:
    if version := fields.get("version"):
        fields["file"] = f"{deb.name}_{version}_all.deb"
    return debs.Deb(**{**vars(deb), **fields})


def fetch(root: Path, locked: list[debs.Deb], folder: Path) -> None:
    lock = folder.with_name("lock.txt")
    debs.write(locked, NOVEMBER, lock)
    debs.fetch(root, lock, folder)


@needs_apt
def test_locked_packages_are_fetched_and_what_is_damaged_is_fetched_again(mirror):
    locked, folder = locked_as_offered(mirror), mirror / "fetched"
    fetch(mirror / "apt", locked, folder)
    assert {path.name for path in folder.iterdir()} == {"debs.txt", *(deb.file for deb in locked)}
    (folder / "two_3.0_all.deb").write_bytes(b"cut off")
    fetch(mirror / "apt", locked, folder)
    assert sha256(folder / "two_3.0_all.deb") == locked[1].sha256
    shutil.rmtree(mirror / "apt")  # all is there: the mirror is not asked
    fetch(mirror / "apt", locked, folder)


@needs_apt
def test_a_version_that_the_mirror_dropped_is_stale_where_the_base_names_no_archive(mirror):
    one, two = locked_as_offered(mirror)
    with pytest.raises(debs.Stale) as caught:
        fetch(mirror / "apt", [one, altered(two, version="2.9", sha256="0" * 64)], mirror / "fetched")
    assert str(caught.value) == (
        "the mirror no longer offers two=2.9, and the base's apt sources name no dated archive: run ci/debs write"
    )


@needs_apt
def test_other_bytes_are_never_accepted_and_weigh_more_than_staleness(mirror):
    one, two = locked_as_offered(mirror)
    wrong = altered(one, sha256="0" * 64)
    for locked in ([wrong, two], [wrong, altered(two, version="2.9")]):
        with pytest.raises(Problem, match="the mirror has other bytes than debs.txt for one=1:2.0-1") as caught:
            fetch(mirror / "apt", locked, mirror / "fetched")
        assert not isinstance(caught.value, debs.Stale)
        assert not (mirror / "fetched" / wrong.file).exists()


@needs_apt
def test_a_mirror_that_serves_other_bytes_than_its_index_names_is_refused(mirror):
    locked = locked_as_offered(mirror)
    with open(mirror / "two_3.0_all.deb", "ab") as file:
        file.write(b"\0")
    with pytest.raises(Problem, match=r"two_3\.0_all\.deb") as caught:
        fetch(mirror / "apt", locked, mirror / "fetched")
    assert not isinstance(caught.value, debs.Stale)


@needs_apt
def test_a_mirror_of_which_a_part_cannot_be_reached_is_not_stale(mirror, monkeypatch):
    (mirror / "apt.conf").write_text('Acquire::Retries "0";\n')
    monkeypatch.setenv("APT_CONFIG", str(mirror / "apt.conf"))
    one, two = locked_as_offered(mirror)
    with open(mirror / "apt/etc/apt/sources.list", "a") as sources:
        sources.write("deb [trusted=yes] http://127.0.0.1:9 ./\n")  # nothing listens on the discard port
    with pytest.raises(Problem, match="127.0.0.1") as caught:
        fetch(mirror / "apt", [one, altered(two, version="2.9")], mirror / "fetched")
    assert not isinstance(caught.value, debs.Stale)


@needs_apt
def test_the_list_is_written_from_what_the_mirror_offers(mirror, monkeypatch):
    monkeypatch.setattr(debs, "LAYERS", {"preview": ["one"], "pod": ["two"], "download": ["one"]})
    debs.update(mirror / "apt")
    found = debs.resolve(mirror / "apt")
    one, two = locked_as_offered(mirror)
    assert found == [one, altered(two, layer="pod"), altered(one, layer="download")]
    debs.write(found, NOVEMBER, mirror / "debs.txt")
    assert debs.read(mirror / "debs.txt") == found
    assert debs.read_snapshot(mirror / "debs.txt") == NOVEMBER


@needs_apt
def test_a_build_goes_on_with_a_fresh_list_where_the_lock_is_stale_and_says_so(mirror, monkeypatch, capfd):
    monkeypatch.setattr(debs, "LAYERS", {"preview": ["one", "two"]})
    one, two = locked_as_offered(mirror)
    lock, folder = mirror / "debs.txt", mirror / "fetched"
    debs.write([one, altered(two, version="2.9", sha256="0" * 64)], NOVEMBER, lock)
    downloads.fetch_debs(lock, folder, mirror / "apt")
    assert "no longer offers two=2.9" in capfd.readouterr().err
    assert debs.read(folder / "debs.txt") == [one, two]
    assert two.pin not in lock.read_text()  # the lock itself is ci/debs write's to change

    debs.write([one, altered(two, sha256="0" * 64)], NOVEMBER, lock)
    with pytest.raises(Problem, match="other bytes"):
        downloads.fetch_debs(lock, folder, mirror / "apt")


# ---------------------------------------------------------------- the dated archive behind a mirror that moved on


@pytest.fixture
def archive(tmp_path) -> Iterator[DebianArchive]:
    """A mirror that has only two=3.1, and an archive that took in two=3.0 in October and 3.1 in December."""
    for place, version in (("mirror", "3.1"), ("archive/20261030T060000Z", "3.0"), ("archive/20261201T000000Z", "3.1")):
        folder = tmp_path / place
        folder.mkdir(parents=True)
        pack(folder, "one", "1:2.0-1")
        pack(folder, "two", version)
        list_packages(folder)
    with DebianArchive(tmp_path) as server:
        yield server


def paragraphs(archive: DebianArchive) -> str:
    """Sources as official images have them, with the time of the base."""
    return (
        f"Types: deb\n# {archive.address}/archive/debian/20260803T000000Z\nURIs: {archive.address}/debian\n"
        "Suites: ./\nTrusted: yes\n"
    )


def base_of(archive: DebianArchive) -> Path:
    return apt_root(archive.folder / "apt", paragraphs(archive), "sources.list.d/debian.sources")


def locked_in_october(archive: DebianArchive) -> list[debs.Deb]:
    return locked_as_offered(archive.folder / "archive/20261030T060000Z")


@needs_apt
def test_what_the_mirror_lost_comes_from_the_dated_archive_at_the_time_of_the_lock(archive):
    locked, folder = locked_in_october(archive), archive.folder / "fetched"
    fetch(base_of(archive), locked, folder)
    assert [sha256(folder / deb.file) for deb in locked] == [deb.sha256 for deb in locked]
    packages = [path for path in archive.requests if path.endswith(".deb")]
    assert packages == [
        "/debian/./one_2.0-1_all.deb",  # the mirror first
        "/archive/debian/20261101T120000Z/./two_3.0_all.deb",
        "/archive/debian/20261030T060000Z/./two_3.0_all.deb",  # led to the import before that time
    ]


@needs_apt
def test_a_file_that_the_mirror_still_lists_but_no_longer_has_comes_from_the_archive_too(archive):
    locked, folder = locked_in_october(archive), archive.folder / "fetched"
    (archive.folder / "mirror" / "one_2.0-1_all.deb").unlink()
    fetch(base_of(archive), locked, folder)
    assert [sha256(folder / deb.file) for deb in locked] == [deb.sha256 for deb in locked]


@needs_apt
def test_sources_of_one_line_each_name_the_archive_too(archive):
    address = archive.address
    root = apt_root(
        archive.folder / "apt",
        f"# deb [trusted=yes] {address}/archive/debian/20260803T000000Z ./\ndeb [trusted=yes] {address}/debian ./\n",
    )
    locked, folder = locked_in_october(archive), archive.folder / "fetched"
    fetch(root, locked, folder)
    assert sha256(folder / locked[1].file) == locked[1].sha256


@needs_apt
def test_a_mirror_that_is_gone_altogether_is_made_up_for(archive):
    archive.mirror_is_down = True
    root = base_of(archive)
    (root / "etc/apt/apt.conf").write_text('Acquire::Retries "0";\n')
    locked, folder = locked_in_october(archive), archive.folder / "fetched"
    done = subprocess.run(
        ["sh", debs.DOWNLOAD, write_lock(archive, locked), folder, *debs.options(root), "-o", "Acquire::Retries=0"],
        capture_output=True,
    )
    assert done.returncode == 0
    assert [sha256(folder / deb.file) for deb in locked] == [deb.sha256 for deb in locked]


def write_lock(archive: DebianArchive, locked: list[debs.Deb]) -> Path:
    path = archive.folder / "lock.txt"
    debs.write(locked, NOVEMBER, path)
    return path


@needs_apt
def test_the_archives_limit_on_requests_is_waited_for(archive):
    archive.busy = [429, 503]  # pauses of one second and of two
    locked, folder = locked_in_october(archive), archive.folder / "fetched"
    fetch(base_of(archive), locked, folder)
    assert archive.busy == []
    assert sha256(folder / locked[1].file) == locked[1].sha256


@needs_apt
def test_other_bytes_in_the_archive_are_refused_by_name(archive):
    one, two = locked_in_october(archive)
    with pytest.raises(Problem) as caught:
        fetch(base_of(archive), [one, altered(two, sha256="0" * 64)], archive.folder / "fetched")
    assert str(caught.value) == (
        "the dated archive of 20261101T120000Z has other bytes than debs.txt for two=3.0: do not use it"
    )
    assert not (archive.folder / "fetched" / two.file).exists()


@needs_apt
def test_an_archive_that_serves_other_bytes_than_its_index_names_is_refused(archive):
    one, two = locked_in_october(archive)
    with open(archive.folder / "archive/20261030T060000Z" / two.file, "ab") as file:
        file.write(b"\0")
    with pytest.raises(Problem, match="the dated archive of 20261101T120000Z did not give two=3.0") as caught:
        fetch(base_of(archive), [one, two], archive.folder / "fetched")
    assert not isinstance(caught.value, debs.Stale)


@needs_apt
def test_what_neither_has_is_named_with_the_command(archive):
    one, two = locked_in_october(archive)
    with pytest.raises(debs.Stale) as caught:
        fetch(base_of(archive), [one, altered(two, version="2.9")], archive.folder / "fetched")
    assert str(caught.value) == (
        "neither the mirror nor the dated archive of 20261101T120000Z offers two=2.9: run ci/debs write"
    )


# ---------------------------------------------------------------- base and packages, moved together


@pytest.fixture
def noted(tmp_path) -> tuple[Path, Path]:
    """Copies of the Dockerfile and of the lock, to be written."""
    return Path(shutil.copy(ROOT / "Dockerfile", tmp_path)), Path(shutil.copy(debs.LOCK, tmp_path))


DIGEST = f"sha256:{'a' * 64}"


@needs_apt
def test_base_and_packages_move_to_the_day_that_the_base_names(archive, noted, monkeypatch):
    monkeypatch.setattr(debs, "LAYERS", {"preview": ["one", "two"]})
    dockerfile, lock = noted
    root = apt_root(
        archive.folder / "apt", paragraphs(archive).replace("20260803", "20261101"), "sources.list.d/debian.sources"
    )
    before = dockerfile.read_text()
    moving.move("example.org/debian:bookworm-slim", DIGEST, root, dockerfile, lock)
    assert debs.read(lock) == locked_in_october(archive)  # not what the mirror has today
    assert f"ARG BASE=example.org/debian:bookworm-slim@{DIGEST}\n" in dockerfile.read_text()
    changed = [line for line in dockerfile.read_text().splitlines() if line not in before.splitlines()]
    assert len(changed) == 2
    assert moving.ages(date(2027, 11, 1), dockerfile, lock) == (
        "base     of 2026-11-01, 365 days old\npackages of 2026-11-01, 365 days old"
    )


@needs_apt
def test_a_base_that_names_no_archive_is_refused_and_nothing_is_written(mirror, noted):
    before = [path.read_text() for path in noted]
    with pytest.raises(Problem, match="the apt sources of some/base name no dated archive: take an official"):
        moving.move("some/base", DIGEST, mirror / "apt", *noted)
    assert [path.read_text() for path in noted] == before


def test_the_age_of_base_and_packages_depends_on_the_day():
    def said(*words: str) -> str:
        return subprocess.run([ROOT / "ci/debs", "age", *words], capture_output=True, text=True, check=True).stdout

    base, packages = moving.base_day(), debs.read_snapshot().date()
    assert said("2030-01-01").splitlines() == [
        f"base     of {base}, {(date(2030, 1, 1) - base).days} days old",
        f"packages of {packages}, {(date(2030, 1, 1) - packages).days} days old",
    ]
    assert said()


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("buildah"), reason="buildah and root pull an image")
def test_an_image_is_pulled_for_its_digest_and_its_apt_sources(archive, tmp_path, monkeypatch):
    storage = ("buildah", "--root", tmp_path / "storage", "--runroot", tmp_path / "run", "--storage-driver", "vfs")
    monkeypatch.setattr(moving, "BUILDAH", storage)
    assert build.BUILDAH[0] == "buildah"
    base_of(archive)
    shutil.copytree(archive.folder / "apt", tmp_path / "context/tree")
    (tmp_path / "context/Dockerfile").write_text("FROM scratch\nCOPY tree /\n")
    image = f"oci:{tmp_path}/image:bookworm-slim"
    for command in (["bud", "--isolation", "chroot", "-t", "a", tmp_path / "context"], ["push", "a", image]):
        subprocess.run([*storage, *command], check=True, capture_output=True)
    with moving.pulled(image) as (digest, root):
        assert digest.startswith("sha256:") and len(digest) == len(DIGEST)
        assert (root / "etc/apt/sources.list.d/debian.sources").read_text() == paragraphs(archive)
        assert (root / "var/lib/dpkg/status").read_text() == ""
