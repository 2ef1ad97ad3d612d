"""A cohort of B-mode images before and during treatment."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
import pandas as pd
from joblib import delayed
from sklearn.utils import Bunch

from sknac.cohort import Grid, InMemoryArray, Plane, PolygonOutline, Study
from sknac.datasets._breast import Lesion, draw_breast, level_map
from sknac.datasets._checks import COHORT, check_cohort_room, two_of
from sknac.datasets._clinical import clinical_table, label_series, survival_table
from sknac.datasets._seeds import (
    IMAGES,
    TRUTH,
    draw_labels,
    entropy_from,
    patient_index,
    stream,
)
from sknac.datasets._shapes import draw_lobes, fit_inside
from sknac.datasets._speckle import speckle_envelope, to_grey
from sknac.utils._room import check_room
from sknac.utils._sklearn import Integral, Interval, Real, validate_params
from sknac.utils._workers import near

VISITS = ("pre", "post2", "post4")
#: Distance of the classes' mean change at an effect of 1, in its SD within a class.
CHANGE_DISTANCE = {"pre": 0.0, "post2": 2.0, "post4": 2.8}
# Point spread function (axial, lateral), and the smallest tumour still drawn.
_PSF_MM = (0.4, 0.8)
_SMALLEST_MM = 1.5
_CLEARANCE_MM = 1.5

_DESCR = """\
Simulated B-mode ultrasound of breast tumours before and during chemotherapy
----------------------------------------------------------------------------
THE DATA ARE SIMULATED. No patient is behind them; nothing learnt from them
says anything about patients.

{n_patients} patients, of whom {n_fail} do not respond. Images of {shape[0]} x
{shape[1]} pixels of {spacing} mm before treatment (us_pre), after course 2
(us_post2) and after course 4 (us_post4): a lobulated hypoechoic tumour with
a halo and a shadow in a layered breast, under Rayleigh speckle.
The clinical columns follow Table 2 (training cohort) of the DLRP paper by class.
dvolume_2 = 1 - V(post2) / V(pre) and dvolume_4 = 1 - V(post4) / V(post2), shares of
volume lost (negative: growth); the second is between courses 2 and 4, as the
table's abbreviation list has it. The drawn tumours have these volumes, unless one
would be too small to outline or too large for the image: `truth` has both.
From visit to visit a responder's tumour also turns brighter and coarser and loses
its shadow; the classes' mean change lies {effect} x {distance} SD apart.
Survival is exponential, with four times the hazard in non-responders.
"""


@dataclass(frozen=True)
class _Patient:
    """What stays the same in one patient's images."""

    breast: object
    lobes: object
    centre: np.ndarray
    lesion: np.ndarray


