"""Section on attribution maps."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from matplotlib.figure import Figure

from sknac.cohort.planes import list_planes, put_planes
from sknac.datasets import make_bmode_cohort
from sknac.inspection import grad_cam
from sknac.report._maps import _faint
from sknac.systems import make_dlr_pipeline

pytestmark = pytest.mark.mpl


@pytest.fixture(scope="module")
def cohort():
    """Twenty-four patients with images at three visits."""
    return make_bmode_cohort(n_patients=24, effect_size=2.0, random_state=0)


@pytest.fixture(scope="module")
def fitted(cohort):
    """A tiny network on the first half of them."""
    model = make_dlr_pipeline(preset="tiny", random_state=0)
    model.set_params(dlr__max_epochs=2, dlr__torch_threads=1)
    return model.fit(cohort.X.iloc[:12], cohort.y.iloc[:12])


LAYER = {"layer": "encoders.0.backbone.layer1"}


@pytest.fixture
def added(cohort, fitted, new):
    """Add the network to a report."""

    def add(**settings):
        X, y = cohort.X.iloc[12:], cohort.y.iloc[12:]
        return new(synthetic=True).add_estimator(
            "DLR-2", fitted, X, y, pos_label="response", **settings
        )

    return add


def test_two_patients_of_each_class_are_explained(added, cohort):
    shown = added(attribution=LAYER).to_dict()["systems"][0]["results"]["attribution"]
    assert [one["true"] for one in shown] == ["response"] * 2 + ["non-response"] * 2
    assert [one["visit"] for one in shown[0]["maps"]] == ["pre", "post2"]
    for one in shown:
        row = int(one["patient"].removeprefix("test patient ")) - 1
        assert cohort.y.iloc[12 + row] == one["true"]


def test_maps_are_those_of_grad_cam(added, cohort, fitted):
    shown = added(attribution=LAYER).to_dict()["systems"][0]["results"]["attribution"]
    for one in shown:
        row = 12 + int(one["patient"].removeprefix("test patient ")) - 1
        maps = grad_cam(fitted, cohort.X.iloc[[row]], **LAYER)
        for told in one["maps"]:
            values = maps[f"us_{told['visit']}"].iloc[0].planes[0].load()
            expected = values[~np.isnan(values)].max()
            assert told["max"] == pytest.approx(expected, rel=1e-5)


def test_maps_made_elsewhere_are_shown(added, cohort, fitted):
    maps = grad_cam(fitted, cohort.X.iloc[[14]], **LAYER)
    report = added().add_maps("DLR-2", maps, title="Mine")
    page = report.to_html()
    assert "Mine: test patient 3" in page
    assert cohort.X.index[14] not in page
    files = [figure["file"] for figure in report.to_dict()["figures"]]
    assert any("maps-mine" in file for file in files)


def test_maps_of_one_title_or_patient_twice_are_refused(added, cohort, fitted):
    maps = grad_cam(fitted, cohort.X.iloc[[14]], **LAYER)
    report = added().add_maps("DLR-2", maps)
    with pytest.raises(ValueError, match="maps of the title 'Attribution'"):
        report.add_maps("DLR-2", maps)
    with pytest.raises(ValueError, match="several rows of one patient"):
        report.add_maps("DLR-2", maps.iloc[[0, 0]], title="Twice")


def test_maps_of_others_are_refused(added, cohort, fitted):
    maps = grad_cam(fitted, cohort.X.iloc[[0]], **LAYER)
    with pytest.raises(ValueError, match="in X and y, got 1 others"):
        added().add_maps("DLR-2", maps)


def test_maps_lie_over_the_patients_own_images(added, cohort, fitted):
    shown = cohort.X.iloc[[20, 14]]
    report = added().add_maps("DLR-2", grad_cam(fitted, shown, **LAYER))
    (chapter,) = report._build().chapters
    (section,) = [part for part in chapter.sections if part.key == "attribution"]
    for patient, drawing in zip(shown.index, section.drawings, strict=True):
        panels, _ = drawing.display.args
        assert [visit for visit, *_ in panels] == ["pre", "post2"]
        for visit, _, _, image in panels:
            assert image == cohort.X.loc[patient, f"us_{visit}"].planes[0]


def test_map_without_heat_says_so(added, cohort, fitted):
    maps = grad_cam(fitted, cohort.X.iloc[[14]], **LAYER)
    first = list(maps.columns[:1])
    blank = [p.replace(image=0 * p.load()) for p, *_ in list_planes(maps, first)]
    cold = put_planes(maps, first, blank)
    report = added().add_maps("DLR-2", cold)
    (chapter,) = report._build().chapters
    (section,) = [part for part in chapter.sections if part.key == "attribution"]
    figure = Figure()
    section.drawings[0].draw(figure)
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert titles == ["pre: 0 throughout", "post2"]


@pytest.mark.parametrize(
    ("channel", "ends", "said"),
    [
        ("mbf", (0.0, 3.3e-10), "changes the probability by more than 3.3e"),
        ("prediction_difference", (-4e-4, 1e-5), "by more than 0.0004;"),
        ("esd", (0.0, 0.0016), ""),
        ("esd", (-0.2, 0.0), ""),
        ("esd", (0.0, 0.0), ""),
        ("grad_cam", (0.0, 1e-9), ""),
        ("grad_cam_coarse", (0.0, 1e-9), ""),
    ],
)
def test_differences_of_nothing_are_called_nothing(channel, ends, said):
    shown = {"channel": channel, "min": ends[0], "max": ends[1]}
    told = _faint({"title": "PDA", "patient": "test patient 1", "maps": [shown]})
    assert bool(told) == bool(said)
    assert said in told
