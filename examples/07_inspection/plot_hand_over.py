"""
Save a model, hand it over, load it again
=========================================

``save_model`` keeps a model for yourself, ``hand_over`` makes a file for somebody
else: without paths of your machine, and for a reader who does not trust it blindly.
Both predict the same to the last bit. The patients are **simulated**.
"""

# %%
# A fitted model
# --------------
import tempfile
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import skops.io
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknac.datasets import make_bmode_cohort
from sknac.decision import WeightedYoudenThreshold
from sknac.systems import hand_over, save_model

cohort = make_bmode_cohort(n_patients=40, image_size=(96, 112), random_state=0)
X, y, positive = cohort.X[["age", "her2", "dvolume_4"]], cohort.y, "response"
cut = WeightedYoudenThreshold(LogisticRegression(), weight=0.8, pos_label=positive)
model = make_pipeline(SimpleImputer(), StandardScaler(), cut).fit(X, y)

# %%
# For yourself: joblib
# --------------------
# A file of joblib is a program. Load your own, and nobody else's.
folder = Path(tempfile.mkdtemp())
mine = joblib.load(save_model(model, folder / "mine.joblib"))

# %%
# For somebody else: skops
# ------------------------
# Nothing is loaded but types that the reader trusts, here of sknac and NumPy: look at
# the list first.
theirs = hand_over(model, folder / "theirs.skops")
asked = skops.io.get_untrusted_types(file=theirs)
print("\n".join(asked))
received = skops.io.load(theirs, trusted=asked)

# %%
# The same, to the last bit
# -------------------------
before = model.predict_proba(X)[:, list(model.classes_).index(positive)]
figure, ax = plt.subplots(figsize=(5, 5), layout="constrained")
for again, name, marker in ((mine, "joblib", "o"), (received, "skops", "x")):
    after = again.predict_proba(X)[:, list(again.classes_).index(positive)]
    print(f"{name}: {(after == before).sum()} of {len(X)} probabilities are equal")
    ax.scatter(before, after, marker=marker, label=f"loaded from {name}")
ax.axline((0, 0), slope=1, color="0.7", zorder=0)
ax.set(xlabel=f"probability of {positive}, model", ylabel="the same, loaded model")
ax.set_title("SIMULATED patients")
ax.legend()
plt.show()

# %%
# For your own data change these two lines::
#
#     cohort = load_ispy1("ispy1.csv")  # from sknac.datasets
#     X, y, positive = cohort.X, cohort.y, "pCR"
