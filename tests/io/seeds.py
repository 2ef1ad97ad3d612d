"""One small valid file of each format, for whoever damages files.

`SEEDS` names a function per format: it writes a file into a folder and returns its
path (``path::variable`` where the file holds several arrays), or a pair of that path
and the file of it that is to be damaged, where it is another one (a header beside
its samples). `BOMBS` names functions alike, whose files claim or unfold to more than
they should be given. A format whose package is missing leaves its seed out.

`COHORTS` names functions whose files are read by `cohort_from_table`: tables, packed
cohorts and outlines.

Tests get them as fixtures; ``benchmarks/fuzz_readers.py`` reads this file.
"""

# SPDX-License-Identifier: BSD-3-Clause

import importlib.util
import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

SEEDS = {}
BOMBS = {}
COHORTS = {}


def seed(name):
    """Register a function that writes a valid file."""
    return lambda function: SEEDS.setdefault(name, function)


def bomb(name):
    """Register a function that writes a file which claims too much."""
    return lambda function: BOMBS.setdefault(name, function)


def cohort(name):
    """Register a function that writes what `cohort_from_table` reads."""
    return lambda function: COHORTS.setdefault(name, function)


def speckle(shape, dtype="uint8"):
    """Samples that no compression makes trivial."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 200, shape).astype(dtype)


# NumPy and Ultrasonix


@seed("npy")
def write_npy(folder):
    """A stack of two frames."""
    path = Path(folder) / "stack.npy"
    np.save(path, speckle((2, 12, 10), "float32"))
    return path


@bomb("npy of 40 GB")
def write_npy_bomb(folder):
    """A header that claims 5e9 doubles."""
    text = b"{'descr': '<f8', 'fortran_order': False, 'shape': (5000000000,)}"
    path = Path(folder) / "bomb.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text)
    return path


def write_ultrasonix(folder, name, code, dtype):
    """Two frames of 12 x 10 under the 76-byte header."""
    samples = speckle((2, 10, 12), dtype)
    fields = [0] * 19
    fields[:5] = code, 2, 10, 12, 8 * samples.itemsize
    fields[14:16] = 5_000_000, 40_000_000
    path = Path(folder) / name
    path.write_bytes(struct.pack("<19i", *fields) + samples.tobytes())
    return path


@seed("ultrasonix rf")
def write_rf(folder):
    """RF of 16 bits."""
    return write_ultrasonix(folder, "scan.rf", 16, "<i2")


@seed("ultrasonix b8")
def write_b8(folder):
    """A B-mode image of 8 bits."""
    return write_ultrasonix(folder, "scan.b8", 4, "u1")


# Images


@seed("png")
def write_png(folder):
    """Grey of 8 bits."""
    path = Path(folder) / "image.png"
    Image.fromarray(speckle((12, 10))).save(path)
    return path


@seed("jpeg")
def write_jpeg(folder):
    """Grey of 8 bits."""
    path = Path(folder) / "image.jpg"
    Image.fromarray(speckle((24, 16))).save(path, quality=90)
    return path


def save_image(folder, name, array, **settings):
    """Save with Pillow."""
    path = Path(folder) / name
    Image.fromarray(array).save(path, **settings)
    return path


@seed("png 16-bit turned")
def write_png_16(folder):
    """Grey of 16 bits with an EXIF orientation."""
    turned = Image.Exif()
    turned[0x0112] = 6
    return save_image(folder, "a.png", speckle((12, 10), "uint16") * 300, exif=turned)


@seed("png rgba")
def write_png_rgba(folder):
    """Colour over a transparent ground."""
    return save_image(folder, "a.png", speckle((12, 10, 4)))


@seed("jpeg progressive")
def write_jpeg_progressive(folder):
    """Colour with an EXIF orientation."""
    turned = Image.Exif()
    turned[0x0112] = 8
    array = speckle((24, 16, 3))
    return save_image(folder, "a.jpg", array, progressive=True, exif=turned)


@seed("bmp")
def write_bmp(folder):
    """Colour of 24 bits."""
    return save_image(folder, "a.bmp", speckle((12, 10, 3)))


@seed("gif")
def write_gif(folder):
    """A palette."""
    return save_image(folder, "a.gif", speckle((12, 10)))


@seed("tiff")
def write_tiff(folder):
    """Three uncompressed pages of 16 bits."""
    pages = speckle((3, 12, 10), "uint16") * 300
    rest = [Image.fromarray(page) for page in pages[1:]]
    return save_image(folder, "a.tif", pages[0], save_all=True, append_images=rest)


@seed("tiff lzw")
def write_tiff_lzw(folder):
    """Colour, compressed."""
    return save_image(folder, "a.tif", speckle((12, 10, 3)), compression="tiff_lzw")


@seed("tiff jpeg")
def write_tiff_jpeg(folder):
    """Grey, compressed with loss."""
    return save_image(folder, "a.tif", speckle((24, 16)), compression="jpeg")


@seed("tiff float")
def write_tiff_float(folder):
    """32-bit floats, deflated."""
    array = speckle((12, 10), "float32") / 7
    return save_image(folder, "a.tif", array, compression="tiff_deflate")


@bomb("tiff tile of 3.6 gigapixels")
def write_tiff_bomb(folder):
    """An image of 4 x 3 in one tile of 60000 x 60000."""
    tags = [(256, 4), (257, 3), (258, 8), (259, 5), (262, 1), (277, 1)]
    tags += [(322, 60_000), (323, 60_000), (324, 8), (325, 12)]
    data = b"II*\0" + struct.pack("<I", 20) + bytes(12) + struct.pack("<H", len(tags))
    data += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    path = Path(folder) / "bomb.tif"
    path.write_bytes(data + bytes(4))
    return path


@bomb("jpeg of 500 scans")
def write_jpeg_bomb(folder):
    """A progressive image whose last scan is there again and again."""
    path = save_image(folder, "a.jpg", speckle((24, 16)), progressive=True)
    data = path.read_bytes()
    last = data[data.rindex(b"\xff\xda") : -2]
    path.write_bytes(data[:-2] + 500 * last + data[-2:])
    return path


@bomb("png of 2 gigapixels")
def write_png_bomb(folder):
    """A header of 45000 x 45000 over one row."""
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", 45_000, 45_000, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(1000))),
        (b"IEND", b""),
    ]
    path = Path(folder) / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(data))
            + name
            + data
            + struct.pack(">I", zlib.crc32(name + data))
            for name, data in parts
        )
    )
    return path


# MATLAB and HDF5


def oasbud_like(n_patients=2):
    """A struct array in the layout of a public set of RF: two planes a patient."""
    names = ("id", "rf1", "rf2", "roi1", "roi2", "birads", "class")
    data = np.zeros((1, n_patients), dtype=[(name, object) for name in names])
    for number in range(n_patients):
        rf = np.random.default_rng(number).normal(size=(2, 12, 6))
        data[0, number] = (f"S{number}", *rf, *(rf > 1), "4a", number % 2)
    return data


@seed("mat v5")
def write_mat(folder):
    """Structs in a deflated file."""
    from scipy.io import savemat

    path = Path(folder) / "lab.mat"
    savemat(path, {"data": oasbud_like(), "fs": 40.0}, do_compression=True)
    return f"{path}::data[1].rf2"


@seed("mat v5 stack")
def write_mat_stack(folder):
    """A stack of frames beside text and cells, not deflated."""
    from scipy.io import savemat

    cells = np.array([["a", speckle((3, 3))]], dtype=object)
    path = Path(folder) / "stack.mat"
    savemat(path, {"rf": speckle((12, 6, 3), "int16"), "note": "a b", "cells": cells})
    return path


@bomb("mat v5 that inflates a thousandfold")
def write_mat_bomb(folder):
    """A deflated array of 800 MB of zeros."""
    head = struct.pack("<6I2i", 6, 8, 6, 0, 5, 8, 10_000, 10_000)
    head += struct.pack("<HH4s2I", 1, 2, b"rf", 9, 800_000_000)
    squeeze = zlib.compressobj(wbits=-15)
    data = struct.pack("<2I", 14, len(head) + 800_000_000) + head
    data = b"\x78\x9c" + squeeze.compress(data) + squeeze.flush(zlib.Z_FULL_FLUSH)
    zeros = squeeze.compress(bytes(8_000_000)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    data += 100 * zeros
    text = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    path = Path(folder) / "bomb.mat"
    path.write_bytes(text + struct.pack("<2I", 15, len(data)) + data)
    return path


def as_matlab(path, write):
    """An HDF5 file with the header that MATLAB puts before it."""
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        write(file)
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    return path


def put_matlab(group, name, array, kind="double"):
    """One array as MATLAB stores it: transposed, its class in an attribute."""
    array = np.asarray(array)
    dataset = group.create_dataset(name, data=array.T)
    dataset.attrs["MATLAB_class"] = np.bytes_(kind)
    return dataset


def put_struct_array(file, name, structs):
    """A struct array: for each field an array of references."""
    import h5py

    refs, group = file.require_group("#refs#"), file.create_group(name)
    group.attrs["MATLAB_class"] = np.bytes_("struct")
    for field in structs[0]:
        cells = []
        for struct_ in structs:
            value, kind = struct_[field], "double"
            if isinstance(value, str):
                value, kind = [[ord(letter) for letter in value]], "char"
                value = np.array(value, "uint16")
            place = f"r{len(refs)}"
            cells.append(put_matlab(refs, place, value, kind).ref)
        group.create_dataset(field, data=np.array([cells], h5py.ref_dtype).T)


@bomb("HDF5 of 40 GB")
def write_hdf5_bomb(folder):
    """A chunked array of which no sample was written."""
    return write_hdf5_of(folder, "bomb.h5", shape=(50_000, 100_000), chunks=(100, 100))


@bomb("HDF5 that inflates a thousandfold")
def write_hdf5_deflated_bomb(folder):
    """Zeros of 800 MB."""
    path = Path(folder) / "deflated.h5"
    return write_deflated_zeros(path, (100, 1000, 1000))


def write_deflated_zeros(path, shape):
    """An array of zeros in one chunk an entry, packed hundredfold and more."""
    import h5py

    with h5py.File(path, "w") as file:
        data = file.create_dataset(
            "rf", shape, "f8", chunks=(1, *shape[1:]), compression=9
        )
        packed = zlib.compress(bytes(8 * shape[1] * shape[2]), 9)
        for number in range(shape[0]):
            data.id.write_direct_chunk((number, 0, 0), packed)
    return path


def write_hdf5_of(folder, name, **settings):
    """An HDF5 file of one array."""
    import h5py

    path = Path(folder) / name
    with h5py.File(path, "w") as file:
        file.create_dataset("rf", **{"dtype": "f8", **settings})
    return path


@seed("hdf5")
def write_hdf5(folder):
    """A deflated stack in a group."""
    import h5py

    path = Path(folder) / "stack.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset(
            "scan/rf",
            data=speckle((3, 12, 6), "int16"),
            chunks=(1, 12, 6),
            compression="gzip",
            shuffle=True,
        )
        file["fs"] = 40.0
    return path


@seed("mat v7.3")
def write_mat73(folder):
    """Structs, text and a stack, transposed as MATLAB does."""

    def write(file):
        put_matlab(file, "rf", speckle((12, 6, 3), "int16"), "int16")
        put_struct_array(
            file, "data", [{"id": "S1", "rf1": np.eye(4, 3)}, {"id": "S2", "rf1": 1}]
        )

    path = as_matlab(Path(folder) / "new.mat", write)
    return f"{path}::data[0].rf1"


# Clarius

CLARIUS_YML = """# raw data parameters

