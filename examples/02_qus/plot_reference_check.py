"""
Is the phantom one?
===================

Everything is divided by the phantom, so what is wrong with it is in every map. Its own
scans tell: is it uniform, are there enough lines, how deep do its echoes reach? The
scans are **simulated**.
"""

# %%
# A phantom, and the same with an inclusion
# -----------------------------------------
import matplotlib.pyplot as plt

from sknac.cohort import Plane
from sknac.datasets import make_rf_cohort
from sknac.qus import ReferenceCheckDisplay, ReferencePhantom, check_reference

scanner = {"fs_mhz": 40.0, "line_pitch_mm": 0.234}
known = {"attenuation_db_cm_mhz": 0.576, "speed_of_sound": 1488.0}
cohort = make_rf_cohort(n_patients=1, n_planes=1, random_state=0)
frames = [frame.load() for frame in cohort.reference.acquisitions]
phantom = ReferencePhantom([Plane.from_rf(f, **scanner) for f in frames], **known)

spoilt = [frame.copy() for frame in frames]
for frame in spoilt:
    frame[600:850, 30:50] = frame[600:850, 30:50] // 3
odd = ReferencePhantom([Plane.from_rf(f, **scanner) for f in spoilt], **known)

# %%
# What is said against each
# -------------------------
# Whatever it is also comes as a warning when the phantom is used first.
checks = {
    "phantom": check_reference(phantom),
    "with an inclusion": check_reference(odd),
}
for name, check in checks.items():
    setting = check.settings[0]
    print(f"{name}: worth {setting.n_independent_lines:.0f} independent lines, usable")
    print("  from {:.1f} to {:.1f} mm".format(*setting.usable_depth_mm))
    print(" ", *check.warnings or ["nothing against it"])

# %%
# Where it deviates
# -----------------
figure, axes = plt.subplots(1, 2, figsize=(9, 4.6), layout="constrained")
for ax, (name, check) in zip(axes, checks.items(), strict=True):
    ReferenceCheckDisplay.from_check(check, ax=ax)
    ax.set_title(f"SIMULATED {name}")
plt.show()

# %%
# For your own data change these two lines::
#
#     from sknac.cohort import ArrayRef
#
#     scanner = {"fs_mhz": 40.0, "line_pitch_mm": 0.148}
#     frames = [ArrayRef.from_file("phantom.rf", frame=i).load() for i in range(10)]
