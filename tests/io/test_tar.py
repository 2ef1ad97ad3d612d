"""Archives, read in place."""

# SPDX-License-Identifier: BSD-3-Clause

import tarfile

import pytest

from sknac.io._tar import Part, members


def test_members_are_found_where_they_lie(tmp_path, seeds):
    path = seeds.write_tar(tmp_path / "a.tar", {"x/a.raw": b"12345", "b" * 150: b"67"})
    found = members(path)
    assert list(found) == ["x/a.raw", "b" * 150]
    assert [part.read(9) for part in found.values()] == [b"12345", b"67"]


@pytest.mark.parametrize(
    "name", ["/etc/a.raw", "../a.raw", "x/../../a", "C:\\a", "..\\a"]
)
def test_names_that_lead_out_are_refused(tmp_path, seeds, name):
    path = seeds.write_tar(tmp_path / "a.tar", {name: b"1"})
    with pytest.raises(ValueError, match="leads out of the archive"):
        members(path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        member = tarfile.TarInfo("a.raw")
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(ValueError, match="is a link or device"):
        members(tmp_path / "a.tar")


def test_two_of_a_name_are_refused(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for _ in range(2):
            archive.addfile(tarfile.TarInfo("a.raw"))
    with pytest.raises(ValueError, match="two members"):
        members(tmp_path / "a.tar")


def test_claims_of_names_are_not_allocated(tmp_path, peak_bytes):
    member = tarfile.TarInfo("long")
    member.type, member.size = tarfile.GNUTYPE_LONGNAME, 8 << 30
    (tmp_path / "a.tar").write_bytes(member.tobuf(tarfile.GNU_FORMAT) + bytes(2048))
    before = peak_bytes()
    with pytest.raises(Exception):  # noqa: B017 - the reader names whatever comes
        members(tmp_path / "a.tar")
    assert peak_bytes() - before < 1_000_000


def test_large_parts_are_not_read_whole(tmp_path):
    with pytest.raises(ValueError, match="where at most 4 are expected"):
        Part(str(tmp_path / "a"), 0, 5).read(4)
