"""
A step of your own, checked
===========================

A few lines make a step that works in every pipeline and search; a function tries what
users will do to it, and says what is missing. The images are **simulated**.
"""

# %%
# Planes in, planes out
# ---------------------
# ``kinds`` says what it takes, ``transform_plane`` what becomes of one plane. A setting
# is stored as given and checked in ``fit_planes``.
import matplotlib.pyplot as plt
from scipy.ndimage import median_filter

from sknac.cohort import PlaneTransformer
from sknac.datasets import make_bmode_cohort
from sknac.testing import check_cohort_estimator


class Despeckle(PlaneTransformer):
    """Replace each pixel by the median of its neighbourhood."""

    kinds = ("bmode",)
    _parameter_constraints = {
        **PlaneTransformer._parameter_constraints,
        "size": [int],
    }

    def __init__(self, *, size=5, columns=None, n_jobs=None):
        self.size = size
        self.columns = columns
        self.n_jobs = n_jobs

    def fit_planes(self, X):
        if self.size < 1:
            raise ValueError(f"size must be >= 1, got {self.size}")

    def transform_plane(self, plane):
        image = median_filter(plane.load(), self.size, axes=(-2, -1))
        return plane.replace(image=image)


# %%
# Is it fit for use?
# ------------------
# Frames are not changed, names and order of patients stay, cloning and pickling work,
# bad input is refused: the first check that fails says what to do.
results = check_cohort_estimator(Despeckle())
print(f"{len(results)} checks:", {result["status"] for result in results})

# %%
# What it does
# ------------
cohort = make_bmode_cohort(n_patients=3, image_size=(96, 112), random_state=0)
X = cohort.X[["us_pre"]]
figure, axes = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
for ax, size in zip(axes, (1, 5, 11), strict=True):
    shown = Despeckle(size=size).fit_transform(X).iloc[0, 0].planes[0]
    ax.imshow(shown.load(), cmap="gray")
    ax.contour(shown.core_mask(), levels=[0.5], colors="tab:orange")
    ax.set(title=f"size={size}" if size > 1 else "as read", xticks=[], yticks=[])
figure.suptitle("SIMULATED image of one patient")
plt.show()

# %%
# For your own data change these two lines::
#
#     cohort = load_breast_lesions("BrEaST")  # from sknac.datasets
#     X = cohort.X[["us_scan"]]
