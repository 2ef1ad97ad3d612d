"""Outline, grey values and a frozen encoder: response from images of few patients."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from os import PathLike

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import StandardScaler

from sknac.features import MapStatistics, OutlineShape, Texture
from sknac.nets import EncoderFeatures
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROICropper, ROIMasker

# Patients are few: one component for each ten or so, and a strong penalty.
_N_COMPONENTS = 16
_PENALTY = {"C": 0.1, "max_iter": 1000}
_FOLDS = 5


def make_bmode_response_pipeline(
    *,
    columns: str | Sequence[str] = "us_pre",
    clinical: str | Sequence[str] = (),
    encoder: object = None,
    weights: str | PathLike | None = None,
    margin_mm: float | None = 5.0,
    image_size: int = 128,
    calibration: str | None = "sigmoid",
    random_state: int | None = None,
    n_jobs: int | None = None,
    store: str | PathLike | None = None,
    memory: object = None,
) -> Pipeline:
    """Assemble a response model for B-mode images of some hundred patients.

    The shape of the outlined tumour, its grey values, the texture in it and round it,
    the features of a pretrained encoder and clinical columns go side by side into a
    penalised logistic regression whose probabilities are calibrated. Nothing is trained
    on pixels.

    Parameters
    ----------
    columns : str or sequence of str, default="us_pre"
        Ultrasound columns; every patient needs every one. The features of several
        visits stand side by side.
    clinical : str or sequence of str, default=()
        Clinical columns of numbers (encode text before). A missing value becomes the
        training median; a column that no training patient has is 0 for everybody.
    encoder : str, callable or None, default=None
        Network of `EncoderFeatures`, such as ``"resnet18"``; None goes without one.
    weights : str, path-like or None, default=None
        Local file with the encoder's pretrained weights, of pixels scaled by ImageNet's
        mean and SD. None is for a class that brings its own.
    margin_mm : float or None, default=5.0
        Thickness of the margin whose texture is read, in mm; None leaves it out, for
        images without a known spacing.
    image_size : int, default=128
        Height and width in pixels of the crops that the encoder sees.
    calibration : {"sigmoid", "isotonic"} or None, default="sigmoid"
        How scores of inner folds, by patient, become probabilities; None keeps those
        of the regression. Isotonic steps need many hundred patients.
    random_state : int or None, default=None
        Seed of the inner folds and of the components.
    n_jobs : int or None, default=None
        Planes worked on at a time.
    store : str, path-like or None, default=None
        Folder that keeps the encoder's vectors, so that a search computes them once.
    memory : str, joblib.Memory or None, default=None
        Cache of fitted steps, as in `sklearn.pipeline.Pipeline`.

    Returns
    -------
    Pipeline
        Steps ``features``, ``impute``, ``scale`` and ``classify``. The features are a
        union of ``shape``; ``statistics``, with steps ``region`` and ``numbers``;
        ``texture``; where asked for ``encoder``, with steps ``crop``, ``resize``,
        ``scale``, ``encode``, ``standardise`` and ``reduce``; and ``clinical``.
        A search may leave parts out, ``features__texture="drop"``, and reaches all
        settings: ``features__texture__levels``,
        ``features__encoder__reduce__n_components``, ``classify__estimator__C``
        (``classify__C`` without calibration), ...

    Raises
    ------
    ValueError
        If there are weights without an encoder, an unknown way to calibrate, or
        clinical columns that are none.

    See Also
    --------
    make_dlr_pipeline : A network that is trained on the images of two visits.
    make_qus_response_pipeline : For RF.

    Notes
    -----
    This is not one of the published systems: it puts together what studies of few
    patients use. The encoder's features are reduced to 16 principal components of the
    training patients, which need at least as many patients; the regression's penalty
    is ``C=0.1`` on standardised features. Shape takes the outline at its word: it is
    only as good, and as blind to the outcome, as the reader who drew it. Grey values
    depend on the scanner's gain: they suit one scanner and one setting.

    Examples
    --------
    >>> from sknac.datasets import make_bmode_cohort
    >>> from sknac.systems import make_bmode_response_pipeline
    >>> cohort = make_bmode_cohort(n_patients=40, random_state=0)
    >>> model = make_bmode_response_pipeline(
    ...     columns=["us_pre", "us_post4"], clinical=["er", "ki67"], random_state=0)
    >>> proba = model.fit(cohort.X, cohort.y).predict_proba(cohort.X)
    >>> proba.shape
    (40, 2)
    """
    if calibration not in ("sigmoid", "isotonic", None):
        raise ValueError(
            f"calibration must be 'sigmoid', 'isotonic' or None, got {calibration!r}"
        )
    if encoder is None and weights is not None:
        raise ValueError(
            "weights need a network; name it as encoder=, such as 'resnet18'"
        )
    clinical = [clinical] if isinstance(clinical, str) else list(clinical or ())
    if any(str(name).startswith("us_") for name in clinical):
        raise ValueError(
            f"clinical must name columns of numbers, got {clinical}; name ultrasound "
            "columns as columns"
        )
    own = {"columns": columns, "n_jobs": n_jobs}
    inside = [("region", ROIMasker(region="core", **own))]
    parts = [
        ("shape", OutlineShape(**own)),
        ("statistics", Pipeline([*inside, ("numbers", MapStatistics(**own))])),
        ("texture", _texture(margin_mm, own)),
    ]
    if encoder is not None:
        vectors = EncoderFeatures(
            encoder,
            weights=weights,
            normalise="imagenet",
            store=store,
            columns=columns,
        )
        parts.append(("encoder", _encoder(vectors, image_size, own, random_state)))
    if clinical:
        table = [("clinical", "passthrough", clinical)]
        parts.append(("clinical", ColumnTransformer(table)))
    steps = [
        ("features", FeatureUnion(parts)),
        ("impute", SimpleImputer(strategy="median", keep_empty_features=True)),
        ("scale", StandardScaler()),
        ("classify", _classifier(calibration, random_state)),
    ]
    return Pipeline(steps, memory=memory)


def _texture(margin_mm, own):
    """Texture of the core, and of the margin where its thickness is known."""
    if margin_mm is None:
        return Texture(regions=("core",), **own)
    return Texture(margin_mm=margin_mm, **own)


def _encoder(vectors, image_size, own, random_state):
    """Crops of one size, their vectors, and the few directions that matter most."""
    return Pipeline(
        [
            ("crop", ROICropper(**own)),
            ("resize", PlaneResizer(image_size=image_size, **own)),
            ("scale", MapScaler(**own)),
            ("encode", vectors),
            ("standardise", StandardScaler()),
            ("reduce", PCA(_N_COMPONENTS, random_state=random_state)),
        ]
    )


def _classifier(calibration, random_state):
    """A penalised regression, calibrated on patients that it was not fitted to."""
    model = LogisticRegression(**_PENALTY)
    if calibration is None:
        return model
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=random_state)
    return CalibratedClassifierCV(model, method=calibration, cv=folds)
