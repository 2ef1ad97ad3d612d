"""
Four ways to state the backscatter of a phantom
===============================================

Scatterer size and concentration are read off the phantom's backscatter coefficient: a
table, a power law, glass beads or Gaussian scatterers. The scans are **simulated**.
"""

# %%
# One phantom, stated in four ways
# --------------------------------
# The table has a tenth of error, the power law is that of the table. How many beads
# there are is often not known: here they are five times too many.
import matplotlib.pyplot as plt
import numpy as np

from sknac.datasets import make_rf_cohort
from sknac.qus import (
    FaranSpheres,
    GaussianScatterers,
    PowerLaw,
    ReferencePhantom,
    TabulatedBSC,
    roi_spectrum,
)

cohort = make_rf_cohort(1, n_planes=1, attenuation_db_cm_mhz=0.6, random_state=0)
phantom, plane = cohort.reference, cohort.X["us_pre"].iloc[0].planes[0]
truth = GaussianScatterers(esd_um=30.0, eac_db=52.0, speed_of_sound=1488.0)
f = np.linspace(2, 10, 17)
measured = truth(f) * np.random.default_rng(0).lognormal(0, 0.1, f.size)

slope, level = np.polyfit(np.log(f), np.log(measured), 1)
models = {
    "Gaussian (the truth)": truth,
    "table": TabulatedBSC(tuple(f), tuple(measured)),
    "power law": PowerLaw(bsc_1mhz=np.exp(level), exponent=slope),
    "beads": FaranSpheres((5, 10, 15, 20, 25, 30), concentration_per_cm3=5e6),
}

# %%
# What each makes of one tumour
# -----------------------------
# A factor moves the concentration alone; a slope that is wrong moves the size too.
figure, ax = plt.subplots(figsize=(7, 5), layout="constrained")
for (name, model), line in zip(models.items(), ["-", ".", "--", ":"], strict=True):
    known = {"attenuation_db_cm_mhz": 0.576, "speed_of_sound": 1488.0, "bsc": model}
    stated = ReferencePhantom(phantom.acquisitions, **known)
    found = roi_spectrum(plane, stated, attenuation_db_cm_mhz=0.6).parameters()
    esd, eac = found.loc[["esd", "eac"], "estimate"]
    ax.loglog(f, model(f), line, label=f"{name}: ESD {esd:.0f} um, EAC {eac:.0f} dB")
ax.set(xlabel="frequency (MHz)", ylabel="backscatter coefficient, 1/(cm sr)")
ax.set_title("SIMULATED scan: the phantom's curve, and what it gives in the core")
ax.legend()
plt.show()

# %%
# For your own data change these two lines, and ``phantom, plane``::
#
#     f, measured = np.loadtxt("bsc.csv", delimiter=",", unpack=True)
#     truth = GaussianScatterers(esd_um=30.0, eac_db=52.0)
