"""
From IQ to RF
=============

Many scanners give IQ: RF whose carrier was taken out, and with it the place of its
spectrum. Where the carrier is known and fixed, RF is restored. The scan is
**simulated**.
"""

# %%
# IQ as a scanner makes it
# ------------------------
# Each line is moved down by the carrier, and a quarter of its samples are kept.
import matplotlib.pyplot as plt
import numpy as np
from scipy.signal import hilbert

from sknac.cohort import Plane
from sknac.datasets import make_rf_cohort
from sknac.io import rf_from_iq

cohort = make_rf_cohort(n_patients=1, n_planes=1, random_state=0)
recorded = cohort.X["us_pre"].iloc[0].planes[0].load().astype(float)
phase = 2 * np.pi * 5.5 * np.arange(len(recorded))[:, None] / 40.0
iq = (hilbert(recorded, axis=0) * np.exp(-1j * phase))[::4]
fs_mhz, carrier_mhz, line_pitch_mm = 10.0, 5.5, 0.234

# %%
# RF, and a plane for maps
# ------------------------
# The scanner tells the carrier: the samples do not, and a wrong one shifts the whole
# spectrum.
rf, fs_out = rf_from_iq(iq, fs_mhz=fs_mhz, demodulation_mhz=carrier_mhz)
plane = Plane.from_rf(rf, fs_mhz=fs_out, line_pitch_mm=line_pitch_mm)
print(f"{iq.shape} IQ samples at {fs_mhz:g} MHz become {plane} at {fs_out:g} MHz")

# %%
# The spectrum has its place back, and the envelope is as it was
# --------------------------------------------------------------
figure, axes = plt.subplots(2, 1, figsize=(7, 6), layout="constrained")
for name, samples, rate in (("IQ", iq, fs_mhz), ("RF", rf, fs_out)):
    power = np.mean(np.abs(np.fft.fft(samples, axis=0)) ** 2, axis=1)
    mhz = np.fft.fftfreq(len(power), 1 / rate)
    order = [k for k in np.argsort(mhz) if name == "IQ" or mhz[k] > 0]
    axes[0].plot(mhz[order], 10 * np.log10(power[order] / power.max()), label=name)
axes[0].set(xlabel="frequency (MHz)", ylabel="power (dB)", title="SIMULATED scan")
part, middle = slice(len(rf) // 2, len(rf) // 2 + 150), iq.shape[1] // 2
axes[1].plot(plane.grid.axial[part], rf[part, middle], color="C1", label="RF")
depth = np.arange(len(iq)) * 1.54 / (2 * fs_mhz)
near = (depth > plane.grid.axial[part][0]) & (depth < plane.grid.axial[part][-1])
axes[1].plot(depth[near], np.abs(iq[near, middle]), "C0o", label="magnitude of IQ")
axes[1].set(xlabel="depth (mm)", ylabel="amplitude of one line")
for ax in axes:
    ax.legend()
plt.show()

# %%
# For your own data change these two lines; depth runs down the rows::
#
#     iq = np.load("iq.npy")
#     fs_mhz, carrier_mhz, line_pitch_mm = 10.0, 5.5, 0.234
