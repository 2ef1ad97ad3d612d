"""
The normalised spectrum of a region
===================================

The figure that papers on quantitative ultrasound show first: the power spectrum of one
region over that of a phantom, with its line. Without files the scan is **simulated**,
with a tumour whose scatterers differ from the background.

With your own files::

    python examples/02_qus/plot_spectrum.py --rf scan.rf --reference phantom.rf \\
        --line-pitch-mm 0.15 --region-mm 10 20 12 26

The pitch of the lines is not in the file: it is in the probe's data sheet.
"""

# %%
# What has to be known
# --------------------
# As for maps: the attenuation of the tissue, and attenuation and speed of sound of the
# phantom. Its backscatter coefficient is needed for scatterer size and concentration,
# and not for the line.
import argparse
from pathlib import Path

import matplotlib.pyplot as plt

from sknac.cohort import ArrayRef, Plane, PolygonOutline
from sknac.datasets import make_rf_cohort
from sknac.io import read_info
from sknac.qus import (
    PowerLaw,
    ReferenceCheckDisplay,
    ReferencePhantom,
    SpectrumDisplay,
    bmode_from_rf,
    check_reference,
    roi_spectrum,
)

parser = argparse.ArgumentParser()
parser.add_argument("--rf", type=Path, help="RF file of the scan")
parser.add_argument("--reference", type=Path, help="RF file of the phantom")
parser.add_argument("--line-pitch-mm", type=float)
parser.add_argument("--frame", type=int, default=0)
parser.add_argument(
    "--region-mm",
    type=float,
    nargs=4,
    metavar=("TOP", "BOTTOM", "LEFT", "RIGHT"),
    help="the region of --rf, in mm",
)
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
parser.add_argument("--band-mhz", type=float, nargs=2, default=(3.0, 8.0))
parser.add_argument("--out", type=Path, default=Path("build/spectrum"))
args, _ = parser.parse_known_args()
needed = (args.reference, args.line_pitch_mm, args.region_mm)
if args.rf is not None and None in needed:
    parser.error("--rf needs --reference, --line-pitch-mm and --region-mm")

# %%
# The scan, its region and all frames of the phantom
# --------------------------------------------------
simulated = args.rf is None
if simulated:
    cohort = make_rf_cohort(n_patients=2, n_planes=1, random_state=3)
    plane, phantom = cohort.X["us_pre"].iloc[0].planes[0], cohort.reference
    args.attenuation = cohort.truth["attenuation_db_cm_mhz"].iloc[0]
    title = "simulated scan"
else:
    top, bottom, left, right = args.region_mm
    corners = [(top, left), (top, right), (bottom, right), (bottom, left)]
    scanner = {"fs_mhz": read_info(args.rf).fs_mhz, "line_pitch_mm": args.line_pitch_mm}
    scan = ArrayRef.from_file(args.rf, frame=args.frame)
    plane = Plane.from_rf(scan, **scanner, core=PolygonOutline(corners))
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
    title = f"{args.rf.stem} against {args.reference.stem}"
band_mhz = tuple(args.band_mhz)

# %%
# Is the phantom one?
# -------------------
# Before anything is divided by it: is it uniform, are there enough lines, do its
# acquisitions agree, and down to where do its echoes stand above the noise? Whatever is
# said against it also comes as a warning when it is used first.
check = check_reference(phantom, band_mhz=band_mhz)
first = check.settings[0]
print(f"{title.upper()}: {plane}, {phantom}")
low_mm, high_mm = first.usable_depth_mm
print(f"phantom usable from {low_mm:.1f} to {high_mm:.1f} mm")
print(f"blocks deviate by up to {first.uniformity_db:.1f} dB")
print(f"{first.n_lines} lines, worth {first.n_independent_lines:.0f} independent ones")
for text in check.warnings:
    print(f"said against it: {text}")

# %%
# The spectrum of the region
# --------------------------
# Power is averaged over all gates of the region first, then fitted; the standard errors
# hold the speckle of region and phantom.
spectrum = roi_spectrum(
    plane,
    phantom,
    region="core",
    attenuation_db_cm_mhz=args.attenuation,
    band_mhz=band_mhz,
)
print(f"attenuation {args.attenuation:.3f} dB/cm/MHz (assumed unless measured)")
print(spectrum.parameters().round(2).to_string())

# %%
# The figure
# ----------
# The spectra as recorded tell whether the band lies where the probe has energy; the
# normalised one shows how straight it is, and with that what the line can say.
parts = ("power", "normalised") + (("bsc",) if phantom.bsc else ())
figure, axes = plt.subplots(
    1,
    2 + len(parts),
    figsize=(3.6 * (2 + len(parts)), 3.8),
    layout="constrained",
)
grid, (ring, *_) = plane.grid, plane.core.rings()
extent = (grid.lateral[0], grid.lateral[-1], grid.axial[-1], grid.axial[0])
axes[0].imshow(bmode_from_rf(plane.load()), cmap="gray", extent=extent)
axes[0].plot(ring[:, 1], ring[:, 0], color="white", linestyle=":")
axes[0].set(title="B-mode", xlabel="lateral (mm)", ylabel="depth (mm)")
ReferenceCheckDisplay.from_check(check, ax=axes[1])
axes[1].set_title("phantom")
for ax, part in zip(axes[2:], parts, strict=True):
    SpectrumDisplay.from_spectrum(spectrum, part=part, ax=ax)
figure.suptitle(title)
args.out.mkdir(parents=True, exist_ok=True)
path = args.out / f"{'simulated' if simulated else args.rf.stem}.png"
figure.savefig(path, dpi=120)
print(f"figure: {path}")

# %%
# For your own scan, name the two files, the pitch and the region's box in mm. Choose a
# uniform region, and look at the standard errors. An error of the attenuation
# turns and lifts the whole spectrum: by 0.1 dB/cm/MHz at 2 cm depth the mid-band fit
# moves by 2.2 dB.
