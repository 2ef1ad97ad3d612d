"""
Patients, not images, are the unit
==================================

Ten images of a patient are not ten patients. An interval that counts them so misses
the truth about half the time; ``groups`` puts it right. All scores are **simulated**,
so that the truth is known.
"""

# %%
# Many studies of 42 patients with ten images each
# ------------------------------------------------
# Images of one patient differ a little, patients a lot. Each study gives two 95 %
# intervals of the area under the ROC curve.
import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import norm

from sknac.metrics import auc_ci

N_STUDIES, N_IMAGES, SPREAD, SHIFT = 400, 10, 0.4, 1.25
truth = norm.cdf(SHIFT / np.sqrt(2 * (1 + SPREAD**2)))
rng = np.random.default_rng(0)
y = np.repeat([1, 0], 21 * N_IMAGES)
patient = np.repeat(np.arange(42), N_IMAGES)
draws = {"images counted as patients": [], "by patient (groups=)": []}
for _ in range(N_STUDIES):
    level = rng.normal(size=42)[patient]
    score = SHIFT * y + level + SPREAD * rng.normal(size=y.size)
    for name, groups in zip(draws, (None, patient), strict=True):
        found = auc_ci(y, score, groups=groups)
        draws[name].append((found.low, found.high))

# %%
# How often do they hold the truth?
# ---------------------------------
# The first 60 studies of each, from top to bottom; dashed where the truth is missed.
figure, axes = plt.subplots(1, 2, figsize=(8, 6), sharey=True, layout="constrained")
for ax, (name, found) in zip(axes, draws.items(), strict=True):
    low, high = np.array(found).T
    held = (low <= truth) & (truth <= high)
    print(f"{name}: {held.mean():.0%} hold, mean width {(high - low).mean():.3f}")
    for ok, colour, dash in ((True, "0.6", "-"), (False, "#D55E00", "--")):
        at = np.flatnonzero(held[:60] == ok)
        ax.hlines(at, low[at], high[at], color=colour, linestyle=dash)
    ax.axvline(truth, color="black", linewidth=1)
    ax.set(xlim=(0.45, 1.0), yticks=[], xlabel="area under the ROC curve")
    ax.set_title(f"{name}\n{held.mean():.0%} of {N_STUDIES} hold the truth")
figure.suptitle("SIMULATED: 95 % intervals")
plt.show()

# %%
# For your own data write these two lines, of a CSV with one row per image::
#
#     images = pd.read_csv("images.csv")
#     auc_ci(images["y"], images["score"], groups=images["patient_id"], pos_label=1)
#
# ``bootstrap_ci``, ``delong_test``, ``confusion_rates`` and ``performance_table`` take
# ``groups`` too; an index that repeats itself makes them warn when you forget.
