"""
The report of a small cohort
============================

One call writes a study down as a page to read, a file of numbers, and its figures. All
of it is cross-validated, and columns are called by words. The patients are
**simulated**.
"""

# %%
# A model that was not fitted yet
# -------------------------------
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.datasets import make_bmode_cohort
from sknac.decision import WeightedYoudenThreshold
from sknac.report import StudyReport

cohort = make_bmode_cohort(n_patients=60, image_size=(96, 112), random_state=0)
X, y, positive = cohort.X[["age", "er", "her2", "dvolume_4"]], cohort.y, "response"
cut = WeightedYoudenThreshold(LogisticRegression(), weight=0.5, pos_label=positive)
model = make_pipeline(SimpleImputer(), StandardScaler(), cut)

# %%
# Words for columns and levels
# ----------------------------
# What is not named is written as it stands in the table.
labels = {"age": "Age (years)", "er": "Oestrogen receptor", "her2": "HER2"}
labels |= {"dvolume_4": "Loss of volume after four courses"}
for receptor in ("er", "her2"):
    labels |= {(receptor, 0): "negative", (receptor, 1): "positive"}

# %%
# The report
# ----------
# ``save`` writes ``report.html``, ``report.json`` and the figures. In a notebook the
# object shows its page.
synthetic = True  # the page says so on each part
report = StudyReport("A small cohort", synthetic=synthetic, labels=labels)
folds = StratifiedKFold(5, shuffle=True, random_state=0)
report.add_cv("clinical model", model, X, y, pos_label=positive, cv=folds)
report.add_subgroups("clinical model", ["her2"])
report.add_sample_size("clinical model", n_parameters=X.shape[1], auc=0.75)
page = report.save(Path(tempfile.mkdtemp()) / "report")
print(sorted(path.name for path in page.parent.iterdir()))

# %%
# Four of its figures
# -------------------
pictures = sorted(page.parent.glob("figures/*.png"))[:4]
figure, axes = plt.subplots(2, 2, figsize=(9, 8), layout="constrained")
for ax, picture in zip(axes.flat, pictures, strict=False):
    ax.imshow(plt.imread(picture))
for ax in axes.flat:
    ax.axis("off")
plt.show()

# %%
# For your own data change these lines::
#
#     cohort = load_ispy1("ispy1.csv")  # from sknac.datasets
#     X, y, positive = cohort.X, cohort.y, "pCR"
#     synthetic = False
