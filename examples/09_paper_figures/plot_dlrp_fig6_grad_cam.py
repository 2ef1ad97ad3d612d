"""
Fig 6 of the DLRP paper: where the networks looked
==================================================

Grad-CAM of DLR-2 (before treatment and after two courses) and DLR-4 (before and after
four) for responders and non-responders. All images are **simulated**: in responders
the tumour turns brighter and coarser and loses its shadow, so that it is known where
the classes differ.
"""

# %%
# Two networks
# ------------
# Each sees two visits, cropped to the tumour and its border. Small ones on 64 x 64
# pixels learn in seconds; their third stage has maps of 8 x 8 pixels, the last only of
# 2 x 2.
import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from sknac.datasets import make_bmode_cohort
from sknac.inspection import SaliencyDisplay, grad_cam
from sknac.systems import make_dlr_pipeline

start = time.perf_counter()
n_train, n_test = 120, 40
cohort = make_bmode_cohort(n_train + n_test, effect_size=1.3, random_state=0)
X, y = cohort.X, cohort.y
train, test = X.index[:n_train], X.index[n_train:]
visits = {"DLR-2": ["us_pre", "us_post2"], "DLR-4": ["us_pre", "us_post4"]}
models, scores = {}, {}
for name, columns in visits.items():
    model = make_dlr_pipeline(columns=columns, preset="tiny", random_state=0)
    model.set_params(resize__image_size=64, dlr__max_epochs=12)
    models[name] = model.fit(X.loc[train], y[train])
    chances = models[name].predict_proba(X.loc[test])
    scores[name] = pd.Series(
        chances[:, list(model.classes_).index("response")], index=test
    )
    auc = roc_auc_score(y[test] == "response", scores[name])
    print(f"SIMULATED, {n_test} new patients, {name}: AUC {auc:.2f} for response")

# %%
# Heat maps
# ---------
# One map for either visit, on the grid of the patient's own image: evidence for the
# class that the patient truly belongs to.
heat = {
    name: grad_cam(
        model, X.loc[test], target=y[test], layer="encoders.0.backbone.layer2"
    )
    for name, model in models.items()
}

# %%
# Two patients of each class
# --------------------------
# Those whom both networks are surest of. Opacity grows with the evidence; the lines
# are at half and four fifths of the highest value in the pair, the dotted line is the
# tumour's outline.
surest = pd.concat(scores, axis=1)
surest = {
    "response": surest.min(axis=1)[y[test] == "response"].nlargest(2).index,
    "non-response": surest.max(axis=1)[y[test] == "non-response"].nsmallest(2).index,
}
figure, axes = plt.subplots(4, 4, figsize=(10.5, 11.5), layout="constrained")
panels = [(name, column) for name in visits for column in visits[name]]
shown = [(label, patient) for label in surest for patient in surest[label]]
for row, (label, patient) in zip(axes, shown, strict=True):
    for ax, (name, column) in zip(row, panels, strict=True):
        pair = heat[name].loc[patient]
        vmax = max(np.nanmax(cell.planes[0].load()) for cell in pair)
        SaliencyDisplay.from_plane(
            pair[column].planes[0],
            background=X.at[patient, column].planes[0],
            ax=ax,
            zoom=True,
            colorbar=False,
            map_kwargs={"vmax": vmax},
        )
        ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
    row[0].set_ylabel(f"{label} ({patient})")
for ax, (name, column) in zip(axes[0], panels, strict=True):
    ax.set_title(f"{name}: {column.removeprefix('us_')}")
figure.colorbar(
    plt.cm.ScalarMappable(cmap="plasma"),
    ax=axes,
    location="bottom",
    shrink=0.4,
    aspect=30,
    pad=0.02,
    label="evidence, as a share of the pair's highest value",
)
figure.suptitle("Grad-CAM, simulated tumours: evidence for the true class")

# %%
# In or around the tumour?
# ------------------------
# The heat inside the outline, over the share of the crop that it covers: 1 is what
# heat spread evenly would give. One picture proves little; a mean over patients says
# where a network looks.
rows = []
for name, column in panels:
    for patient in test:
        values = heat[name].at[patient, column].planes[0].load()[0]
        core = X.at[patient, column].planes[0].core_mask()
        seen = np.isfinite(values)
        if np.nansum(values) > 0:
            share = values[core & seen].sum() / values[seen].sum()
            rows.append((name, column, y[patient], share / core[seen].mean()))
table = pd.DataFrame(rows, columns=["network", "visit", "class", "heat in core"])
print(
    table.groupby(["network", "visit", "class"], sort=False)["heat in core"]
    .agg(["count", "mean"])
    .round(2)
    .to_string()
)
print(f"took {time.perf_counter() - start:.0f} s")
plt.show()

# %%
# For your own patients pass the fitted pipeline (a stage of a `DLRPClassifier` is
# ``model.named_stages_["dlr2"]``) and the cohort frame; with the preset ``"paper"``
# leave `layer` out. Repeat with a network of random weights or shuffled labels: a map
# that stays the same says nothing of what was learnt.
