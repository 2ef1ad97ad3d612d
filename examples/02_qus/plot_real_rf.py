"""
Your own RF: from two files to the first maps
=============================================

Raw RF of a scan and of a phantom, made with the same settings, become calibrated maps;
signal to noise and validity say where to believe them. The scans are **simulated**.
"""

# %%
# A scan and a phantom
# --------------------
# Sampling rate and pitch of the lines are known, and so is what the phantom is.
import matplotlib.pyplot as plt
import numpy as np

from sknac.cohort import Plane
from sknac.datasets import make_rf_cohort
from sknac.qus import QUSMapDisplay, ReferencePhantom, SpectralOptions, qus_maps

cohort = make_rf_cohort(n_patients=1, n_planes=1, random_state=3)
scanner = {"fs_mhz": 40.0, "line_pitch_mm": 0.234}
scan = cohort.X["us_pre"].iloc[0].planes[0].load()
frames = [frame.load() for frame in cohort.reference.acquisitions]

plane = Plane.from_rf(scan, **scanner)
phantom = ReferencePhantom(
    [Plane.from_rf(frame, **scanner) for frame in frames],
    attenuation_db_cm_mhz=cohort.reference.attenuation_db_cm_mhz,
    speed_of_sound=cohort.reference.speed_of_sound,
)

# %%
# The maps
# --------
# The tissue's attenuation has no default: an error of 0.1 dB/cm/MHz moves the mid-band
# fit by about 2.7 dB. Windows too close to the noise are invalid, and counted.
maps = qus_maps(
    plane,
    phantom,
    attenuation_db_cm_mhz=0.6,
    band_mhz="auto",  # down to -6 dB of the phantom's spectrum: headers may be wrong
    channels=("mbf", "ss", "si"),
    overlap=0.9,
    options=SpectralOptions(min_snr_db=6.0),
)
print(f"band {maps.band_mhz[0]:g} to {maps.band_mhz[1]:g} MHz, {maps.invalid_counts}")
for name in ("mbf", "ss", "si"):
    print(name, np.nanpercentile(getattr(maps, name), [5, 50, 95]).round(2))
shown = QUSMapDisplay.from_maps(maps, ["mbf", "snr_db", "valid"], background=plane)
shown.figure_.suptitle("SIMULATED scan")
plt.show()

# %%
# For your own data change these two lines, pitch (the probe's data sheet has it) and
# attenuations; `sknac.io.read_info` tells sampling rate and number of frames. Maps of
# size and concentration need ``bsc=PowerLaw(bsc_1mhz=1e-6, exponent=3.2)`` or so::
#
#     from sknac.cohort import ArrayRef
#
#     scan = ArrayRef.from_file("scan.rf", frame=0)
#     frames = [ArrayRef.from_file("phantom.rf", frame=i) for i in range(10)]
