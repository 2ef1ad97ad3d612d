"""HDF5 files, and MATLAB's since version 7.3, which are such."""

# SPDX-License-Identifier: BSD-3-Clause

import math
import os
import zlib

import numpy as np

from sknac.io._damage import damage, damage_named
from sknac.io._info import ArrayInfo
from sknac.io._variables import (
    FREE_BYTES,
    MOST_VARIABLES,
    Variable,
    check_growth,
    choose,
    describe,
    remembered,
)
from sknac.utils._optional import import_optional

HAS_VARIABLES = True
_MEND = "write it again"
_MOST_DEPTH = 20
_MOST_TEXT = 256
_MOST_CHUNKS = 2_000_000
_MOST_INFLATION = 1032  # of deflate
_DEFLATE, _SHUFFLE = 1, 2
# Deflate, shuffle, checksum, n-bit, scale-offset and LZF come with every h5py.
_FILTERS = {_DEFLATE, _SHUFFLE, 3, 5, 6, 32000}
_OWN_GROUPS = {"#refs#", "#subsystem#"}
_REFUSALS = {
    "char": "it is text; name an array of numbers",
    "cell": "it is a cell array; save the array inside it under its own name",
    "sparse": "it is sparse; save full() of it",
}
_NUMBERS = {"double", "single", "logical", None} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
_OBJECT = "it is a MATLAB object or function; save a plain array"


def read_info(path, variable=None) -> ArrayInfo:
    """Tell shape and type of an array; the first of three axes counts the frames."""
    with damage_named(path, "HDF5", _MEND):
        chosen = choose(path, _contents(path), variable)
        info = describe(path, "hdf5", chosen, {})
        check(path, chosen)
        return info


def read_frame(info, frame=None) -> np.ndarray:
    """Read an array, or one frame of it."""
    with damage_named(info.path, "HDF5", _MEND):
        variable = _contents(info.path)[info.variable]
        return _read(info.path, variable, frame if info.is_stack else None)


def check(path, variable):
    """Refuse an array of which the file does not have the samples."""
    with _open(path) as file:
        _check_samples(path, file[variable.place])


def read_matlab(path, variable, frame=None):
    """Read an array in MATLAB's order, or one frame by its last axis."""
    return _read(path, variable, frame).T


@remembered
def _contents(path):
    """List the arrays of a file, those in groups as ``group/name``."""
    return _Walk(path, matlab=False).found


def matlab_contents(path) -> dict[str, Variable]:
    """List the arrays of a file, those in structs as ``data[12].rf1``."""
    return _Walk(path, matlab=True).found


def _open(path):
    """Open a file for reading; the package is needed for these files alone."""
    return import_optional("h5py", "h5py", extra="formats").File(path, "r")


def _read(path, variable, frame):
    """Read an array, or an entry of its first axis."""
    with _open(path) as file:
        dataset = file[variable.place]
        _check_chunks(dataset, frame)
        data = dataset[() if frame is None else frame]
        if data.dtype.names:
            real, imag = data.dtype.names
            data = data[real] + 1j * data[imag]
        return np.asarray(data).astype(variable.dtype, copy=False)


