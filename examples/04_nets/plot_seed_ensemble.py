"""
How much a prediction depends on the seed
=========================================

On few patients two trainings of one network disagree. An ensemble averages them, and
its spread shows whose prediction is a matter of luck. The images are **simulated**.
"""

# %%
# Images of few patients
# ----------------------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sknac.datasets import make_bmode_cohort
from sknac.nets import PlaneFeatureNet, SeedEnsemble
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROICropper

cohort = make_bmode_cohort(
    n_patients=54, effect_size=1.2, image_size=(96, 112), random_state=0
)
X, y, positive = cohort.X[["us_post4"]], cohort.y, "response"
X_train, X_test, y_train, y_test = train_test_split(
    X, y, stratify=y, test_size=20, random_state=0
)

# %%
# Five seeds
# ----------
# Crops and sizes depend on no seed: they stand in front and are computed once.
net = PlaneFeatureNet(
    module="resnet_tiny",
    lr=3e-3,
    batch_size=16,
    max_epochs=10,
    validation_fraction=None,
)
ensemble = SeedEnsemble(net, n_seeds=5, random_state=0)
images = make_pipeline(ROICropper(), PlaneResizer(image_size=40), MapScaler())
model = make_pipeline(images, ensemble).fit(X_train, y_train)

# %%
# Mean and spread of each new patient
# -----------------------------------
# The spread is that of training, not of the cohort: no interval of a patient's risk.
new = images.transform(X_test)
column = list(model.classes_).index(positive)
mean = model[-1].predict_proba(new)[:, column]
spread = model[-1].predict_proba_std(new)[:, column]
unsure = np.abs(mean - 0.5) < spread
print(f"{unsure.sum()} of {len(y_test)} patients change sides within one SD of seeds")

order = np.argsort(mean)
place = np.arange(len(order))
figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
for is_positive, marker in ((True, "o"), (False, "s")):
    shown = (y_test.to_numpy()[order] == positive) == is_positive
    label = positive if is_positive else "other"
    at = order[shown]
    ax.errorbar(place[shown], mean[at], spread[at], fmt=marker, capsize=3, label=label)
ax.axhline(0.5, color="0.5", linestyle=":")
ax.set(
    xlabel="new patients, by mean", ylabel=f"probability of {positive} ± SD of seeds"
)
ax.set_title("SIMULATED images, five seeds")
ax.legend(title="true class")
plt.show()

# %%
# For your own data change these two lines::
#
#     cohort = load_busbra("BUSBRA")  # from sknac.datasets
#     X, y, positive = cohort.X[["us_scan"]], cohort.y, "malignant"
