"""
QUS maps of a real scan
=======================

Raw RF of a scan and of a reference phantom, made with the same settings, become
calibrated parametric maps. Without files the scan is **simulated**, with a tumour
whose scatterers differ from the background.

With your own files::

    python examples/02_qus/plot_real_rf.py --rf scan.rf --reference phantom.rf \\
        --line-pitch-mm 0.148

The pitch of the lines is not in the file: it is in the probe's data sheet.
"""

# %%
# What has to be known
# --------------------
# The attenuation of tissue and phantom and the phantom's speed of sound are
# assumptions wherever they were not measured; the defaults are printed with the
# result. Without the phantom's backscatter coefficient there is no scatterer size
# or concentration, and only the three spectral maps are made.
import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from sknac.cohort import ArrayRef, Plane
from sknac.datasets import make_rf_cohort
from sknac.io import read_info
from sknac.qus import (
    PowerLaw,
    QUSMapDisplay,
    ReferencePhantom,
    SpectralOptions,
    bmode_from_rf,
    qus_maps,
)

parser = argparse.ArgumentParser()
parser.add_argument("--rf", type=Path, help="RF file of the scan")
parser.add_argument("--reference", type=Path, help="RF file of the phantom")
parser.add_argument("--line-pitch-mm", type=float)
parser.add_argument("--frame", type=int, default=0)
parser.add_argument("--attenuation", type=float, default=0.6, help="dB/cm/MHz")
parser.add_argument("--reference-attenuation", type=float, default=0.5)
parser.add_argument("--reference-speed", type=float, default=1540.0, help="m/s")
parser.add_argument(
    "--reference-bsc",
    type=float,
    nargs=2,
    metavar=("AT_1_MHZ", "EXPONENT"),
    help="power law of the phantom's backscatter, 1/(cm sr)",
)
parser.add_argument("--band-mhz", type=float, nargs=2, help="default: automatic")
parser.add_argument("--focus-mm", type=float, help="where the band is chosen")
parser.add_argument("--min-snr-db", type=float, default=6.0)
parser.add_argument("--depth-range-mm", type=float, nargs=2, help="this range only")
parser.add_argument("--out", type=Path, default=Path("build/real_rf"))
args, _ = parser.parse_known_args()
if args.rf is not None and None in (args.reference, args.line_pitch_mm):
    parser.error("--rf needs --reference and --line-pitch-mm")

# %%
# The scan and all frames of the phantom
# --------------------------------------
# The sampling frequency comes from the header. Every line of every frame of the
# phantom is averaged, depth by depth.
simulated = args.rf is None
if simulated:
    cohort = make_rf_cohort(n_patients=2, n_planes=1, random_state=3)
    plane, phantom = cohort.X["us_pre"].iloc[0].planes[0], cohort.reference
    args.attenuation = cohort.truth["attenuation_db_cm_mhz"].iloc[0]
else:
    scanner = {"fs_mhz": read_info(args.rf).fs_mhz, "line_pitch_mm": args.line_pitch_mm}
    plane = Plane.from_rf(ArrayRef.from_file(args.rf, frame=args.frame), **scanner)
    frames = range(read_info(args.reference).n_frames)
    phantom = ReferencePhantom(
        [
            Plane.from_rf(ArrayRef.from_file(args.reference, frame=i), **scanner)
            for i in frames
        ],
        attenuation_db_cm_mhz=args.reference_attenuation,
        speed_of_sound=args.reference_speed,
        bsc=PowerLaw(*args.reference_bsc) if args.reference_bsc else None,
    )
title = (
    "simulated scan" if simulated else f"{args.rf.stem} against {args.reference.stem}"
)
print(f"{title.upper()}: {plane}, {phantom}")
print(f"attenuation {args.attenuation:.3f} dB/cm/MHz (assumed unless measured)")

# %%
# The maps
# --------
# Unless a band is given, it is that of the phantom's spectrum at the focus, down to
# -6 dB: headers are often wrong about the frequency. Where phantom or scan are too
# close to the noise, the maps are invalid, and so are clipped or dead lines; the
# counts say how many windows, and why.
low_mm, high_mm = args.depth_range_mm or (0.0, np.inf)
depth_mm = plane.grid.axial
kept = slice(*np.searchsorted(depth_mm, [low_mm, high_mm]))
channels = ("mbf", "ss", "si") + (("esd", "eac") if phantom.bsc else ())
maps = qus_maps(
    plane.replace(
        image=plane.load()[kept],
        origin_mm=(depth_mm[kept][0], 0.0),
        focus_mm=args.focus_mm,
        core=None,
    ),
    phantom,
    attenuation_db_cm_mhz=args.attenuation,
    band_mhz=tuple(args.band_mhz) if args.band_mhz else "auto",
    channels=channels,
    options=SpectralOptions(min_snr_db=args.min_snr_db),
)
print(f"band {maps.band_mhz[0]:g} to {maps.band_mhz[1]:g} MHz")
print(
    f"{maps.valid.size} windows, {maps.valid.mean():.1%} valid, {maps.invalid_counts}"
)
usable = maps.depth_mm[maps.valid.mean(axis=1) > 0.5]
print(f"more than half of a row valid from {usable[0]:.1f} to {usable[-1]:.1f} mm")
for name in channels:
    values = getattr(maps, name)
    low, middle, high = np.nanpercentile(values, [5, 50, 95])
    print(f"{name}: median {middle:8.2f}, 5 % to 95 %: {low:8.2f} to {high:8.2f}")

# %%
# The maps over B-mode
# --------------------
# Colours run from the 2nd to the 98th percentile of each map.
figure, axes = plt.subplots(
    1,
    1 + len(channels),
    figsize=(3.2 * (1 + len(channels)), 4),
    layout="constrained",
)
grid = plane.grid
right, bottom = grid.lateral[-1], grid.axial[-1]
bmode = bmode_from_rf(plane.load())
axes[0].imshow(bmode, cmap="gray", extent=(0, right, bottom, 0), aspect="equal")
axes[0].set(title="B-mode", xlabel="lateral (mm)", ylabel="depth (mm)")
for ax, name in zip(axes[1:], channels, strict=True):
    low, high = np.nanpercentile(getattr(maps, name), [2, 98])
    look = {"vmin": low, "vmax": high, "alpha": 0.8}
    QUSMapDisplay.from_maps(maps, name, background=plane, ax=ax, map_kwargs=look)
    ax.set(title=name.upper(), ylabel="")
figure.suptitle(title)
args.out.mkdir(parents=True, exist_ok=True)
path = args.out / f"{'simulated' if simulated else args.rf.stem}.png"
figure.savefig(path, dpi=120)
print(f"figure: {path}")

# %%
# For your own scan, name the two files and the pitch. Measure the phantom with the
# scan's settings: gain, focus and depth must be the same. State the attenuation that
# you assume; an error of 0.1 dB/cm/MHz moves the mid-band fit by about 2.7 dB.
