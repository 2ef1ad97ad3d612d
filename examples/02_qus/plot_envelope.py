"""
Envelope statistics: maps without a phantom
===========================================

How echo amplitudes are distributed tells of the scatterers: Nakagami's m is 1 in fully
developed speckle, whatever the gain. The **simulated** scan has few in its core.
"""

# %%
# Scatterers, a pulse, and a scan
# -------------------------------
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.signal import fftconvolve, hilbert
from scipy.stats import nakagami

from sknac.cohort import Plane, PolygonOutline, Study
from sknac.qus import EnvelopeMapper, QUSMapDisplay

rng = np.random.default_rng(0)
core = PolygonOutline([(10, 8), (10, 18), (22, 18), (22, 8)])  # depth, lateral in mm
scanner = {"fs_mhz": 40.0, "line_pitch_mm": 0.2, "core": core}
echoes = rng.normal(size=(1600, 128))
inside = Plane.from_rf(echoes, **scanner).core_mask()
echoes[inside] *= 5 * (rng.random(inside.sum()) < 0.04)
depth, line = np.arange(-20, 21), np.arange(-5, 6)
pulse = np.cos(2 * np.pi * depth * 5.5 / 40) * np.exp(-((depth / 8) ** 2))
rf = fftconvolve(echoes, np.outer(pulse, np.exp(-((line / 2) ** 2))), mode="same")
plane = Plane.from_rf(rf, **scanner)
X = pd.DataFrame({"us_pre": [Study([plane])]}, index=["P1"])

# %%
# Maps of m, and the amplitudes behind them
# -----------------------------------------
mapper = EnvelopeMapper(window_mm=3.0, overlap=0.9)
maps = mapper.fit_transform(X).iloc[0, 0].planes[0]
print(mapper.quality_table().T.to_string(header=False))
plane = X.iloc[0, 0].planes[0]
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
QUSMapDisplay.from_plane(maps, "nakagami_m", background=plane, ax=axes[0])
envelope, inside = np.abs(hilbert(plane.load(), axis=0)), plane.core_mask()
for name, part, colour in (("core", inside, "C1"), ("round it", ~inside, "C0")):
    amplitude = envelope[part] / np.sqrt(np.mean(envelope[part] ** 2))
    axes[1].hist(
        amplitude, bins=60, range=(0, 3), density=True, alpha=0.4, color=colour
    )
    m = nakagami.fit(amplitude[::20], floc=0, fscale=1)[0]
    x = np.linspace(0.01, 3)
    axes[1].plot(x, nakagami.pdf(x, m), color=colour, label=f"{name}: m = {m:.2f}")
axes[1].set(xlabel="amplitude / RMS", ylabel="density")
axes[1].legend()
figure.suptitle("SIMULATED scan")
plt.show()

# %%
# For your own data change these two lines; RF or envelopes go in, images of 8 bits,
# which are log-compressed, do not::
#
#     X = cohort_from_table("scans.csv")  # from sknac.cohort
#     X = X.iloc[:1]
