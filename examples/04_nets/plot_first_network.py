"""
A first network, and its learning curve
=======================================

The network of the DLR system sees two visits of each patient. Its curves say when it
stopped learning and which epoch was kept. The images are **simulated**, the network
is its tiny layout.
"""

# %%
# Two visits of each patient
# --------------------------
import matplotlib.pyplot as plt
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sknac.datasets import make_bmode_cohort
from sknac.nets import DLRClassifier, TrainingCurveDisplay
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROICropper

cohort = make_bmode_cohort(
    n_patients=48, effect_size=3, image_size=(96, 112), random_state=0
)
X = cohort.X[["us_pre", "us_post4"]]
y = cohort.y
X_train, X_test, y_train, y_test = train_test_split(
    X, y, stratify=y, test_size=0.3, random_state=0
)

# %%
# Crops, one size, one scale, then the network
# --------------------------------------------
# A quarter of the training patients is held out for early stopping. The system's own
# sizes, for a GPU, are ``make_dlr_pipeline(preset="paper")``.
net = DLRClassifier(module="resnet_tiny", lr=1e-3, max_epochs=20, random_state=0)
model = make_pipeline(ROICropper(), PlaneResizer(image_size=40), MapScaler(), net)
model.fit(X_train, y_train)
print(model[-1].training_curve_.round(3).to_string())

# %%
# What it says of new patients
# ----------------------------
# Probabilities stand in the order of ``classes_``; the last is the positive class.
print("classes:", list(model.classes_))
score = model.predict_proba(X_test)[:, 1]
area = roc_auc_score(y_test == model.classes_[1], score)
print(f"AUC of {len(y_test)} patients, SIMULATED: {area:.2f}")

# %%
# Did it learn, and did it stop in time?
# --------------------------------------
# Where the validation loss rises while the other falls, it learns its patients by
# heart; where both still fall at the end, give it more epochs.
figure, ax = plt.subplots(figsize=(6.5, 4.5), layout="constrained")
TrainingCurveDisplay.from_estimator(model, ax=ax)
ax.set_title("SIMULATED images: loss by epoch")
plt.show()

# %%
# For your own data change these two lines, of a CSV with one row per image::
#
#     X = cohort_from_table("planes.csv")[["us_pre", "us_post4"]]  # from sknac.cohort
#     y = pd.read_csv("patients.csv", index_col="patient_id")["y"].loc[X.index]
