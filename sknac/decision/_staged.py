"""Decision in stages: who is stopped early, who goes on, what is decided last."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin, clone
from sklearn.utils import Bunch, indexable
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sknac.decision._blocks import as_table
from sknac.decision._defer import check_defer
from sknac.decision._joint import check_bound
from sknac.decision._stage_fit import check_joint, cut_together, fit_stages
from sknac.decision._stage_list import StageList, stages_have
from sknac.decision._trace import Trace
from sknac.utils._frames import as_seen, validate_data
from sknac.utils._labels import check_target, chosen_class
from sknac.utils._routing import routed_fit_params
from sknac.utils._rows import NamedRowsScore, same_rows
from sknac.utils._sklearn import Real, StrOptions, _BaseComposition, _fit_context
from sknac.utils._state import SavedState


class StagedClassifier(
    SavedState, NamedRowsScore, StageList, ClassifierMixin, _BaseComposition
):
    """Binary classifiers in a row, each of which may stop a patient.

    Stage by stage, a patient predicted `stop_label` stops there with that label;
    the others go on, and the prediction of the last stage is final. In the DLRP a
    predicted non-responder stops after two courses; the others are judged again
    after four.

    Parameters
    ----------
    stages : list of (str, estimator, columns) tuples
        Name, binary classifier and columns of each stage, in order. The columns are
        what the classifier gets of `X`: a name, a position, a list of either, a
        boolean mask, a slice or a callable, always handed on in two dimensions;
        ``slice(None)`` is all of them.
    stop_label : int, float, bool or str, default=None
        Class that stops a patient; None is `classes_[0]`, with a warning where labels
        are words: the alphabet stops "Responder" before "non-responder".
    fit_on : {"all", "passed"}, default="all"
        Who trains a stage: all patients with data for it, as in the DLRP paper, or
        only those of them whom the fitted earlier stages let pass.
    on_missing : {"raise", "defer"}, default="raise"
        What to do in prediction with a patient who goes on to a stage without data
        for it: raise, or defer, which keeps the label of going on and gives the
        action "awaiting". Data for the first stage must be there.
    missing : {"auto", "any"}, default="auto"
        When a patient lacks a stage's data: "auto" if a cell that should hold a
        record (a study) is None, or all cells of the stage are missing, so that the
        stage may impute single NaN; "any" if any cell is missing.
    stop_at_most : float, default=None
        Largest share, in (0, 1), of the patients who should go on that all stages
        together may stop. The cuts of the stages, each a `WeightedYoudenThreshold`,
        are then chosen in order, each stage with an even part of the share, so as to
        stop as many others as that allows. None leaves each stage its own cut.
    guarantee : float, default=None
        Confidence in (0, 1) that the share, or all rates of `defer` together, hold for
        new patients.
    defer : dict, default=None
        By name, stages before the last that decide only where they are sure, both
        ways, and hand on the patients in a band of scores between. A value is either
        a dict of rates, ``{"sensitivity": 0.95, "specificity": 0.95}`` (or one of
        them), which the stage, a `WeightedYoudenThreshold`, keeps on the scores that
        chose its cut: of its positive class so many are not called negative, of the
        other not called positive. Or it is a pair of scores ``(low, high)`` for the
        stage's `pos_label_`, one of which may be None: those from low on and below
        high go on. The last stage decides on all who reach it.

    Attributes
    ----------
    stages_ : list of (str, estimator, ndarray) tuples
        Name, fitted classifier and column positions of each stage.
    named_stages_ : Bunch
        The fitted classifiers by name.
    classes_ : ndarray of shape (2,)
        Class labels, as given.
    stop_label_ : object
        The class that stops a patient.
    n_fit_ : dict of str to int
        Number of patients that each stage was trained on.
    stop_bound_ : StopBound or None
        Whom each stage stops wrongly, where `stop_at_most` is set.
    bands_ : dict of str to DeferBand
        The band of each stage named in `defer`, with its rates of the fit and nested.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Column names, where X has names that are strings.

    Raises
    ------
    ValueError
        From `fit`: if names clash, a column is missing, y has not exactly two
        classes, `stop_label` is none of them, or a stage is left without patients
        of both classes; if no cuts keep `stop_at_most` or the rates of `defer`, with
        the number of patients that it takes. From the predictions: if a patient has no
        data for a stage that has to judge them and `on_missing="raise"`.

    See Also
    --------
    WeightedYoudenThreshold : Puts a stage at its operating point.
    ScoreColumn : A stage from scores computed elsewhere.
    stage_flow : Counts by stage, action and true class.

    Notes
    -----
    Prediction reads a stage's columns only for the patients still in, so that a
    stopped patient's later visits may be None.

    Without `defer` a cascade finds at least the patients of the stop class that either
    stage finds alone, and keeps at most those of the other class that either keeps
    alone: what it gains is time. `stage_flow` shows each stage alone beside it.

    The rates of a band are of its stage alone, over all patients with data for it; of
    those who reach it in the cascade no more are decided wrongly there. With a
    guarantee each end of each band gets an even part of 1 - guarantee and is the exact
    tolerance bound of one cut (Clopper and Pearson; .9 at both ends of one band takes
    59 patients of a class for .95, 29 for .90). The last stage's errors are bounded by
    nothing. Bands cut with a guarantee are exact or not as told below.

    With `stop_at_most` and a guarantee, the share cut off by all stages has the law of
    one order statistic, so that the bound is exact for the scores that chose the cuts
    (5 % at 0.9 takes 77 patients who should go on with two stages, 45 with one). As in
    `WeightedYoudenThreshold`, that is proven for classifiers that came fitted on others
    (a `FrozenEstimator` with ``cv="prefit"``) or learn nothing (`ScoreColumn`), and
    not for out-of-fold scores of classifiers that are fitted again. A patient without
    data for a stage counts as not stopped by it.

    References
    ----------
    M. Greiner, D. Sohr and P. Goebel, A modified ROC analysis for the selection of
    cut-off values and the definition of intermediate results of serodiagnostic tests,
    Journal of Immunological Methods 185:123-132, 1995 (bands by two rates).

    J. W. Tukey, Non-parametric estimation II. Statistically equivalent blocks and
    tolerance regions, Annals of Mathematical Statistics 18:529-539, 1947.

    The DLRP paper, European Radiology (stepwise pipeline, Fig. 1 and 4).

    Examples
    --------
    >>> import pandas as pd
    >>> from sknac.decision import ScoreColumn, StagedClassifier
    >>> X = pd.DataFrame({"s2": [0.1, 0.7, 0.8], "s4": [None, 0.2, 0.9]}, dtype=float)
    >>> y = ["non-response", "non-response", "response"]
    >>> cascade = StagedClassifier(
    ...     [
    ...         ("dlr2", ScoreColumn("s2", pos_label="response"), ["s2"]),
    ...         ("dlr4", ScoreColumn("s4", pos_label="response"), ["s4"]),
    ...     ],
    ...     stop_label="non-response",
    ... ).fit(X, y)
    >>> cascade.predict(X).tolist()
    ['non-response', 'non-response', 'response']
    >>> cascade.trace(X)[["stage", "action"]]
      stage    action
    0  dlr2      stop
    1  dlr4      stop
    2  dlr4  continue

    The first stage may decide both ways and hand on whom it is unsure of:

    >>> banded = cascade.set_params(defer={"dlr2": (0.3, 0.75)}).fit(X, y)
    >>> banded.trace(X)[["stage", "action"]]
      stage action
    0  dlr2   stop
    1  dlr4   stop
    2  dlr2   keep
    """

    _parameter_constraints: dict = {
        "stages": [list],
        "stop_label": [Real, str, "boolean", None],
        "fit_on": [StrOptions({"all", "passed"})],
        "on_missing": [StrOptions({"raise", "defer"})],
        "missing": [StrOptions({"auto", "any"})],
        "stop_at_most": "no_validation",
        "guarantee": "no_validation",
        "defer": "no_validation",
    }

    def __init__(
        self,
        stages: Any,
        *,
        stop_label: Any = None,
        fit_on: str = "all",
        on_missing: str = "raise",
        missing: str = "auto",
        stop_at_most: float | None = None,
        guarantee: float | None = None,
        defer: Any = None,
    ) -> None:
        self.stages = stages
        self.stop_label = stop_label
        self.fit_on = fit_on
        self.on_missing = on_missing
        self.missing = missing
        self.stop_at_most = stop_at_most
        self.guarantee = guarantee
        self.defer = defer

    # The stages check their own parameters.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Fit every stage.

        Parameters
        ----------
        X : DataFrame, array-like or sparse matrix of shape (n_patients, n_columns)
            Cohort frame, scores or features.
        y : array-like of shape (n_patients,)
            Labels, two classes.
        **params : dict
            Metadata for the stages (`sample_weight`, `groups`), by request.

        Returns
        -------
        self : StagedClassifier
            The fitted object.
        """
        self._check_stages()
        bands = check_defer(self)
        check_bound(self.stop_at_most, None if bands else self.guarantee)
        routed = routed_fit_params(self, params)
        same_rows(X=X, y=y, **params)
        X, y = indexable(as_table(X), y)
        self.classes_, codes = check_target(y)
        y = self.classes_[codes]
        validate_data(self, X, skip_check_array=True)
        self._stop_index = chosen_class(
            self.classes_.tolist(), self.stop_label, name="stop_label", default=0
        )
        self.stop_label_ = self.classes_[self._stop_index]
        check_joint(self)
        rows_of = fit_stages(self, X, y, routed, bands)
        self.stop_bound_ = None
        if self.stop_at_most is not None:
            self.stop_bound_ = cut_together(self, rows_of, y)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict the class of each patient.

        Parameters
        ----------
        X : DataFrame, array-like or sparse matrix of shape (n_patients, n_columns)
            As in `fit`; later visits of stopped patients may be missing.

        Returns
        -------
        labels : ndarray of shape (n_patients,)
            The label of the stage that decided.
        """
        return self._answers(X).label

    @available_if(stages_have("predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of the stage that judged each patient last.

        Parameters
        ----------
        X : DataFrame, array-like or sparse matrix of shape (n_patients, n_columns)
            As in `fit`.

        Returns
        -------
        probabilities : ndarray of shape (n_patients, 2)
            Columns in the order of `classes_`.
        """
        return self._answers(X).probabilities

    @available_if(stages_have("predict_proba", "decision_function"))
    def decision_function(self, X: Any) -> np.ndarray:
        """Return one finite value per patient that orders the whole cascade.

        Each stage has an interval of width 1. With K stages, a patient stopped at stage
        k = 0, 1, ... lies in (k - K, k - K + 1), one who passed k last in (k, k + 1),
        and one kept by its band above both, in (2K - 2 - k, 2K - 1 - k); within an
        interval the stage's own scores set the order.

        Parameters
        ----------
        X : DataFrame, array-like or sparse matrix of shape (n_patients, n_columns)
            As in `fit`.

        Returns
        -------
        values : ndarray of shape (n_patients,)
            Above 0 where `predict` gives `classes_[1]`, below 0 elsewhere.
        """
        return self._answers(X).margin

    @property
    def named_stages_(self) -> Any:
        """The fitted stages by name."""
        return Bunch(**{name: stage for name, stage, _ in self.stages_})

    def trace(self, X: Any) -> Any:
        """Tell the way of each patient, from one pass through each stage.

        Parameters
        ----------
        X : DataFrame, array-like or sparse matrix of shape (n_patients, n_columns)
            As in `fit`; later visits of stopped patients may be missing.

        Returns
        -------
        ways : DataFrame of shape (n_patients, 4)
            `stage`: name of the stage that judged last. `label`: as in `predict`.
            `score`: as in `decision_function`, NaN where a stage has no scores.
            `action`: "stop" (a stage gave `stop_label_`), "keep" (a stage with a band
            was sure of the other class), "continue" (all stages passed) or "awaiting"
            (passed so far; no data yet for the next stage).
            The rows have the index of X.
        """
        return self._answers(X).to_frame()

    def predict_each(self, X: Any) -> Any:
        """Predict with each stage alone, for all patients with data for it.

        Parameters
        ----------
        X : DataFrame, array-like or sparse matrix of shape (n_patients, n_columns)
            As in `fit`.

        Returns
        -------
        labels : DataFrame of shape (n_patients, n_stages)
            One column per stage; None where a patient has no data for it. In its band
            a stage says what its own cut says; `attrs` names the stages with a band,
            for `stage_flow`. The rows have the index of X.
        """
        return self._answers(X, each=True, strict=False).alone()

    def deferred_each(self, X: Any) -> Any:
        """Tell whom each stage with a band hands on, of all patients with data for it.

        Parameters
        ----------
        X : DataFrame, array-like or sparse matrix of shape (n_patients, n_columns)
            As in `fit`.

        Returns
        -------
        deferred : DataFrame of bool of shape (n_patients, n_bands)
            One column per stage named in `defer`, as `stage_flow` takes it. The rows
            have the index of X.
        """
        return self._answers(X, each=True, strict=False).deferred()

    def _new_stage(self, estimator):
        """Return an unfitted copy of a stage."""
        return clone(estimator)

    def _answers(self, X, **how):
        """Return what the cascade says of each patient; `how` as in `Trace`."""
        check_is_fitted(self)
        X = as_table(X)
        if hasattr(self, "feature_names_in_"):
            used = [self.feature_names_in_[at] for *_, at in self.stages_]
            X = as_seen(self, X, np.concatenate(used))
        validate_data(self, X, skip_check_array=True, reset=False)
        return Trace(self, indexable(X)[0], **how)