frames: {frames}
frame rate: 11 Hz
transmit frequency: 10 MHz
imaging depth: 40 mm
focal depth: 20 mm
tgc: {tgc}
size: {{samples per line: 12, number of lines: 6, sample size: {size} bytes}}
type: {type}
compression: none
sampling rate: 60 MHz
delay samples: 62
lines:
{lines}
focus:
  - depth: 20 mm
    tx frequency: 10 MHz
"""
_CLARIUS_KINDS = {"rf": ("RF", "<i2"), "iq": ("IQ", "<u4"), "env": ("B pre-scan", "u1")}


def clarius_texts(kind="rf", n_frames=2, angle=0, step=1.0, more=""):
    """The header, the frames and the ``.yml`` of a capture of 12 x 6."""
    name, dtype = _CLARIUS_KINDS[kind]
    lines = "\n".join(
        f"  - {{rx element: {step * k}, tx element: {step * k}, angle: {angle} °}}"
        for k in range(6)
    )
    size = np.dtype(dtype).itemsize
    yml = CLARIUS_YML.format(
        frames=n_frames,
        size=size,
        type=name,
        lines=lines,
        tgc="{ 0.00mm, 23.00dB }{ 40.00mm, 26.00dB }",
    )
    samples = speckle((n_frames, 6, 12), "i8").astype(dtype)
    raw = struct.pack("<5I", 2, n_frames, 6, 12, size)
    for number, frame in enumerate(samples):
        raw += struct.pack("<q", 1_000_000 * number) + frame.tobytes()
    return raw, yml + more, samples


def write_clarius(folder, kind="rf", **settings):
    """A capture: its ``.raw`` beside its ``.yml``."""
    raw, yml, _ = clarius_texts(kind, **settings)
    path = Path(folder) / f"carotid_{kind}.raw"
    path.write_bytes(raw)
    path.with_suffix(".yml").write_text(yml, encoding="utf-8")
    return path


def write_tar(path, files):
    """An archive of names and their bytes."""
    import io
    import tarfile

    with tarfile.open(path, "w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


@seed("clarius raw")
def write_clarius_raw(folder):
    """RF; its header is damaged."""
    return write_clarius(folder)


@seed("clarius yml")
def write_clarius_yml(folder):
    """IQ; its settings are damaged."""
    path = write_clarius(folder, "iq")
    return path, path.with_suffix(".yml")


@seed("clarius tar")
def write_clarius_tar(folder):
    """RF and the image of one capture."""
    files = {}
    for kind in ("rf", "env"):
        raw, yml, _ = clarius_texts(kind)
        files |= {f"c_{kind}.raw": raw, f"c_{kind}.yml": yml.encode()}
    return f"{write_tar(Path(folder) / 'capture.tar', files)}::rf"


@bomb("clarius yml that unfolds")
def write_clarius_bomb(folder):
    """References to references: a billion entries in a few lines."""
    lists = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for k in range(1, 10):
        lists.append(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]")
    return write_clarius(folder, more="\n".join(lists))


@bomb("clarius tar that leaves its folder")
def write_clarius_tar_bomb(folder):
    """A member that leads out of the archive."""
    raw, yml, _ = clarius_texts()
    files = {"../../c_rf.raw": raw, "../../c_rf.yml": yml.encode()}
    return write_tar(Path(folder) / "bomb.tar", files)


@bomb("clarius raw of 40 GB")
def write_clarius_claim(folder):
    """Header and settings that agree on frames that are not there."""
    path = write_clarius(folder)
    yml = path.with_suffix(".yml")
    text = yml.read_text(encoding="utf-8").replace("frames: 2", "frames: 90000")
    yml.write_text(text.replace("line: 12", "line: 40000"), encoding="utf-8")
    path.write_bytes(struct.pack("<5I", 2, 90_000, 6, 40_000, 2) + bytes(1000))
    return path


# DICOM


def write_dicom(
    path, pixels, *, syntax="ExplicitVRLittleEndian", vr=None, regions=(), **tags
):
    """Write a DICOM file of (frames,) rows, columns (, 3), or of compressed frames."""
    from pydicom import uid
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.encaps import encapsulate

    data = Dataset()
    data.SOPClassUID = uid.UltrasoundMultiFrameImageStorage
    data.SOPInstanceUID = "1.2.3"
    data.Modality = "US"
    syntax = getattr(uid, syntax)
    if isinstance(pixels, list):
        data.PixelData = encapsulate(pixels)
        data["PixelData"].is_undefined_length = True
        tags = {"NumberOfFrames": len(pixels), "SamplesPerPixel": 1, **tags}
    else:
        tags = {**_dicom_tags(pixels), **tags}
        order = "<" if syntax.is_little_endian else ">"
        data.PixelData = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
        data.PixelData += bytes(len(data.PixelData) % 2)
    tags.setdefault("BitsStored", tags["BitsAllocated"])
    tags.setdefault("HighBit", tags["BitsStored"] - 1)
    if regions:
        data.SequenceOfUltrasoundRegions = [_as_item(region) for region in regions]
    for keyword, value in tags.items():
        if value is not None:
            setattr(data, keyword, value)
    data["PixelData"].VR = vr or ("OB" if tags["BitsAllocated"] == 8 else "OW")
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.save_as(path, enforce_file_format=True)
    return path


def _dicom_tags(pixels):
    """What the header says of an array."""
    colour = pixels.ndim > 2 and pixels.shape[-1] == 3
    *frames, rows, columns = pixels.shape[:-1] if colour else pixels.shape
    tags = {
        "Rows": rows,
        "Columns": columns,
        "SamplesPerPixel": 3 if colour else 1,
        "PhotometricInterpretation": "RGB" if colour else "MONOCHROME2",
        "BitsAllocated": 8 * pixels.itemsize,
        "PixelRepresentation": int(pixels.dtype.kind == "i"),
    }
    if colour:
        tags["PlanarConfiguration"] = 0
    return tags | ({"NumberOfFrames": frames[0]} if frames else {})


def _as_item(tags):
    """Make an item of a sequence."""
    from pydicom.dataset import Dataset

    item = Dataset()
    for keyword, value in tags.items():
        setattr(item, keyword, value)
    return item


def dicom_region(box, cm=(0.02, 0.03), kind=1, contents=1, units=(3, 3), **tags):
    """One ultrasound region: (first row, first column, last row, last column)."""
    return {
        "RegionSpatialFormat": kind,
        "RegionDataType": contents,
        "RegionFlags": 0,
        "RegionLocationMinY0": box[0],
        "RegionLocationMinX0": box[1],
        "RegionLocationMaxY1": box[2],
        "RegionLocationMaxX1": box[3],
        "PhysicalUnitsYDirection": units[0],
        "PhysicalUnitsXDirection": units[1],
        "PhysicalDeltaY": cm[0],
        "PhysicalDeltaX": cm[1],
        **tags,
    }


def dicom_palette(colours, bits=16, first=0):
    """The tags of a palette of (n, 3) entries."""
    entries = np.asarray(colours, f"<u{bits // 8}")
    tags = {}
    for name, values in zip(("Red", "Green", "Blue"), entries.T, strict=True):
        lut = f"{name}PaletteColorLookupTable"
        tags[f"{lut}Descriptor"] = [len(values) % 65536, first, bits]
        tags[f"{lut}Data"] = values.tobytes()
    return tags


def jpeg_frames(images, kind="JPEG", **settings):
    """Compress images with Pillow, for encapsulation."""
    frames = []
    for image in images:
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, kind, **settings)
        frames.append(buffer.getvalue())
    return frames


if importlib.util.find_spec("pydicom"):

    @seed("dicom cine")
    def write_dicom_cine(folder):
        """Three frames beside a Doppler strip."""
        regions = [
            dicom_region((0, 0, 11, 9)),
            dicom_region((12, 0, 15, 9), kind=3, contents=3, units=(7, 4)),
        ]
        path = Path(folder) / "cine.dcm"
        return write_dicom(path, speckle((3, 16, 10)), regions=regions)

    @seed("dicom palette")
    def write_dicom_palette(folder):
        """Colours of a table."""
        return write_dicom(
            Path(folder) / "palette.dcm",
            speckle((12, 10)),
            PhotometricInterpretation="PALETTE COLOR",
            **dicom_palette(speckle((256, 3), "uint16") * 256),
        )

    @seed("dicom jpeg")
    def write_dicom_jpeg(folder):
        """Two compressed frames of colour."""
        images = speckle((2, 16, 24, 3))
        return write_dicom(
            Path(folder) / "jpeg.dcm",
            jpeg_frames(images),
            syntax="JPEGBaseline8Bit",
            **{**_dicom_tags(images), "PhotometricInterpretation": "YBR_FULL_422"},
        )

    @seed("dicom rle")
    def write_dicom_rle(folder):
        """Two frames of 16 bits in runs."""
        from pydicom import dcmread

        path = write_dicom(Path(folder) / "rle.dcm", speckle((2, 12, 10), "uint16"))
        data = dcmread(path)
        data.compress("1.2.840.10008.1.2.5", generate_instance_uid=False)
        data.save_as(path)
        return path

    @bomb("dicom of 43 TB")
    def write_dicom_bomb(folder):
        """A header of 10000 frames of 65535 x 65535."""
        return write_dicom(
            Path(folder) / "bomb.dcm",
            speckle((12, 10)),
            Rows=65535,
            Columns=65535,
            NumberOfFrames=10000,
        )

    @bomb("dicom deflated a thousandfold")
    def write_dicom_deflated(folder):
        """A hundred megabytes of zeros, deflated."""
        path = write_dicom(
            Path(folder) / "bomb.dcm",
            speckle((12, 10)),
            syntax="DeflatedExplicitVRLittleEndian",
        )
        data = path.read_bytes()
        head = data[: data.index(b"1.2.840.10008.1.2.1.99") + 22]
        squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        zeros = squeeze.compress(bytes(1 << 20))
        body = b"".join([zeros, *(squeeze.compress(bytes(1 << 20)) for _ in range(99))])
        path.write_bytes(head + body + squeeze.flush())
        return path

    @bomb("dicom runs of 256 MB")
    def write_dicom_runs(folder):
        """Runs of 128 that unpack to far more than the header says."""
        head = struct.pack("<16L", 1, 64, *[0] * 14)
        return write_dicom(
            Path(folder) / "bomb.dcm",
            [head + b"\x81\0" * (1 << 21)],
            syntax="RLELossless",
            **_dicom_tags(speckle((12, 10))),
        )

    @bomb("dicom with a larger jpeg")
    def write_dicom_larger_jpeg(folder):
        """An image of 6000 x 6000 under a header of 12 x 10."""
        image = Image.new("L", (6000, 6000))
        return write_dicom(
            Path(folder) / "bomb.dcm",
            jpeg_frames([np.asarray(image)]),
            syntax="JPEGBaseline8Bit",
            **_dicom_tags(speckle((12, 10))),
        )

    @bomb("dicom of nested sequences")
    def write_dicom_nested(folder):
        """Sequences within sequences, a hundred thousand deep."""
        path = write_dicom(Path(folder) / "bomb.dcm", speckle((12, 10)))
        data = path.read_bytes()
        at = data.index(b"\x28\0\x02\0US")  # before SamplesPerPixel
        item = b"\x18\0\x11\x60SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff"
        path.write_bytes(data[:at] + item * 100_000 + data[at:])
        return path


# NIfTI, NRRD and MetaImage


def write_itk(folder, name, array=None, spacing=(0.1, 0.2), packed=False, **more):
    """An image by SimpleITK; spacing and direction are (x, y, ...)."""
    import SimpleITK as sitk

    array = speckle((12, 10)) if array is None else array
    image = sitk.GetImageFromArray(array, isVector=more.pop("is_vector", False))
    image.SetSpacing([*spacing, *[1.0] * (image.GetDimension() - len(spacing))])
    for setting, value in more.items():
        getattr(image, f"Set{setting}")(value)
    path = Path(folder) / name
    sitk.WriteImage(image, str(path), useCompression=packed)
    return path


@seed("nifti")
def write_nifti(folder):
    """A stack of 16 bits."""
    return write_itk(folder, "a.nii", speckle((3, 12, 10), "int16"))


@seed("nifti gz")
def write_nifti_gz(folder):
    """A stack, packed."""
    return write_itk(folder, "a.nii.gz", speckle((3, 12, 10), "int16"))


@seed("nrrd")
def write_nrrd(folder):
    """An image of 8 bits, packed."""
    return write_itk(folder, "a.nrrd", packed=True)


@seed("nhdr")
def write_nhdr(folder):
    """A stack whose samples lie beside its header."""
    return write_itk(folder, "a.nhdr", speckle((3, 12, 10), "int16"))


@seed("metaimage")
def write_metaimage(folder):
    """RF whose lines run along x, packed."""
    rf = speckle((3, 6, 12), "int32")
    return f"{write_itk(folder, 'a.mha', rf, (0.0128, 0.1), True)}::depth=x"


@seed("metaimage header")
def write_mhd(folder):
    """An image whose samples lie beside its header."""
    return write_itk(folder, "a.mhd")


@bomb("nifti of 70 TB")
def write_nifti_bomb(folder):
    """A header of 32767 x 32767 x 32767 over one slice."""
    path = write_nifti(folder)
    data = bytearray(path.read_bytes())
    data[40:48] = struct.pack("<4h", 3, 32767, 32767, 32767)
    path.write_bytes(data)
    return path


@bomb("nifti of negative size")
def write_nifti_negative(folder):
    """A header of -10 x -12 x 3."""
    path = write_nifti(folder)
    data = bytearray(path.read_bytes())
    data[40:48] = struct.pack("<4h", 3, -10, -12, 3)
    path.write_bytes(data)
    return path


@bomb("nifti gz that inflates a thousandfold")
def write_nifti_gz_bomb(folder):
    """700 MB of zeros."""
    path = write_nifti(folder)
    data = bytearray(path.read_bytes())[:352]
    data[40:48] = struct.pack("<4h", 3, 20_000, 20_000, 1)
    squeeze = zlib.compressobj(wbits=31)
    packed = squeeze.compress(bytes(data)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    zeros = squeeze.compress(bytes(8_000_000)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    path = path.with_suffix(".nii.gz")
    path.write_bytes(packed + 100 * zeros)
    return path


@bomb("nrrd of 40 GB")
def write_nrrd_bomb(folder):
    """A packed image of 200000 x 200000."""
    path = write_nrrd(folder)
    data = path.read_bytes().replace(b"sizes: 10 12", b"sizes: 200000 200000")
    path.write_bytes(data)
    return path


@bomb("metaimage that leaves its folder")
def write_mhd_bomb(folder):
    """Samples in a file of the machine."""
    path = write_mhd(folder)
    path.write_bytes(path.read_bytes().replace(b"= a.raw", b"= /etc/passwd"))
    return path


@bomb("metaimage of 40 GB")
def write_mha_bomb(folder):
    """A packed image of 200000 x 200000."""
    path = write_itk(folder, "a.mha", packed=True)
    path.write_bytes(path.read_bytes().replace(b"= 10 12", b"= 200000 200000"))
    return path


# Tables, packed cohorts and outlines


def table_of(folder, **columns):
    """A table of two scans in files, and the folder's path."""
    folder = Path(folder)
    for name in ("a", "b"):
        save_image(folder, f"{name}.png", speckle((40, 60)) + ord(name))
    return pd.DataFrame(
        {
            "patient_id": ["P1", "P2"],
            "visit": ["pre", "pre"],
            "path": ["a.png", "b.png"],
            "kind": ["bmode", "bmode"],
            "spacing_axial_mm": [0.1, 0.1],
            "spacing_lateral_mm": [0.2, 0.2],
            "age": [51, 60],
            **columns,
        }
    )


