"""`StudyReport`: gathers what a study found and writes it down."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any, Self

import pandas as pd
from numpy.typing import ArrayLike

from sknac.report._additions import Additions
from sknac.report._build import Report, build
from sknac.report._card import About
from sknac.report._checks import check_images_apart, check_names
from sknac.report._estimators import Judgement
from sknac.report._files import write
from sknac.report._intake import (
    add_curve,
    check_probabilities,
    explain,
    judge_all,
    new_system,
    with_rows,
)
from sknac.report._learned import learn, map_quality
from sknac.report._parts import Options
from sknac.report._sample import aligned_table, by_model
from sknac.report._system import System


class StudyReport(Additions):
    """A study as one HTML file, one file of numbers, and its figures.

    A study has one or several systems, each with patients and a positive class of
    its own. Add them from fitted estimators (`add_estimator`) or from predictions
    alone (`add_predictions`), then whatever else there is, and `save`. Only what
    was given is shown; a line says what was not.

    Parameters
    ----------
    title : str
        Title of the report.
    synthetic : bool, default=False
        Whether the data are simulated; text, tables and figures then say so.
    data : str, default=""
        Where the patients come from, for the model card.
    intended_use : str, default=""
        What the systems are for, for the model card.
    limits : list of str, default=()
        What the study cannot tell, for the model card.
    seeds : dict of str to int, default=None
        Seeds of the study by what they were for, for the model card.
    date : str, default=""
        Date as it shall be read. None is made up, so that the same input gives the
        same files, byte for byte.
    show_ids : bool, default=False
        Whether to show the names of the rows, which may identify patients. They are
        numbered otherwise.
    confidence_level : float, default=0.95
        Coverage of all intervals, between 0 and 1.
    n_resamples : int, default=2000
        Number of resamples of the bands of ROC curves.
    random_state : int, default=0
        Seed of these resamples.

    Raises
    ------
    TypeError
        If a text is no text.
    ValueError
        If the title is empty or a number lies out of its range.

    See Also
    --------
    sknac.metrics.performance_table : Rates of several models alone.

    Notes
    -----
    The file needs no network, no script and no other file, so that it can be mailed.
    Everything in it that comes from the data is escaped. The unit is the patient:
    one row each, or an error says so.

    The model that subgroups, survival, the wrong decisions and the first table are
    about is the one named like its system, else the only one, else the only one with
    decisions; among others `add_predictions` is told it as ``main``.

    Examples
    --------
    >>> import tempfile
    >>> from sknac.report import StudyReport
    >>> y = ["non-response", "response"] * 6
    >>> score = [0.2, 0.7, 0.4, 0.6, 0.1, 0.9, 0.5, 0.3, 0.3, 0.8, 0.2, 0.6]
    >>> report = StudyReport("Scores of a reader", synthetic=True, n_resamples=100)
    >>> report.add_predictions("reader", y, score, pos_label="response")
    StudyReport('Scores of a reader', systems=['reader'])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report.save(folder).name
    'report.html'
    """

    def __init__(
        self,
        title: str,
        *,
        synthetic: bool = False,
        data: str = "",
        intended_use: str = "",
        limits: Iterable[str] = (),
        seeds: Mapping[str, Any] | None = None,
        date: str = "",
        show_ids: bool = False,
        confidence_level: float = 0.95,
        n_resamples: int = 2000,
        random_state: int = 0,
    ) -> None:
        self._about = About(title, data, intended_use, limits, seeds, date)
        self._options = Options(
            synthetic, show_ids, confidence_level, n_resamples, random_state
        )
        self._systems: dict[str, System] = {}
        self._built: Report | None = None

    def __repr__(self) -> str:
        return f"StudyReport({self._about.title!r}, systems={list(self._systems)})"

    def _repr_html_(self) -> str:
        """Return the report in a frame of its own, for notebooks."""
        if not self._systems:
            return f"<pre>{escape(repr(self))}</pre>"
        page = escape(self.to_html())
        return f'<iframe srcdoc="{page}" width="100%" height="700"></iframe>'

    def add_predictions(
        self,
        name: str,
        y: ArrayLike,
        scores: Any,
        *,
        pos_label: Any,
        decisions: Any = None,
        main: str | None = None,
        probabilities: bool | Iterable[str] = False,
        y_train: ArrayLike | None = None,
        scores_train: Any = None,
        decisions_train: Any = None,
        curves: Mapping[str, Any] | None = None,
    ) -> Self:
        """Add a system from what its models said of the test patients.

        Parameters
        ----------
        name : str
            Name of the system, and of its model where there is one only.
        y : array-like of shape (n_patients,)
            True labels of the test patients, two classes. A Series' index names the
            patients, and all that is added later must have the same.
        scores : array-like of shape (n_patients,), dict of str to array-like, or None
            Scores by model, higher means positive; NaN for a patient without one.
        pos_label : int, float, bool or str
            The positive class of every number of this system.
        decisions : array-like of shape (n_patients,), dict of str to array-like, \