class _Walk:
    """Steps through the groups of a file without following links."""

    def __init__(self, path, matlab):
        self.path, self.matlab, self.found = path, matlab, {}
        self.seen = set()
        self.joint = "." if matlab else "/"
        with _open(path) as file:
            self.group(file, "", 0)

    def group(self, group, place, depth):
        """List what a group holds."""
        if depth > _MOST_DEPTH:
            damage(f"groups more than {_MOST_DEPTH} deep")
        self.once(group)
        for name in group:
            if not depth and name in _OWN_GROUPS and self.matlab:
                continue
            self.member(group, name, f"{place}{self.joint}{name}".lstrip("/."), depth)

    def once(self, thing):
        """Refuse groups that hold themselves."""
        import h5py

        address = h5py.h5o.get_info(thing.id).addr
        if address in self.seen:
            damage("a group stands in two places")
        self.seen.add(address)

    def keep(self, variable):
        """Keep what was found."""
        if len(self.found) >= MOST_VARIABLES:
            damage(f"more than {MOST_VARIABLES} arrays")
        if not variable.name.isprintable():
            damage("a name that cannot be printed")
        self.found[variable.name] = variable

    def member(self, group, name, place, depth):
        """List one member of a group."""
        import h5py

        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            external = isinstance(link, h5py.ExternalLink)
            refusal = (
                f"it is a link{' into another file' if external else ''}, which is not "
                "followed; name the array itself"
            )
            self.keep(Variable(place, refusal=refusal))
            return
        thing = group[name]
        kind = self.matlab_class(thing)
        if isinstance(thing, h5py.Group):
            if "MATLAB_sparse" in thing.attrs:
                self.keep(Variable(place, refusal=_REFUSALS["sparse"]))
                return
            if self.matlab and kind not in (None, "struct"):
                self.keep(Variable(place, refusal=_OBJECT))
                return
            if self.matlab and self.struct_array(thing, place, depth):
                return
            self.keep(Variable(place, (1, 1), fields=tuple(thing)))
            self.group(thing, place, depth + 1)
        elif isinstance(thing, h5py.Dataset):
            self.keep(self.dataset(thing, place, kind))

    def matlab_class(self, thing):
        """Tell the class that MATLAB noted."""
        kind = thing.attrs.get("MATLAB_class") if self.matlab else None
        return kind.decode("latin1") if isinstance(kind, bytes) else kind

    def struct_array(self, group, place, depth):
        """List a struct array, whose fields are arrays of references."""
        import h5py

        fields = tuple(group)
        links = (group.get(name, getlink=True) for name in fields)
        if not fields or not all(isinstance(link, h5py.HardLink) for link in links):
            return False
        members = [group[name] for name in fields]
        if not all(
            isinstance(member, h5py.Dataset)
            and member.dtype == h5py.ref_dtype
            and self.matlab_class(member) is None
            for member in members
        ):
            return False
        shapes = {member.shape[::-1] for member in members}
        if len(shapes) > 1 or depth >= _MOST_DEPTH:
            damage(f"the fields of {place} do not have one shape")
        (shape,) = shapes
        if math.prod(shape) * len(fields) > MOST_VARIABLES:
            damage(f"more than {MOST_VARIABLES} arrays")
        self.keep(Variable(place, shape, fields=fields))
        for field, member in zip(fields, members, strict=True):
            for number, reference in enumerate(self.all_of(member).ravel()):
                self.reference(group, reference, f"{place}[{number}].{field}", depth)
        return True

    def reference(self, group, reference, place, depth):
        """List what a field of one element of a struct array is."""
        import h5py

        thing = group.file[reference] if reference else None
        if isinstance(thing, h5py.Dataset):
            self.keep(self.dataset(thing, place, self.matlab_class(thing)))
        elif isinstance(thing, h5py.Group):
            self.keep(Variable(place, (1, 1), fields=tuple(thing)))
            self.group(thing, place, depth + 1)

    def dataset(self, dataset, place, kind):
        """List an array."""
        dtype = _number_type(dataset.dtype)
        shape = dataset.shape
        if shape is None:
            return Variable(place, refusal="it holds nothing; save an array")
        shape = shape[::-1] if self.matlab else shape
        if "MATLAB_empty" in dataset.attrs and self.matlab:
            return Variable(place, refusal="it is empty; name another")
        if self.matlab and kind == "logical":
            dtype = np.dtype("?")
        if self.matlab and (kind not in _NUMBERS or dtype is None):
            value = self.text(dataset) if kind == "char" else None
            return Variable(
                place, shape, refusal=_REFUSALS.get(kind, _OBJECT), value=value
            )
        if dtype is None:
            return Variable(
                place, shape, refusal=f"it holds {dataset.dtype}; name numbers"
            )
        value = None
        if dtype.kind != "c" and math.prod(shape) == 1 and self.matlab:
            value = self.all_of(dataset).ravel()[0].astype(dtype).item()
        return Variable(place, shape, dtype, dataset.name or place, value=value)

    def text(self, dataset):
        """Read a short text of one line, stored as UTF-16."""
        if dataset.dtype != np.uint16 or math.prod(dataset.shape) > _MOST_TEXT:
            return None
        return self.all_of(dataset).tobytes().decode("utf-16", errors="replace")

    def all_of(self, dataset):
        """Read a small array whole."""
        _check_samples(self.path, dataset)
        _check_chunks(dataset, None)
        return dataset[()]


def _number_type(dtype):
    """Tell the type that is read, or None where it is no number."""
    if dtype.names and len(dtype.names) == 2:  # complex as MATLAB stores it
        parts = [dtype[name] for name in dtype.names]
        if dtype.names == ("real", "imag") and parts[0] == parts[1]:
            return np.result_type(parts[0], "c8") if parts[0].kind in "iuf" else None
    if dtype.kind not in "biufc" or dtype.itemsize > 16:
        return None
    return dtype.newbyteorder("=")


def _check_samples(path, dataset):
    """Refuse arrays of which the file does not have the samples."""
    if dataset.is_virtual or dataset.external:
        damage(f"{dataset.name} lies in another file")
    foreign = _filters(dataset) - _FILTERS
    if foreign:
        damage(
            f"{dataset.name} is packed with filter {min(foreign)}, which is not read "
            "here"
        )
    n_bytes = math.prod(dataset.shape) * dataset.dtype.itemsize
    stored = min(dataset.id.get_storage_size(), os.stat(path).st_size)
    if dataset.chunks is None:
        if n_bytes > stored:
            damage(f"{dataset.name} is {n_bytes} bytes, of which {stored} are there")
        return
    check_growth(dataset.name, n_bytes, stored)
    check_growth("a chunk of it", _chunk_bytes(dataset), stored)
    needed = math.prod(
        -(-side // chunk)
        for side, chunk in zip(dataset.shape, dataset.chunks, strict=True)
    )
    if needed > _MOST_CHUNKS:
        damage(f"{dataset.name} has {needed} chunks")
    n_written = dataset.id.get_num_chunks()
    if n_written != needed:
        damage(f"{dataset.name}: only {n_written} of {needed} chunks were written")


def _check_chunks(dataset, frame):
    """Refuse deflated chunks that grow beyond their size; HDF5 inflates them whole."""
    if dataset.chunks is None or _DEFLATE not in _filters(dataset):
        return
    size, depth, suspects = _chunk_bytes(dataset), dataset.chunks[0], []

    def look(chunk):
        first = chunk.chunk_offset[0]
        is_read = frame is None or first <= frame < first + depth
        if is_read and _MOST_INFLATION * chunk.size > FREE_BYTES:
            suspects.append(chunk.chunk_offset)

    dataset.id.chunk_iter(look)
    for place in suspects:
        mask, data = dataset.id.read_direct_chunk(place)
        inflater = zlib.decompressobj()
        if not mask:
            inflater.decompress(data, size + 64)
            if not inflater.eof:
                damage(f"a chunk of {dataset.name} is not {size} bytes")


def _chunk_bytes(dataset):
    """Tell the size of a chunk as it is in memory."""
    return math.prod(dataset.chunks) * dataset.dtype.itemsize


def _filters(dataset):
    """List the filters that an array passed through."""
    plist = dataset.id.get_create_plist()
    return {plist.get_filter(number)[0] for number in range(plist.get_nfilters())}