@cohort("table csv")
def write_csv(folder):
    """Decimal points."""
    path = Path(folder) / "planes.csv"
    table_of(folder).to_csv(path, index=False)
    return path


@cohort("table csv of commas")
def write_csv_commas(folder):
    """Semicolons between cells, commas in numbers."""
    path = Path(folder) / "planes.csv"
    table_of(folder).to_csv(path, index=False, sep=";", decimal=",")
    return path


@cohort("table xlsx")
def write_workbook(folder):
    """A workbook."""
    path = Path(folder) / "planes.xlsx"
    table_of(folder).to_excel(path, index=False)
    return path


@cohort("packed cohort")
def write_pack(folder):
    """Two patients with masks, in one file."""
    from sknac.cohort import cohort_from_table, pack_cohort

    table = outlined(folder, write_mask(folder))
    path = Path(folder) / "study.cohort"
    if path.exists():
        path.unlink()
    return pack_cohort(cohort_from_table(table, root=folder), path)


def outlined(folder, outline):
    """A table whose first scan has this outline."""
    columns = {"outline": [outline.name, None], "outline_units": ["px_bmode", None]}
    return table_of(folder, **columns)


def write_mask(folder):
    """A square as a mask."""
    mask = np.zeros((40, 60), "uint8")
    mask[10:20, 15:35] = 255
    return save_image(folder, "mask.png", mask)


