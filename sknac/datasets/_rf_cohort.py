"""A cohort of radio-frequency planes with known microstructure."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from joblib import delayed
from sklearn.utils import Bunch

from sknac.datasets._checks import COHORT, check_cohort_room, two_of
from sknac.datasets._clinical import clinical_table, label_series, survival_table
from sknac.datasets._rf_scene import (
    EVEN_SD_DB,
    MARGIN_MM,
    PATIENT_SD,
    RFScene,
    draw_microstructure,
    make_reference,
    make_study,
)
from sknac.datasets._seeds import (
    TRUTH,
    draw_labels,
    entropy_from,
    patient_index,
    stream,
)
from sknac.utils._blas import single_blas_thread
from sknac.utils._sklearn import Integral, Interval, Real, validate_params
from sknac.utils._workers import near

_DESCR = """\
Simulated radio-frequency ultrasound of breast tumours before chemotherapy
---------------------------------------------------------------------------
THE DATA ARE SIMULATED. No patient is behind them; nothing learnt from them
says anything about patients.

{n_patients} patients, of whom {n_fail} do not respond; {n_planes} planes of
{shape[0]} samples x {shape[1]} lines, {fs} MHz, {pitch} mm between lines.
Each plane shows a lobulated core in a margin of {margin} mm in a background. Each
region holds random scatterers with a spherical Gaussian form factor of an effective
diameter (ESD) and acoustic concentration (EAC) of the patient's own. Over patients
these vary with an SD of {sd[0]} um and {sd[1]} dB; the means of responders and
non-responders lie {effect} SD apart in: {where}. Non-responders have the larger
ESD and EAC: a choice of the simulation. {texture}`truth` holds every patient's numbers.
Clinical columns follow Table 2 of the DLRP paper by class (age, receptors, Ki-67,
subtype); survival is exponential, with four times the hazard in non-responders.
`reference` is a phantom of known backscatter scanned through the same system.
"""

_PATCHY = """\
Within the cores of non-responders the EAC varies from place to place with {factor:g}
times the SD of responders' cores, {sd:g} dB, at the same mean: they are patchy. """


