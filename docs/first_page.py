"""Draw the first page's picture from simulated patients.

``python docs/first_page.py`` writes ``docs/images/first_page.jpg``.
"""

# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict, cross_validate
from sklearn.pipeline import make_pipeline

from sknac.datasets import make_bmode_cohort, make_rf_cohort
from sknac.decision import (
    ScoreColumn,
    StagedClassifier,
    StageFlowDisplay,
    WeightedYoudenThreshold,
    stage_flow,
)
from sknac.metrics import RocCIDisplay
from sknac.nets import PlaneFeatureNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.qus import QUSMapDisplay, QUSMapper, bmode_from_rf, qus_maps
from sknac.roi import ROIMasker
from sknac.systems import make_bmode_response_pipeline

_FILE = Path(__file__).with_name("images") / "first_page.jpg"
_FOLDS = StratifiedKFold(4, shuffle=True, random_state=0)
_BLUE, _ORANGE = "#0072B2", "#D55E00"


def validated_network(cohort):
    """Cross-validate a small network on maps; keep the folds and their models."""
    net = PlaneFeatureNet(module="ran_tiny", lr=3e-3, max_epochs=8, random_state=0)
    model = make_pipeline(
        QUSMapper(cohort.reference, attenuation_db_cm_mhz=0.7, overlap=0.75),
        ROIMasker(),
        PlaneResizer(image_size=32),
        MapScaler(),
        net,
        LogisticRegression(),
    )
    kept = {"return_estimator": True, "return_indices": True}
    return cross_validate(model, cohort.X, cohort.y, cv=_FOLDS, **kept)


def unseen_scores(folds, X):
    """Score each patient by the model that has not seen her: probability to respond."""
    score = np.full(len(X), np.nan)
    for model, test in zip(folds["estimator"], folds["indices"]["test"], strict=True):
        score[test] = model.predict_proba(X.iloc[test])[:, 1]  # non-response, response
    return score


def flow_of_stages(cohort):
    """Score patients after two and four courses, and decide in two stages."""
    X, y = cohort.X, cohort.y
    scores = pd.DataFrame(index=X.index)
    for visit in ("post2", "post4"):
        model = make_bmode_response_pipeline(columns=f"us_{visit}", random_state=0)
        proba = cross_val_predict(model, X, y, cv=_FOLDS, method="predict_proba")
        scores[visit] = proba[:, 1]
    stages = []
    for visit, weight in (("post2", 0.8), ("post4", 0.2)):
        score = ScoreColumn(visit, pos_label="response")
        cut = WeightedYoudenThreshold(
            score, weight=weight, pos_label="response", cv="resubstitution"
        )
        stages.append((visit, cut, [visit]))
    cascade = StagedClassifier(stages, stop_label="non-response").fit(scores, y)
    called = cascade.predict_each(scores)
    return stage_flow(y, called, stop_label="non-response", pos_label="response")


def draw_scan(axes, plane, maps):
    """RF with one of its lines; B-mode with the outline; two maps."""
    rf, grid = plane.load().astype(float), plane.grid
    extent = (grid.lateral[0], grid.lateral[-1], grid.axial[-1], grid.axial[0])
    limit = np.percentile(np.abs(rf), 98)
    look = {"extent": extent, "aspect": "auto"}
    axes["rf"].imshow(rf, cmap="gray", vmin=-limit, vmax=limit, **look)
    line = rf[:, rf.shape[1] // 2] / np.abs(rf).max()
    middle = grid.lateral[rf.shape[1] // 2]
    axes["rf"].plot(middle + 6 * line, grid.axial, color=_ORANGE, linewidth=0.5)
    axes["bmode"].imshow(bmode_from_rf(plane.load()), cmap="gray", **look)
    for ring in plane.core.rings():
        axes["bmode"].plot(ring[:, 1], ring[:, 0], color="white", linestyle="--")
    for name in ("mbf", "esd"):
        low, high = np.nanpercentile(getattr(maps, name), [2, 98])
        QUSMapDisplay.from_maps(
            maps,
            name,
            background=plane,
            ax=axes[name],
            map_kwargs={"vmin": low, "vmax": high, "alpha": 0.8},
        )
        axes[name].set_aspect("auto")
    for name in ("rf", "bmode", "mbf", "esd"):
        axes[name].set(xlabel="lateral, mm", ylabel="depth, mm" * (name == "rf"))


def draw_scores(ax, y, score):
    """One dot a patient, by true class."""
    rng = np.random.default_rng(0)
    styles = (("non-response", "s", _ORANGE), ("response", "o", _BLUE))
    for place, (label, marker, colour) in enumerate(styles):
        part = score[(y == label).to_numpy()]
        at = place + rng.uniform(-0.2, 0.2, len(part))
        ax.plot(at, part, marker, color=colour, markersize=4)
    ax.set_xticks(
        (0, 1), [f"{label}\nn = {(y == label).sum()}" for label, *_ in styles]
    )
    ax.set(xlim=(-0.5, 1.5), ylim=(0, 1), ylabel="score (response)")


def main():
    """Simulate, compute, draw."""
    cohort = make_rf_cohort(n_patients=60, n_planes=2, prevalence=0.5, random_state=0)
    plane = cohort.X["us_pre"].iloc[1].planes[0]
    attenuation = cohort.truth["attenuation_db_cm_mhz"].iloc[1]
    maps = qus_maps(plane, cohort.reference, attenuation_db_cm_mhz=attenuation)
    folds = validated_network(cohort)
    flow = flow_of_stages(make_bmode_cohort(n_patients=100, random_state=0))

    figure, axes = plt.subplot_mosaic(
        [["rf", "bmode", "mbf", "esd"], ["score", "roc", "flow", "flow"]],
        figsize=(13, 7.4),
        layout="constrained",
    )
    figure.get_layout_engine().set(hspace=0.06)
    draw_scan(axes, plane, maps)
    draw_scores(axes["score"], cohort.y, unseen_scores(folds, cohort.X))
    RocCIDisplay.from_cv_results(
        folds, cohort.X, cohort.y, pos_label="response", random_state=0, ax=axes["roc"]
    )
    axes["roc"].legend(loc="lower right", fontsize=7)
    StageFlowDisplay(flow=flow).plot(ax=axes["flow"])
    titles = {
        "rf": "1  in: raw RF, and a phantom's",
        "bmode": "2  or: B-mode; tumour outlined",
        "mbf": "3  map: mid-band fit",
        "esd": "4  map: scatterer diameter",
        "score": "5  network: a score a patient",
        "roc": "6  out: how good, with interval",
        "flow": "7  out: decisions in stages (after 2 and 4 courses)",
    }
    for name, title in titles.items():
        axes[name].set_title(title, loc="left", fontsize=11, fontweight="bold")
    figure.suptitle("All patients are SIMULATED", fontsize=10)
    figure.savefig(_FILE, dpi=100, pil_kwargs={"quality": 72, "optimize": True})
    print(f"{_FILE}: {_FILE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