def beside_table(folder, outline):
    """The table of an outline, which is what to damage."""
    path = Path(folder) / "planes.csv"
    outlined(folder, outline).to_csv(path, index=False)
    return path, outline


@cohort("outline mask png")
def write_mask_table(folder):
    """A mask."""
    return beside_table(folder, write_mask(folder))


def write_json(folder, tree):
    """An outline as JSON."""
    path = Path(folder) / "outline.json"
    path.write_text(json.dumps(tree))
    return beside_table(folder, path)


SQUARE = [[15.0, 10.0], [35.0, 10.0], [35.0, 20.0], [15.0, 20.0]]


@cohort("outline LabelMe")
def write_labelme(folder):
    """A polygon and a circle of one image."""
    shapes = [
        {"label": "t", "points": SQUARE, "shape_type": "polygon"},
        {"label": "t", "points": [[20, 15], [24, 15]], "shape_type": "circle"},
    ]
    about = {"imagePath": "a.png", "imageHeight": 40, "imageWidth": 60}
    return write_json(folder, {"version": "5.0.1", "shapes": shapes, **about})


@cohort("outline COCO")
def write_coco(folder):
    """A polygon and a run-length mask."""
    size = {"height": 40, "width": 60}
    images = [{"id": k, "file_name": f"{'ab'[k]}.png", **size} for k in (0, 1)]
    runs = {"size": [40, 60], "counts": [610, 10, 30, 10, 1740]}
    polygon = [np.ravel(SQUARE).tolist()]
    shapes = [
        {"id": k, "image_id": k, "category_id": 1, "segmentation": drawn, "iscrowd": k}
        for k, drawn in enumerate([polygon, runs])
    ]
    categories = [{"id": 1, "name": "t"}]
    tree = {"images": images, "annotations": shapes, "categories": categories}
    return write_json(folder, tree)


@cohort("outline CVAT")
def write_cvat(folder):
    """A polygon on each of two images."""
    points = ";".join(f"{x},{y}" for x, y in SQUARE)
    images = "".join(
        f'<image id="{k}" name="{"ab"[k]}.png" width="60" height="40">'
        f'<polygon label="t" points="{points}"/></image>'
        for k in (0, 1)
    )
    path = Path(folder) / "outline.xml"
    path.write_text(f"<annotations><version>1.1</version>{images}</annotations>")
    return beside_table(folder, path)
