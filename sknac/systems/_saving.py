"""Fitted models in files: saved whole or not at all, and handed on without paths."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from pathlib import Path

import joblib
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sknac.systems._without_paths import without_paths
from sknac.utils._atomic import whole_file
from sknac.utils._optional import import_optional

_PICKLES = (".joblib", ".pkl", ".pickle")
_SKOPS = ".skops"


def save_model(model: BaseEstimator, file: str | os.PathLike) -> Path:
    """Write a model into a file, which is the old one or the new one at any time.

    Parameters
    ----------
    model : estimator
        Any, fitted or not.
    file : str or path-like
        Its suffix says the format: ``.joblib``, ``.pkl`` or ``.pickle`` for joblib's,
        ``.skops`` for that of skops. A file that is there is replaced when the new one
        is whole and on the disk, however this ends.

    Returns
    -------
    Path
        The file. `joblib.load` or `skops.io.load` reads it.

    Raises
    ------
    ValueError
        If the suffix is another, or what is there is no file.
    OSError
        If the file cannot be written, such as on a full disk; an earlier one stays.
    ImportError
        If skops is needed and not installed.

    See Also
    --------
    hand_over : Without the paths of this machine, for somebody else.

    Notes
    -----
    A joblib file is a program: loading it runs what it holds. Load none that you did
    not write. What skops loads is looked at before, see the guide on saving.

    Examples
    --------
    >>> import tempfile, joblib
    >>> from sknac.preprocessing import MapScaler
    >>> from sknac.systems import save_model
    >>> from sknac.testing import make_check_cohort
    >>> X, _ = make_check_cohort("maps")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = save_model(MapScaler().fit(X), f"{folder}/scaler.joblib")
    ...     joblib.load(file)
    MapScaler()
    """
    write = _writer(file)
    with whole_file(file) as unfinished:
        write(model, unfinished)
    return Path(file)


def hand_over(model: BaseEstimator, file: str | os.PathLike) -> Path:
    """Write a fitted model for somebody else: it predicts the same, without paths.

    Parameters
    ----------
    model : estimator
        Fitted; it stays as it is.
    file : str or path-like
        As of `save_model`, and written as it is there.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    ValueError
        As of `save_model`, or if a path cannot be taken out of the model; the message
        names it.
    FileNotFoundError
        If a scan of the reference phantom is gone, or weights are.

    See Also
    --------
    save_model : With every setting, for yourself.

    Notes
    -----
    ``store`` and ``memory``, which are caches, have their defaults, and every path of a
    file or folder of this machine is taken out. The reference phantom's scans are put
    into the file, for maps of other depths need other parts of them: it is larger by
    their size, and its receiver can fit it again too. Weights that networks began from
    are not in it; whoever fits it again is told which file is left out. No fitted
    attribute of sknac holds patients' names; other packages' may (nearest neighbours
    hold all that they were fitted on).

    Examples
    --------
    >>> import tempfile, joblib
    >>> from sknac.datasets import make_rf_cohort
    >>> from sknac.qus import QUSMapper
    >>> from sknac.systems import hand_over
    >>> cohort = make_rf_cohort(
    ...     n_patients=2, n_planes=1, depth_mm=20, width_mm=16, random_state=0
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model = QUSMapper(cohort.reference, attenuation_db_cm_mhz=0.7, overlap=0.5,
    ...                       channels=("mbf",), store=f"{folder}/maps").fit(cohort.X)
    ...     print(joblib.load(hand_over(model, f"{folder}/model.joblib")).store)
    auto
    """
    _writer(file)  # refuses another suffix before anything is read
    check_is_fitted(model)
    return save_model(without_paths(model), file)


def _writer(file):
    """Pick what writes a model by the file's suffix."""
    suffix = Path(file).suffix.lower()
    if suffix == _SKOPS:
        return import_optional("skops.io", "skops", extra=None).dump
    if suffix not in _PICKLES:
        raise ValueError(
            f"file must end in {', '.join(_PICKLES)} or {_SKOPS}, got "
            f"{Path(file).name!r}"
        )
    return joblib.dump
