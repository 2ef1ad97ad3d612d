"""DLRP: response in stages from B-mode images before and during treatment."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from sknac.decision import StagedClassifier, WeightedYoudenThreshold
from sknac.nets import DLRClassifier
from sknac.preprocessing import MapScaler, PlaneResizer
from sknac.roi import ROICropper
from sknac.systems._presets import pick_preset
from sknac.utils._sklearn import InstanceWith

_PRESETS = {
    "paper": {"resize": {"image_size": 224}, "dlr": {"module": "resnet18"}},
    "tiny": {
        "resize": {"image_size": 32},
        "dlr": {
            "module": "resnet_tiny",
            "lr": 3e-3,
            "batch_size": 16,
            "max_epochs": 20,
        },
    },
}
_COLUMNS = {"dlr2": ("us_pre", "us_post2"), "dlr4": ("us_pre", "us_post4")}
_WEIGHTS = {"dlr2": 0.8, "dlr4": 0.2}


def make_dlr_pipeline(
    *,
    columns: Sequence[str] = ("us_pre", "us_post2"),
    preset: str = "paper",
    random_state: int | None = None,
    n_jobs: int | None = None,
) -> Pipeline:
    """Assemble one dual-input network as a scikit-learn pipeline.

    B-mode images of two visits, or more, are cropped to the tumour and its border,
    resized and scaled; a dual-input network predicts the response.

    Parameters
    ----------
    columns : sequence of str, default=("us_pre", "us_post2")
        The visits in their order, the first before treatment; the published networks
        have two.
    preset : {"paper", "tiny"}, default="paper"
        ``"paper"``: a shared ResNet-18 on 224 x 224 pixels, for a GPU. The
        architecture is in a supplement that we do not have: size and encoder are
        our choice. ``"tiny"``: a small one on 32 x 32 pixels that learns on a CPU
        in seconds.
    random_state : int or None, default=None
        Seed of the network.
    n_jobs : int or None, default=None
        Patients cropped at a time.

    Returns
    -------
    Pipeline
        Steps ``crop``, ``resize``, ``scale`` and ``dlr``.

    Raises
    ------
    ValueError
        If there is no such preset.

    See Also
    --------
    DLRPClassifier : Two of these, each at its operating point, in stages.

    References
    ----------
    .. [1] The DLRP paper, European Radiology (networks DLR-2 and DLR-4).

    Examples
    --------
    >>> from sknac.systems import make_dlr_pipeline
    >>> list(make_dlr_pipeline(preset="tiny").named_steps)
    ['crop', 'resize', 'scale', 'dlr']
    """
    settings = pick_preset(_PRESETS, preset)
    columns = tuple(columns)
    return Pipeline(
        [
            ("crop", ROICropper(columns=columns, n_jobs=n_jobs)),
            ("resize", PlaneResizer(columns=columns, **settings["resize"])),
            ("scale", MapScaler(columns=columns)),
            (
                "dlr",
                DLRClassifier(
                    columns=columns, random_state=random_state, **settings["dlr"]
                ),
            ),
        ]
    )


class DLRPClassifier(StagedClassifier):
    """Stepwise prediction of response after the second and the fourth course.

    A `StagedClassifier` with the published stages: DLR-2 on the images before
    treatment and after two courses, at the threshold that weighs sensitivity 0.8,
    then DLR-4 on those before treatment and after four courses, at 0.2. A patient
    whom a stage predicts not to respond stops there.

    Parameters
    ----------
    dlr2, dlr4 : classifier or None, default=None
        The stages. None is ``WeightedYoudenThreshold(make_dlr_pipeline(...))``
        with the published weight of sensitivity; its nested parameters can be set
        all the same (``dlr2__weight``, ``dlr4__estimator__dlr__lr``).
    columns2, columns4 : sequence of str or None, default=None
        Columns that the stages see; None takes ``us_pre`` and ``us_post2``, or
        ``us_pre`` and ``us_post4``.
    stop_label : object, default="non-response"
        Label that stops a patient.
    fit_on : {"all", "passed"}, default="all"
        Whom the second stage is trained on; the paper trains both on all.
    on_missing : {"raise", "defer"}, default="raise"
        What to do with a patient who goes on to a visit that did not happen.
    stop_at_most, guarantee : float or None, default=None
        Largest share of responders that both stages together may stop, and the
        confidence that it (or `defer`) holds for new ones; None keeps the published
        weights.
    defer : dict, default=None
        Band of scores in which DLR-2 decides nothing and DLR-4 is asked, such as
        ``{"dlr2": {"sensitivity": 0.95, "specificity": 0.95}}``: outside it DLR-2
        decides both ways. See `StagedClassifier`.
    preset : {"paper", "tiny"}, default="paper"
        Size of the default networks.
    random_state : int or None, default=None
        Seed of the default networks.

    Attributes
    ----------
    stages_ : list of (str, classifier, columns)
        The fitted stages.
    classes_ : ndarray of shape (2,)
        Labels.
    n_fit_ : dict of str to int
        Patients that each stage was trained on.

    See Also
    --------
    sknac.decision.StagedClassifier : Any stages, on any columns.
    make_dlr_pipeline : The network of one stage.

    Notes
    -----
    With the default threshold search each stage is fitted six times (five folds
    and once more); ``dlr2__cv`` takes any splitter.

    A nested setting makes its stage a given one: `preset`, `random_state` and columns
    set later do not reach it. Set them first, or in the same call.

    The paper's positive class is response: a `WeightedYoudenThreshold` without a
    `pos_label` takes here the class that is not `stop_label`.

    Stacking, voting, bagging and `cross_val_predict` of probabilities train on 0 and 1
    for the sorted labels: there, set ``stop_label=0``.

    References
    ----------
    .. [1] The DLRP paper, European Radiology (Fig 1).

    Examples
    --------
    >>> from sknac.systems import DLRPClassifier
    >>> model = DLRPClassifier(preset="tiny").set_params(dlr2__weight=0.7)
    >>> model.get_params()["dlr2__weight"], model.get_params()["dlr4__weight"]
    (0.7, 0.2)
    """

    kinds = ("bmode",)
    n_visits = 3
    _parameter_constraints: dict = {
        "dlr2": [InstanceWith(["fit", "predict"]), None],
        "dlr4": [InstanceWith(["fit", "predict"]), None],
        "columns2": ["array-like", None],
        "columns4": ["array-like", None],
        "preset": [str],
        "random_state": ["random_state"],
        **{
            name: StagedClassifier._parameter_constraints[name]
            for name in (
                "stop_label",
                "fit_on",
                "on_missing",
                "stop_at_most",
                "guarantee",
                "defer",
            )
        },
    }
    missing = "auto"

    def __init__(
        self,
        dlr2: Any = None,
        dlr4: Any = None,
        *,
        columns2: Any = None,
        columns4: Any = None,
        stop_label: Any = "non-response",
        fit_on: str = "all",
        on_missing: str = "raise",
        stop_at_most: float | None = None,
        guarantee: float | None = None,
        defer: Any = None,
        preset: str = "paper",
        random_state: Any = None,
    ) -> None:
        self.dlr2 = dlr2
        self.dlr4 = dlr4
        self.columns2 = columns2
        self.columns4 = columns4
        self.stop_label = stop_label
        self.fit_on = fit_on
        self.on_missing = on_missing
        self.stop_at_most = stop_at_most
        self.guarantee = guarantee
        self.defer = defer
        self.preset = preset
        self.random_state = random_state

    @property
    def stages(self) -> list:
        """Name, classifier and columns of both stages, defaults filled in."""
        given = {"dlr2": self.columns2, "dlr4": self.columns4}
        columns = {
            name: _COLUMNS[name] if chosen is None else chosen
            for name, chosen in given.items()
        }
        return [
            (name, self._stage(name, chosen), list(chosen))
            for name, chosen in columns.items()
        ]

    def get_params(self, deep: bool = True) -> dict:
        """Return the parameters, those of the default stages too.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the stages' own parameters.

        Returns
        -------
        params : dict
            Values by parameter name.
        """
        params = BaseEstimator.get_params(self, deep=deep)
        if deep:
            for name, stage, _ in self.stages:
                inner = stage.get_params(deep=True)
                params.update({f"{name}__{key}": inner[key] for key in inner})
        return params

    def set_params(self, **params: Any) -> Any:
        """Set parameters; ``dlr2__...`` reaches into a default stage too.

        Parameters
        ----------
        **params : dict
            Values by parameter name.

        Returns
        -------
        self : DLRPClassifier
            This object.
        """
        plain = {key: params[key] for key in params if "__" not in key}
        BaseEstimator.set_params(self, **plain)
        nested = {key: params[key] for key in params if "__" in key}
        for name, stage, _ in self.stages if nested else ():
            if any(key.startswith(f"{name}__") for key in nested):
                setattr(self, name, stage)
        return BaseEstimator.set_params(self, **nested)

    def _validate_names(self, names):
        """Accept the stages' names: they are parameters here by design."""

    def _new_stage(self, estimator):
        """Return an unfitted copy of a stage; going on is positive if nothing else is.

        The published weights are of the sensitivity to response.
        """
        stage = super()._new_stage(estimator)
        if isinstance(stage, WeightedYoudenThreshold) and stage.pos_label is None:
            stage.pos_label = self.classes_.tolist()[1 - self._stop_index]
        return stage

    def _stage(self, name, columns):
        """Return a stage as given, or the published one."""
        if getattr(self, name) is not None:
            return getattr(self, name)
        pipeline = make_dlr_pipeline(
            columns=columns, preset=self.preset, random_state=self.random_state
        )
        return WeightedYoudenThreshold(pipeline, weight=_WEIGHTS[name])
