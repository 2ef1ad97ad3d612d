"""What would take the machine is refused before it is allocated.

All cases run in one process whose address space is limited, so that an allocation
before the check is a MemoryError there, and nothing of that size is ever made.
"""

import json
import subprocess
import sys

import pytest

from sknac.utils._room import check_room, check_room_of_all

pytest.importorskip("resource")

_LIMIT = 3 << 30

# What each case does, and what its message names: the value, and the likely unit.
_CASES = {
    "n_fft": ("maps(options=SpectralOptions(n_fft=2**24))", "n_fft=16777216"),
    "long n_fft": ("maps(options=SpectralOptions(n_fft=10**400))", "n_fft=1000"),
    "n_fft of auto": (
        'maps(options=SpectralOptions(n_fft=2**24), band_mhz="auto")',
        "n_fft=16777216",
    ),
    "n_fft of an estimate": (
        "estimate_attenuation(plane, phantom, options=SpectralOptions(n_fft=2**19))",
        "all windows' spectra",
    ),
    "bsc of every window": (
        'qus_maps(plane, phantom, attenuation_db_cm_mhz=1, channels="bsc", '
        "overlap=0.995, options=SpectralOptions(n_fft=2**14))",
        'channels="bsc"',
    ),
    "window in m, fs in Hz": (
        "maps(scan(fs_mhz=40e6), window_mm=2.0)",
        "4e+07 looks like Hz: in MHz it is fs_mhz=40",
    ),
    "all in Hz, beads": (
        "maps(scan(fs_mhz=40e6), window_mm=(2e-6, 2), band_mhz=(3e6, 8e6))",
        "looks like Hz: in MHz it is fs_mhz=40",
    ),
    "fs in kHz": ("maps(scan(fs_mhz=40e3))", "looks like kHz: in MHz it is fs_mhz=40"),
    "fs in GHz": ("maps(scan(fs_mhz=0.04))", "looks like GHz: in MHz it is fs_mhz=40"),
    "window in um": ("maps(window_mm=2000)", "looks like um: in mm it is window_mm=2"),
    "short window in m": ("maps(window_mm=0.002)", "looks like m: in mm it is"),
    "pixel in m": ("maps(pixel_mm=1e-4)", "looks like m: in mm it is pixel_mm=0.1"),
    "tiny pixel": ("maps(pixel_mm=1e-9)", "usually 0.02 to 2"),
    "grid of diameters in m": (
        'maps(options=SpectralOptions(size_fit="masd", esd_grid_um=(1, 3e2, 1e-6)))',
        "looks like m: in um",
    ),
    "Faran in Hz": ("FaranSpheres(diameters_um=(30,))([5e6, 8e9])", "8e+09 MHz"),
    "Faran at Hz": ("FaranSpheres(diameters_um=range(5, 30))([3e6, 8e6])", "f_mhz=8"),
    "mask on a grid": (
        "PolygonOutline([(0, 0), (0, 9), (9, 9)]).to_mask(Grid((10**6,) * 2, (1, 1)))",
        "1000000 x 1000000 samples",
    ),
    "infinite grid": ("Grid((float('inf'), 3), (1, 1))", "positive whole numbers"),
    "image_size": ("PlaneResizer(image_size=10**6).fit(bmode)", "image_size=1000000"),
    "image_size of a pair": (
        "PlaneResizer(image_size=(10, 10**9)).fit(bmode)",
        "image_size=(10, 1000000000)",
    ),
    "thin image_size": (
        "PlaneResizer(image_size=(1, 10**6), keep_aspect=True).fit(bmode)",
        "image_size=(1, 1000000)",
    ),
    "image_size of words": (
        "PlaneResizer(image_size=(10, -3)).fit(bmode)",
        "image_size must be",
    ),
    "margin on a fine grid": (
        "ROIMasker(margin_mm=5e3).fit(fine_maps())",
        "5000 looks like um: in mm it is margin_mm=5",
    ),
    "RF in Hz": (
        "make_rf_cohort(2, fs_mhz=40e6)",
        "4e+07 looks like Hz: in MHz it is fs_mhz=40",
    ),
    "depth in um": ("make_rf_cohort(2, depth_mm=3e4)", "depth_mm=30"),
    "pitch in m": ("make_rf_cohort(2, line_pitch_mm=2e-4)", "line_pitch_mm=0.2"),
    "many patients": ("make_rf_cohort(10**9)", "n_patients=1000000000"),
    "many planes": ("make_rf_cohort(2, n_planes=10**9)", "1000000000 planes"),
    "large effect": (
        "make_rf_cohort(8, effect_size=1e9, n_planes=1, random_state=0)",
        "check effect_size",
    ),
    "large attenuation": (
        "make_rf_cohort(2, attenuation_db_cm_mhz=1e9)",
        "attenuation_db_cm_mhz",
    ),
    "infinite attenuation": (
        "make_rf_cohort(2, attenuation_db_cm_mhz=float('inf'))",
        "attenuation_db_cm_mhz must be",
    ),
    "B-mode size": ("make_bmode_cohort(2, image_size=10**5)", "image_size=(100000"),
    "B-mode cohort": ("make_bmode_cohort(10**9)", "n_patients=1000000000"),
    "check cohort": ("make_check_cohort(image_size=10**6)", "image_size=1000000"),
    "a header's stack": ("read_array(sparse((10**5, 10**3, 10**3)))", "frame="),
    "a header's frame": ("ArrayRef.from_file(sparse((10**5, 10**5)))", "100000"),
    "resamples": (
        'auc_ci([0, 1] * 9, range(18), method="percentile", n_resamples=10**11)',
        "n_resamples=100000000000",
    ),
    "points of a curve": ("roc_ci([0, 1] * 9, range(18), n_points=10**9)", "n_points="),
    "curves": (
        "roc_ci([0, 1] * 9, range(18), n_points=10**5, n_resamples=10**6)",
        "n_resamples=1000000 curves",
    ),
}

