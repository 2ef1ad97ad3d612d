"""QUS maps and networks: response before treatment from RF ultrasound."""

# SPDX-License-Identifier: BSD-3-Clause

from os import PathLike

from sklearn.pipeline import Pipeline

from sknac.nets import PlaneFeatureNet, PredictiveNet
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.qus import QUSMapper, ReferencePhantom
from sknac.roi import ROIMasker
from sknac.systems._presets import pick_preset

_CHANNELS = ("mbf", "si", "esd", "eac")
_PRESETS = {
    "paper": {
        "maps": {"overlap": 0.95, "pixel_mm": 0.1},
        "resize": {"image_size": 512},
        "features": {
            "module": "ran56",
            "lr": 1e-4,
            "batch_size": 8,
            "max_shift": 0.3,
            "module__dropout": 0.5,
        },
        "predict": {
            "lr": 1e-4,
            "batch_size": 8,
            "module__hidden": 100,
            "module__dropout": 0.5,
        },
    },
    "tiny": {
        "maps": {"overlap": 0.75},
        "resize": {"image_size": 32},
        "features": {
            "module": "ran_tiny",
            "lr": 3e-3,
            "batch_size": 16,
            "max_epochs": 20,
            "max_shift": 0.1,
        },
        "predict": {"module": "mlp_tiny", "lr": 1e-3, "batch_size": 16},
    },
}


def make_qus_response_pipeline(
    reference: ReferencePhantom,
    *,
    attenuation_db_cm_mhz: float | str,
    region: str = "core+margin",
    preset: str = "paper",
    cost_weight: float = 5.0,
    non_response: object = "non-response",
    column: str = "us_pre",
    random_state: int | None = None,
    n_jobs: int | None = None,
    store: str | PathLike | bool | None = None,
    memory: object = None,
) -> Pipeline:
    """Assemble the QUS response system as a scikit-learn pipeline.

    RF planes become calibrated maps (MBF, SI, ESD, EAC) of the whole frame, of
    which the tumour core and margin are kept, resized and scaled; a feature
    network is trained on planes, its features are averaged over each patient's
    planes, and a predictive network is trained on patients.

    Parameters
    ----------
    reference : ReferencePhantom
        Phantom scanned with the cohort's settings.
    attenuation_db_cm_mhz : float or str
        Attenuation of the tissue in dB/cm/MHz, or the name of a column that holds
        it; an explicit choice, as it is the largest source of error.
    region : {"core+margin", "core", "frame"}, default="core+margin"
        Part of the maps that the networks see; the margin is 5 mm.
    preset : {"paper", "tiny"}, default="paper"
        ``"paper"``: RAN-56 on 512 x 512 pixels, batches of 8, learning rate 1e-4,
        dropout 0.5; for a GPU. ``"tiny"``: a small residual attention network on
        32 x 32 pixels that learns on a CPU in seconds.
    cost_weight : float, default=5.0
        Weight of non-responders in the loss, responders having 1.
    non_response : object, default="non-response"
        Label of the non-responders in y.
    column : str, default="us_pre"
        Column with the RF planes before treatment.
    random_state : int or None, default=None
        Seed of both networks. With a number both hold out the same patients for
        early stopping, as in the paper; with None each draws its own.
    n_jobs : int or None, default=None
        Patients mapped at a time.
    store : path, None or False, default=None
        Folder that keeps the maps, so that memory stays flat and maps are computed
        once; without one, once in this program; see `QUSMapper`.
    memory : str, joblib.Memory or None, default=None
        Cache of fitted steps, as in `sklearn.pipeline.Pipeline`.

    Returns
    -------
    Pipeline
        Steps ``maps``, ``region``, ``resize``, ``scale``, ``features`` and
        ``predict``, each with the usual nested parameters:
        ``region__region``, ``features__module``, ``features__module__dropout``,
        ``features__lr``, ``predict__module__hidden``, ...

    Raises
    ------
    ValueError
        If there is no such preset, or `column` is not one name.

    See Also
    --------
    DLRPClassifier : The system for B-mode images during treatment.

    Notes
    -----
    The paper's positive class is non-response: pass
    ``pos_label="non-response"`` to the metrics to compare with its rates.

    Stacking, voting, bagging and `cross_val_predict` of probabilities train on 0 and 1
    for the sorted labels: there, set ``non_response=0``.

    References
    ----------
    .. [1] H. Taleghamar et al., Scientific Reports 12:2244, 2022.

    Examples
    --------
    >>> from sknac.datasets import make_rf_cohort
    >>> from sknac.systems import make_qus_response_pipeline
    >>> cohort = make_rf_cohort(n_patients=8, random_state=0)
    >>> model = make_qus_response_pipeline(
    ...     cohort.reference, attenuation_db_cm_mhz=0.6, preset="tiny")
    >>> list(model.named_steps)
    ['maps', 'region', 'resize', 'scale', 'features', 'predict']
    """
    settings = pick_preset(_PRESETS, preset)
    if not isinstance(column, str):
        raise ValueError(f"column must be one name, such as 'us_pre', got {column!r}")
    # One seed and one number of patients: one and the same validation split. A
    # network must not be stopped by patients whom its features were trained on.
    shared = {"class_weight": {non_response: cost_weight}, "random_state": random_state}
    steps = [
        (
            "maps",
            QUSMapper(
                reference,
                attenuation_db_cm_mhz=attenuation_db_cm_mhz,
                channels=_CHANNELS,
                columns=(column,),
                n_jobs=n_jobs,
                store=store,
                **settings["maps"],
            ),
        ),
        ("region", ROIMasker(region=region, margin_mm=5.0, columns=(column,))),
        ("resize", PlaneResizer(columns=(column,), **settings["resize"])),
        ("scale", MapScaler(columns=(column,))),
        (
            "features",
            PlaneFeatureNet(
                columns=column,
                **shared,
                **settings["features"],
            ),
        ),
        (
            "predict",
            PredictiveNet(**shared, **settings["predict"]),
        ),
    ]
    return Pipeline(steps, memory=memory)
