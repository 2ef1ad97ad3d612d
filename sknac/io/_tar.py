"""Where the members of a ``.tar`` lie, so that they are read in place."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import re
import tarfile
from typing import NamedTuple

from sknac.io._damage import damage

_MOST_MEMBERS = 1000


class Part(NamedTuple):
    """A file, or the stretch of one that a member of a ``.tar`` takes."""

    path: str
    offset: int
    size: int

    def read(self, most: int) -> bytes:
        """Read all of it, which must not be more than `most` bytes."""
        if self.size > most:
            damage(f"{self.size} bytes where at most {most} are expected")
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


class _Bounded:
    """A file of which no more is asked than there is; headers claim sizes."""

    def __init__(self, file, size):
        self.file, self.size = file, size
        self.tell, self.seek, self.close = file.tell, file.seek, file.close

    def read(self, n_bytes=-1):
        """Read at most what is left."""
        left = max(0, self.size - self.file.tell())
        return self.file.read(left if n_bytes < 0 else min(n_bytes, left))


def members(path) -> dict[str, Part]:
    """List the files of an archive that is not packed, by their names."""
    found, size = {}, os.stat(path).st_size
    with (
        open(path, "rb") as file,
        tarfile.open(fileobj=_Bounded(file, size), mode="r:") as archive,
    ):
        for number, member in enumerate(archive):
            if number >= _MOST_MEMBERS:
                damage(f"more than {_MOST_MEMBERS} members")
            name = member.name.replace("\\", "/")
            if re.match(r"/|[A-Za-z]:", name) or ".." in name.split("/"):
                damage(f"the member {member.name!r} leads out of the archive")
            if member.isdir():
                continue
            if not member.isreg() or member.issparse():
                damage(f"the member {member.name!r} is a link or device, not a file")
            if member.size < 0 or member.offset_data + member.size > size:
                damage(f"the member {member.name!r} is cut off")
            if name in found:
                damage(f"two members of the name {member.name!r}")
            found[name] = Part(str(path), member.offset_data, member.size)
    if not found:
        damage("no member")
    return found