_SCRIPT = f"""
import json, resource, sys, tempfile
import numpy as np, pandas as pd
from sknac.cohort import ArrayRef, Grid, Plane, PolygonOutline, Study
from sknac.datasets import make_bmode_cohort, make_rf_cohort
from sknac.io import read_array
from sknac.metrics import auc_ci, roc_ci
from sknac.preprocessing import PlaneResizer
from sknac.qus import (
    FaranSpheres, QUSMapper, ReferencePhantom, SpectralOptions, estimate_attenuation,
    qus_maps,
)
from sknac.roi import ROIMasker
from sknac.testing import make_check_cohort

rf = np.random.default_rng(0).normal(size=(1500, 80))

def scan(fs_mhz=40.0):
    return Plane.from_rf(rf, fs_mhz=fs_mhz, line_pitch_mm=0.2)

def maps(plane=scan(), **settings):
    X = pd.DataFrame({{"us_pre": [Study([plane])]}}, index=["P1"])
    phantom = ReferencePhantom.glass_beads(plane)
    return QUSMapper(phantom, attenuation_db_cm_mhz=0.7, **settings).fit_transform(X)

def fine_maps():
    core = PolygonOutline([(1, 1), (1, 4), (4, 4), (4, 1)])
    image = np.broadcast_to(np.float32(1), (1, 2500, 2500))
    plane = Plane(image, "maps", (0.002,) * 2, core=core, channels=("mbf",))
    return pd.DataFrame({{"us_pre": [Study([plane])]}}, index=["P1"])

def sparse(shape):
    path = tempfile.mkdtemp() + "/stack.npy"
    with open(path, "wb") as file:
        header = {{"descr": "|u1", "fortran_order": False, "shape": shape}}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + int(np.prod(shape)))
    return path

plane = scan()
phantom = ReferencePhantom.glass_beads(plane)
bmode, _ = make_check_cohort("bmode")
found = {{}}
for name, code in json.load(sys.stdin).items():
    # A file is mapped whole, which takes addresses but no memory.
    most = resource.RLIM_INFINITY if "header" in name else {_LIMIT}
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
    try:
        eval(code)
        found[name] = "nothing", ""
    except BaseException as error:
        found[name] = type(error).__name__, str(error)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def refusals():
    """What each case raises, in a process that cannot take the machine."""
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        input=json.dumps({name: code for name, (code, _) in _CASES.items()}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", _CASES)
def test_what_would_take_the_machine_is_refused(name, refusals):
    kind, message = refusals[name]
    assert kind in {"ValueError", "CohortError", "SknacFormatError"}, (kind, message)
    assert _CASES[name][1] in message


def test_a_room_names_value_size_and_mend():
    with pytest.raises(ValueError, match=r"^n=7 would take 8 GiB at a time, .*; less$"):
        check_room("n=7", 8 << 30, "less")


@pytest.mark.parametrize("n_bytes", [float("nan"), float("inf"), 10**400])
def test_no_size_passes_that_cannot_be_counted(n_bytes):
    with pytest.raises(ValueError, match="would take"):
        check_room("n", n_bytes, "less")


def test_a_gibibyte_fits():
    check_room("n", 1 << 30, "less")


def test_a_cohort_is_held_against_the_machine():
    with pytest.raises(ValueError, match="in all, and this machine has"):
        check_room_of_all("n", 1 << 60, "less")
