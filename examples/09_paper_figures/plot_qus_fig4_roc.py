"""
QUS, Fig 4: four models on validation and test
==============================================

ROC curves of two networks on maps of the tumour core and of core and margin, each on
the validation patients and on the independent test, as in Fig 4 of the QUS paper
(Taleghamar et al., Scientific Reports 12:2244, 2022). All patients are **simulated**.
"""

# %%
# A simulated cohort, mapped once
# -------------------------------
# Raw RF before treatment becomes maps of the whole frame; regions are cut out of them
# afterwards. Non-response is the positive class, as in the paper.
import matplotlib.pyplot as plt
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from sknac.datasets import make_rf_cohort
from sknac.metrics import RocCIDisplay
from sknac.systems import make_qus_response_pipeline

print("ALL PATIENTS IN THIS EXAMPLE ARE SIMULATED.")
SEED = 0
cohort = make_rf_cohort(
    n_patients=181,
    n_planes=1,
    depth_mm=25.0,
    width_mm=16.0,
    prevalence=0.24,
    effect_size=0.8,
    n_jobs=2,
    random_state=SEED,
)
y = cohort.y
train, test = train_test_split(
    cohort.X.index, stratify=y, test_size=50, random_state=SEED
)
system = make_qus_response_pipeline(
    cohort.reference,
    attenuation_db_cm_mhz="attenuation_db_cm_mhz",
    preset="tiny",
    random_state=SEED,
    n_jobs=2,
)
maps = system["maps"].fit_transform(cohort.X)
late = system[1:]

# %%
# Four models
# -----------
# With one seed, all hold out the same quarter of the training patients to stop early:
# the validation patients.
models = {
    f"{network}, {region.replace('+', ' + ')}": clone(late).set_params(
        features__module=module, region__region=region
    )
    for network, module in (("ResNet", "resnet_tiny"), ("RAN", "ran_tiny"))
    for region in ("core", "core+margin")
}
for model in models.values():
    model.fit(maps.loc[train], y[train])
validation = train[model["predict"].validation_rows_]

# %%
# A panel per model
# -----------------
# The validation patients chose when training stopped, so their curve is the kinder
# one; there are few of them, and the band says so.
figure, axes = plt.subplots(2, 2, figsize=(10.5, 11), layout="constrained")
for ax, letter, (name, model) in zip(axes.flat, "ABCD", models.items(), strict=True):
    for part, patients in (("validation", validation), ("test", test)):
        RocCIDisplay.from_estimator(
            model,
            maps.loc[patients],
            y[patients],
            pos_label="non-response",
            name=part,
            random_state=SEED,
            ax=ax,
        )
    ax.set_title(f"{letter}: {name} (SIMULATED)")
figure.suptitle("Prediction before treatment, SIMULATED patients")
plt.show()

# %%
# For your own cohort build the frame with ``cohort_from_table``, state the tissue's
# attenuation, and take ``preset="paper"`` on a GPU. To compare two models, pass both in
# one call on the test patients: the legend then has DeLong's p-value.