@validate_params(
    COHORT
    | {
        "image_size": [Integral, tuple, list],
        "spacing_mm": [Interval(Real, 0.02, 0.35, closed="both")],
        "missing_rate": [Interval(Real, 0, 1, closed="left")],
    },
    prefer_skip_nested_validation=True,
)
def make_bmode_cohort(
    n_patients: int = 60,
    *,
    n_planes: int | tuple[int, int] = 1,
    effect_size: float = 1.0,
    prevalence: float = 0.5,
    image_size: int | tuple[int, int] = (144, 176),
    spacing_mm: float = 0.22,
    missing_rate: float = 0.0,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
) -> Bunch:
    """Simulate a cohort of B-mode images before and during treatment.

    Parameters
    ----------
    n_patients : int, default=60
        Number of patients.
    n_planes : int or tuple of (int, int), default=1
        Planes per visit: fixed, or drawn between two numbers, both included.
    effect_size : float, default=1.0
        How far responders and non-responders differ. At 1 the clinical columns
        follow the DLRP paper's table by class, and the classes' mean change of
        echogenicity, texture and shadow lies 2 SD apart after course 2 and 2.8 SD
        after course 4 (before treatment: 0). Below 1 both shrink; above 1 only the
        change of the images grows. At 0 nothing tells the classes apart.
    prevalence : float, default=0.5
        Share of non-responders, within (0, 1). It holds to within one patient in every
        eight, and for the whole cohort.
    image_size : int or tuple of (int, int), default=(144, 176)
        (height, width) in pixels, or both; 20 mm or more on either side.
    spacing_mm : float, default=0.22
        Side of a pixel, 0.35 mm or less.
    missing_rate : float, default=0.0
        Share of later visits that did not happen, within [0, 1): each of post2 and
        post4 on its own, whatever the class. Their cell is None, and the volume
        changes that need them are NaN.
    n_jobs : int, default=None
        Number of threads; the result does not depend on it.
    random_state : int, RandomState, Generator or None, default=None
        Seed. With an int and equal settings patient i is the same in every
        cohort, however many patients it has.

    Returns
    -------
    Bunch
        `X` : DataFrame of shape (n_patients, 11)
            Cohort frame: `us_pre`, `us_post2`, `us_post4` (kind "bmode", uint8, cores
            as polygons in mm), `age`, `er`, `pr`, `her2`, `ki67` (0 or 1), `subtype`,
            `dvolume_2` = 1 - V(post2) / V(pre), `dvolume_4` = 1 - V(post4) / V(post2).
        `y` : Series of shape (n_patients,)
            "response" or "non-response".
        `survival` : DataFrame of shape (n_patients, 2)
            `time_years` (10 at most) and `event`.
        `truth` : DataFrame of shape (n_patients, 11)
            Also for visits that are missing: `radius_<visit>_mm` of the tumour by its
            volume, `drawn_radius_<visit>_mm` in the images, `change_<visit>` (SD of a
            class), `dvolume_2` and `dvolume_4`.
        `DESCR` : str
            What was simulated, in words.

    Raises
    ------
    ValueError
        If a setting is out of its range; the message names it.

    See Also
    --------
    make_rf_cohort : RF planes before treatment, for quantitative ultrasound.

    Notes
    -----
    Speckle is a complex Gaussian field under a Gaussian point spread function of
    0.4 mm x 0.8 mm, log-compressed over 60 dB to 0..255, with a gain that differs by
    2 dB (SD) from visit to visit. Volumes are 4/3 pi r^3 of a sphere of the tumour's
    radius; ratios of volumes are log-normal with the table's mean and SD.

    References
    ----------
    The DLRP paper: deep learning radiomics pipeline for response of breast cancer to
    neoadjuvant chemotherapy, European Radiology, 2022 (Table 2, training cohort).

    Examples
    --------
    >>> from sknac.datasets import make_bmode_cohort
    >>> cohort = make_bmode_cohort(n_patients=8, random_state=0)
    >>> list(cohort.X.columns[:4])
    ['us_pre', 'us_post2', 'us_post4', 'age']
    >>> cohort.X["us_post4"].iloc[0].planes[0]
    Plane(bmode 144x176, core)
    """
    planes = two_of("n_planes", n_planes, 1, Integral)
    grid = _grid(image_size, spacing_mm)
    check_cohort_room(n_patients, 3 * planes[1], grid.shape[0] * grid.shape[1])

    entropy = entropy_from(random_state)
    fails = draw_labels(entropy, n_patients, prevalence)
    index = patient_index(n_patients)
    X = clinical_table(entropy, fails, effect_size, prevalence)
    rows = [
        _draw_truth(stream(entropy, i, TRUTH), flag, effect_size, row, grid)
        for i, (flag, row) in enumerate(zip(fails, X.to_dict("records"), strict=True))
    ]
    truth = pd.DataFrame(rows, index=index)
    studies = near(n_jobs, prefer="threads")(
        delayed(_make_studies)(grid, row, planes, entropy, i)
        for i, row in enumerate(rows)
    )
    for k, visit in enumerate(VISITS):
        cells = pd.Series([each[k] for each in studies], index=index, dtype=object)
        X.insert(k, f"us_{visit}", cells)
    _drop_visits(X, entropy, missing_rate)
    return Bunch(
        X=X,
        y=label_series(fails),
        survival=survival_table(entropy, fails),
        truth=truth,
        DESCR=_DESCR.format(
            n_patients=n_patients,
            n_fail=int(fails.sum()),
            shape=grid.shape,
            spacing=spacing_mm,
            effect=effect_size,
            distance=list(CHANGE_DISTANCE.values()),
        ),
    )


def _grid(image_size, spacing_mm):
    """Check the size of an image and lay its pixels out."""
    shape = two_of("image_size", image_size, 1, Integral, rising=False)
    if min(shape) * spacing_mm < 20:
        raise ValueError(
            f"image_size {shape} at spacing_mm={spacing_mm} is less than 20 mm on a "
            "side, which the tumour needs; take more or larger pixels"
        )
    check_room(
        f"image_size={shape}",
        120 * shape[0] * shape[1],  # levels, distances, speckle and their spectra
        f"give (height, width) in pixels of spacing_mm={spacing_mm}",
    )
    return Grid(shape, (spacing_mm, spacing_mm))