default=None
            Predicted labels by model; None for a patient without a decision.
        main : str, default=None
            The model that the first table, subgroups, survival and the wrong decisions
            are about. None takes the one named like the system, else the only one, else
            the only one with decisions; where none is, it must be named.
        probabilities : bool or list of str, default=False
            Which scores are probabilities of the positive class (True: all); for
            calibration and decision curve.
        y_train : array-like of shape (n_train,), default=None
            True labels of the training patients.
        scores_train, decisions_train : as `scores` and `decisions`, default=None
            The same of the training patients.
        curves : dict of str to ThresholdCurve, default=None
            Threshold curve by model, from the patients who chose the threshold.

        Returns
        -------
        StudyReport
            This object.

        Raises
        ------
        ValueError
            If the name is taken, there are neither scores nor decisions, the main model
            is not known, rows do not match, `y` has not two classes, a patient has
            several rows, a label is unknown, or training and test patients overlap.
        """
        test = Judgement(by_model(scores, name, "scores"))
        test.decisions = by_model(decisions, name, "decisions")
        train = None
        if y_train is not None:
            train = Judgement(by_model(scores_train, name, "scores_train"))
            train.decisions = by_model(decisions_train, name, "decisions_train")
        elif scores_train is not None or decisions_train is not None:
            raise ValueError(
                f"{name}: scores and decisions in training must come with y_train"
            )
        given = name, y, test, y_train, train, pos_label
        system = new_system(self._systems, *given, main=main)
        chosen = test.scores if probabilities is True else probabilities or ()
        system.probabilities = check_names(chosen, test.scores, "probabilities")
        check_probabilities(system)
        for model, curve in (curves or {}).items():
            add_curve(system, model, curve)
        self._take(system)
        return self

    def add_estimator(
        self,
        name: str,
        estimator: Any,
        X: pd.DataFrame,
        y: ArrayLike,
        *,
        pos_label: Any,
        X_train: pd.DataFrame | None = None,
        y_train: ArrayLike | None = None,
        others: Mapping[str, Any] | None = None,
        attribution: bool | Mapping[str, Any] = False,
    ) -> Self:
        """Add a system from a fitted classifier.

        One that decides in stages gives its cascade, and each stage alone as a model
        of its own. Thresholds, coefficients, losses, settings and the quality of maps
        (``quality_`` of a mapper of `sknac.qus`) are found inside.

        Parameters
        ----------
        name : str
            Name of the system and of its model.
        estimator : classifier
            Fitted; any of scikit-learn's interface.
        X : DataFrame or array of shape (n_patients, n_columns)
            The test patients; plain columns of a frame make the baseline table.
        y : array-like of shape (n_patients,)
            Their true labels, two classes.
        pos_label : int, float, bool or str
            The positive class of every number of this system.
        X_train : DataFrame or array of shape (n_train, n_columns), default=None
            The patients it was trained on, whom it scores too.
        y_train : array-like of shape (n_train,), default=None
            Their true labels.
        others : dict of str to classifier, default=None
            Further fitted classifiers for the same patients, to compare with.
        attribution : bool or dict, default=False
            Whether to explain a few test patients of each class with
            `sknac.inspection.grad_cam`; a dict holds its settings.

        Returns
        -------
        StudyReport
            This object.

        Raises
        ------
        ValueError
            As `add_predictions`; and if one of `X_train` and `y_train` is missing, the
            rows of `X` and `y` have different names or another order, or one of
            `others` is named like the system; or training and test patients share an
            image, by its pixels (every plane is read for that, once a process).
        TypeError
            If an estimator is no classifier.
        NotFittedError
            If an estimator is not fitted.
        """
        if (X_train is None) != (y_train is None):
            raise ValueError(f"{name}: X_train and y_train must come together")
        if name in (others or {}):
            raise ValueError(f"two models are named {name!r}; name one in others else")
        models = {name: estimator} | dict(others or {})
        y, y_train = with_rows(name, y, X), with_rows(name, y_train, X_train)
        test, quality = judge_all(models, X, pos_label), {}
        quality["test"] = map_quality(models)
        train = None if X_train is None else judge_all(models, X_train, pos_label)
        if train is not None:
            quality["training"] = map_quality(models)
        system = new_system(self._systems, name, y, test, y_train, train, pos_label)
        check_images_apart(name, X, X_train)
        system.resubstituted = True
        for cohort, tables in quality.items():
            for model, table in tables.items():
                system.quality.setdefault(model, {})[cohort] = table
        system.probabilities = tuple(test.probabilities)
        tables = {"test": ("X", X), "training": ("X_train", X_train)}
        for cohort, sample in system.cohorts():
            if isinstance(tables[cohort][1], pd.DataFrame):
                system.tables[cohort] = aligned_table(*tables[cohort], sample.y)
        if test.stages is not None:
            stop = getattr(estimator.stop_label_, "item", lambda: estimator.stop_label_)
            system.cascade = (test.stages, stop())
        for model, fitted in models.items():
            learn(system, model, fitted)
        if attribution is not False:
            given = {} if attribution is True else dict(attribution)
            explain(system, estimator, system.tables.get("test", X), given)
        self._take(system)
        return self

    def to_dict(self) -> dict[str, Any]:
        """Compute every number of the report.

        Returns
        -------
        dict
            What `save` writes as ``report.json``: plain values; None for NaN.

        Raises
        ------
        ValueError
            If no system was added.
        """
        return self._build().numbers()

    def to_html(self) -> str:
        """Write the report as one HTML text.

        Returns
        -------
        str
            What `save` writes as ``report.html``.

        Raises
        ------
        ValueError
            If no system was added.
        """
        return self._build().html()

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the report into a folder.

        Parameters
        ----------
        folder : str or Path
            Made where it does not exist. ``report.html``, ``report.json`` and
            ``figures/`` are written in it; other files there are left alone.
        overwrite : bool, default=False
            Whether an earlier report there is replaced. What is no report never is.

        Returns
        -------
        Path
            The HTML file.

        Raises
        ------
        FileExistsError
            If there is a report already and `overwrite` is False, or files of these
            names that are no report's.
        ValueError
            If no system was added.
        """
        return write(self._build, Path(folder), overwrite=overwrite)

    def _build(self) -> Report:
        """Compute all sections, once for all that is asked until more is added."""
        if not self._systems:
            raise ValueError("there is no system yet; call add_estimator first")
        if self._built is None:
            systems = list(self._systems.values())
            self._built = build(self._about, systems, self._options)
        return self._built

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_built": None}
