"""
The normalised spectrum of a region
===================================

The figure that papers on quantitative ultrasound show first: the power spectrum of one
region over that of a phantom, with its line. The scan is **simulated**.
"""

# %%
# A plane with a region, and a phantom
# ------------------------------------
import matplotlib.pyplot as plt

from sknac.datasets import make_rf_cohort
from sknac.qus import SpectrumDisplay, bmode_from_rf, roi_spectrum

cohort = make_rf_cohort(n_patients=2, n_planes=1, random_state=3)
attenuation = cohort.truth["attenuation_db_cm_mhz"].iloc[0]
plane, phantom = cohort.X["us_pre"].iloc[0].planes[0], cohort.reference

# %%
# Power first, then the line
# --------------------------
# Power is averaged over all gates of the region, then fitted; the standard errors hold
# the speckle of region and phantom. A phantom without a backscatter coefficient gives
# the line alone, and neither size nor concentration of scatterers.
spectrum = roi_spectrum(
    plane,
    phantom,
    region="core",
    attenuation_db_cm_mhz=attenuation,
    band_mhz=(3.0, 8.0),
)
print(spectrum.parameters().round(2).to_string())

# %%
# Where the band lies, and how straight the spectrum is
# -----------------------------------------------------
figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
depth, width = plane.grid.axial, plane.grid.lateral
box = (width[0], width[-1], depth[-1], depth[0])
axes[0].imshow(bmode_from_rf(plane.load()), cmap="gray", extent=box)
ring = plane.core.rings()[0]
axes[0].plot(ring[:, 1], ring[:, 0], color="white", linestyle=":")
axes[0].set(title="region", xlabel="lateral (mm)", ylabel="depth (mm)")
SpectrumDisplay.from_spectrum(spectrum, part="power", ax=axes[1])
SpectrumDisplay.from_spectrum(spectrum, part="normalised", ax=axes[2])
figure.suptitle("SIMULATED scan")
plt.show()

# %%
# For your own data change these lines, and make the phantom as in
# :ref:`sphx_glr_examples_02_qus_plot_real_rf.py`. The region is a polygon in mm::
#
#     from sknac.cohort import ArrayRef, Plane, PolygonOutline
#
#     scanner = {"fs_mhz": 40.0, "line_pitch_mm": 0.234}
#     box = PolygonOutline([(10, 12), (10, 26), (20, 26), (20, 12)])  # depth, lateral
#     plane = Plane.from_rf(ArrayRef.from_file("scan.rf", frame=0), core=box, **scanner)