def _draw_truth(rng, fails, effect_size, clinical, grid):
    """Draw one patient's tumour sizes and changes, as a dict."""
    sides = np.multiply(grid.shape, grid.spacing_mm)
    radius = {"pre": rng.uniform(0.19, 0.29) * min(*sides, 40.0)}
    radius["post2"] = radius["pre"] * (1 - clinical["dvolume_2"]) ** (1 / 3)
    radius["post4"] = radius["post2"] * (1 - clinical["dvolume_4"]) ** (1 / 3)
    largest = 0.36 * min(sides)
    truth = {f"radius_{visit}_mm": radius[visit] for visit in VISITS}
    for visit in VISITS:
        truth[f"drawn_radius_{visit}_mm"] = float(
            np.clip(radius[visit], _SMALLEST_MM, largest)
        )
    # One trait of the patient, which later visits share in part.
    trait, own = rng.standard_normal(), rng.standard_normal(3)
    for k, visit in enumerate(VISITS):
        shift = 0.0 if fails else effect_size * CHANGE_DISTANCE[visit]
        noise = 0.0 if visit == "pre" else np.sqrt(0.5) * (trait + own[k])
        truth[f"change_{visit}"] = shift + noise
    return truth | {key: clinical[key] for key in ("dvolume_2", "dvolume_4")}


def _make_studies(grid, truth, n_planes, entropy, patient):
    """Simulate one patient's visits."""
    rng = stream(entropy, patient, IMAGES)
    size = np.multiply(grid.shape, grid.spacing_mm)
    constant = _Patient(
        breast=draw_breast(rng),
        lobes=draw_lobes(rng),
        centre=size * (0.5 + 0.05 * rng.uniform(-1, 1, 2)),
        # Echogenicity, texture, shadow and halo before treatment.
        lesion=np.array([-14.5, 2.0, 9.0, 5.0])
        + rng.standard_normal(4) * [1.2, 0.3, 2.5, 1],
    )
    n = int(rng.integers(n_planes[0], n_planes[1] + 1))
    return [
        Study([_make_plane(grid, constant, truth, visit, rng) for _ in range(n)])
        for visit in VISITS
    ]


def _make_plane(grid, patient, truth, visit, rng):
    """Simulate one image of one visit."""
    size = np.multiply(grid.shape, grid.spacing_mm)
    radius = truth[f"drawn_radius_{visit}_mm"] * rng.uniform(0.94, 1.0)
    at = patient.centre + rng.uniform(-1.5, 1.5, 2)
    vertices = patient.lobes.jitter(rng).outline(at, radius)
    core = PolygonOutline(fit_inside(vertices, size, _CLEARANCE_MM))
    change = truth[f"change_{visit}"]
    level, texture, shadow, halo = patient.lesion
    lesion = Lesion(
        core.vertices,
        level_db=level + 3.2 * change + rng.normal(0, 0.6),
        texture_db=max(texture + 0.6 * change, 0.3),
        shadow_db=shadow - 2.0 * change + rng.normal(0, 1.5),
        halo_db=max(halo - 0.5 * change, 0.0),
    )
    level = level_map(patient.breast, lesion, core.to_mask(grid), grid, rng)
    amplitude = 10 ** ((level + rng.normal(0, 2.0)) / 20)
    envelope = speckle_envelope(amplitude, grid.spacing_mm, _PSF_MM, rng)
    return Plane(
        InMemoryArray(to_grey(envelope)), "bmode", spacing_mm=grid.spacing_mm, core=core
    )


def _drop_visits(X, entropy, missing_rate):
    """Take later visits out, and the volume changes that need them."""
    for i, patient in enumerate(X.index):
        gone2, gone4 = stream(entropy, i, IMAGES, 0).random(2) < missing_rate
        if gone2:
            X.at[patient, "us_post2"] = None
            X.loc[patient, ["dvolume_2", "dvolume_4"]] = np.nan
        if gone4:
            X.at[patient, "us_post4"] = None
            X.loc[patient, "dvolume_4"] = np.nan