@validate_params(
    COHORT
    | {
        "texture_effect": [Interval(Real, 0, None, closed="left")],
        "effect_in": [tuple, list],
        "depth_mm": [Interval(Real, 15, None, closed="left")],
        "width_mm": [Interval(Real, 15, None, closed="left")],
        "fs_mhz": [Interval(Real, 25, None, closed="left")],
        "line_pitch_mm": [Interval(Real, 0, None, closed="neither")],
        "attenuation_db_cm_mhz": [Real, tuple, list],
    },
    prefer_skip_nested_validation=True,
)
def make_rf_cohort(
    n_patients: int = 40,
    *,
    n_planes: int | tuple[int, int] = (4, 7),
    effect_size: float = 1.0,
    effect_in: tuple[str, ...] = ("core", "margin"),
    texture_effect: float = 0.0,
    prevalence: float = 0.3,
    depth_mm: float = 30.0,
    width_mm: float = 20.0,
    fs_mhz: float = 40.0,
    line_pitch_mm: float = 0.234,
    attenuation_db_cm_mhz: float | tuple[float, float] = (0.5, 0.9),
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | np.random.Generator | None = None,
) -> Bunch:
    """Simulate a cohort of pre-treatment RF planes with known microstructure.

    Each plane is one draw of random scatterers, seen through a scanner with a pulse,
    a beam, a focus, gain, noise and 16 bits; a reference phantom goes through
    the same scanner, so that the reference phantom method recovers the truth.

    Parameters
    ----------
    n_patients : int, default=40
        Number of patients.
    n_planes : int or tuple of (int, int), default=(4, 7)
        Planes per patient: fixed, or drawn between two numbers, both included.
    effect_size : float, default=1.0
        Distance of the mean ESD and EAC of non-responders from those of responders,
        in SDs of the variation between patients of one class. 0 makes the
        classes equal, in the clinical columns too.
    effect_in : tuple of {"core", "margin"}, default=("core", "margin")
        The regions that differ.
    texture_effect : float, default=0.0
        How much more the EAC varies from place to place within the cores of
        non-responders: its SD is 1.5 dB in responders and on average 1.5 (1 +
        texture_effect) dB in non-responders, the excess varying by 25 % (SD) between
        them. Its mean in dB stays, and so does that of maps: patchy against even.
    prevalence : float, default=0.3
        Share of non-responders, within (0, 1). It holds to within one patient in every
        eight, and for the whole cohort.
    depth_mm, width_mm : float, default=30.0, 20.0
        Size of a plane, 15 mm or more. The focus lies at half the depth.
    fs_mhz : float, default=40.0
        Sampling frequency, 25 MHz or more.
    line_pitch_mm : float, default=0.234
        Distance of neighbouring lines.
    attenuation_db_cm_mhz : float or tuple of (float, float), default=(0.5, 0.9)
        Attenuation of a patient's tissue: fixed, or drawn evenly between two numbers.
        One number holds for all of a patient's planes and regions.
    n_jobs : int, default=None
        Number of threads; the result does not depend on it.
    random_state : int, RandomState, Generator or None, default=None
        Seed. With an int and equal settings patient i is the same in every
        cohort, however many patients it has.

    Returns
    -------
    Bunch
        `X` : DataFrame of shape (n_patients, 8)
            Cohort frame: `us_pre` (kind "rf", cores as polygons in mm), `age`, `er`,
            `pr`, `her2`, `ki67` (0 or 1), `subtype`, `attenuation_db_cm_mhz`.
        `y` : Series of shape (n_patients,)
            "response" or "non-response".
        `survival` : DataFrame of shape (n_patients, 2)
            `time_years` (10 at most) and `event`.
        `reference` : ReferencePhantom
            The phantom's frames, attenuation, speed of sound and backscatter.
        `truth` : DataFrame of shape (n_patients, 8)
            `<region>_esd_um`, `<region>_eac_db` of core, margin and background,
            `attenuation_db_cm_mhz`, and `core_eac_sd_db`, the EAC's SD within cores.
        `DESCR` : str
            What was simulated, in words.

    Raises
    ------
    ValueError
        If a setting is out of its range; the message names it.

    See Also
    --------
    make_bmode_cohort : B-mode images before and during treatment.

    Notes
    -----
    A place's texture varies smoothly about its region's mean by 4 um and 1.5 dB, over
    some 2 mm. EAC
    follows BSC = (4/9) k^4 a^6 (n z^2) exp(-0.827 k^2 a^2), with k in rad/cm, a =
    ESD / 2 in cm, and EAC = 10 log10(n z^2) in dB re 1 cm^-3. A plane of 30 mm x
    20 mm takes about 25 ms on one core.

    References
    ----------
    Taleghamar et al., Scientific Reports 12:2244, 2022 (scanner, phantom, margin).
    Yao, Zagzebski, Madsen, Ultrasonic Imaging 12:58-70, 1990 (reference phantom).
    Insana et al., J. Acoust. Soc. Am. 87:179-192, 1990 (Gaussian form factor).

    Examples
    --------
    >>> from sknac.datasets import make_rf_cohort
    >>> cohort = make_rf_cohort(
    ...     n_patients=8, n_planes=1, depth_mm=18, width_mm=16, random_state=0
    ... )
    >>> cohort.X["us_pre"].iloc[0].planes[0]
    Plane(rf 935x68, core)
    >>> cohort.y.value_counts().to_dict()
    {'response': 6, 'non-response': 2}
    """
    planes = two_of("n_planes", n_planes, 1, Integral)
    attenuation = two_of("attenuation_db_cm_mhz", attenuation_db_cm_mhz, 0)
    _check_effect_and_pitch(effect_in, line_pitch_mm, width_mm)
    scene = RFScene.of_size(depth_mm, width_mm, fs_mhz, line_pitch_mm)
    check_cohort_room(n_patients, planes[1], 2 * scene.shape[0] * scene.shape[1])

    entropy = entropy_from(random_state)
    fails = draw_labels(entropy, n_patients, prevalence)
    effect = effect_size, effect_in, attenuation, texture_effect
    truth = pd.DataFrame(
        [
            draw_microstructure(stream(entropy, i, TRUTH), flag, *effect)
            for i, flag in enumerate(fails)
        ],
        index=patient_index(n_patients),
    )
    studies = _scan(scene, truth, planes, entropy, n_jobs)
    X = clinical_table(entropy, fails, effect_size, prevalence)
    X = X.drop(columns=["dvolume_2", "dvolume_4"])
    X["attenuation_db_cm_mhz"] = truth["attenuation_db_cm_mhz"]
    X.insert(0, "us_pre", pd.Series(studies, index=truth.index, dtype=object))
    return Bunch(
        X=X,
        y=label_series(fails),
        survival=survival_table(entropy, fails),
        reference=make_reference(scene, entropy),
        truth=truth,
        DESCR=_describe(scene, fails, studies, effect),
    )


def _check_effect_and_pitch(effect_in, line_pitch_mm, width_mm):
    """Raise unless the effect has a place and a plane has lines enough."""
    if not set(effect_in) <= {"core", "margin"}:
        raise ValueError(
            f'effect_in must hold "core", "margin", both or none, got {effect_in!r}'
        )
    if line_pitch_mm >= width_mm / 8:
        raise ValueError(
            f"line_pitch_mm must be below an eighth of the width, got {line_pitch_mm}"
        )


def _scan(scene, truth, planes, entropy, n_jobs):
    """Return each patient's study, some patients at a time."""
    # Small matrix products lose to BLAS threads that wait for one another.
    with single_blas_thread():
        return near(n_jobs, prefer="threads")(
            delayed(make_study)(scene, row, planes, entropy, i)
            for i, row in enumerate(truth.to_dict("records"))
        )


def _describe(scene, fails, studies, effect):
    """Fill in the description."""
    effect_size, effect_in, _, texture_effect = effect
    patchy = _PATCHY.format(factor=1 + texture_effect, sd=EVEN_SD_DB)
    return _DESCR.format(
        n_patients=len(fails),
        n_fail=int(fails.sum()),
        n_planes=sum(study.n_planes for study in studies),
        shape=scene.shape,
        fs=scene.system.fs_mhz,
        pitch=scene.system.line_pitch_mm,
        margin=MARGIN_MM,
        sd=PATIENT_SD,
        effect=effect_size,
        where=" and ".join(effect_in) or "no region",
        texture=patchy if texture_effect else "",
    )
