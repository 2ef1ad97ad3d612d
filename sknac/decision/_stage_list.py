"""Named stages of a cascade: their parameters, metadata, tags and diagram."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Self

from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping

from sknac.utils._sklearn import _VisualBlock


def stages_have(*names):
    """Build the check that every stage has one of the methods."""

    def check(self):
        for _, estimator, _ in getattr(self, "stages_", self.stages):
            if not any(hasattr(estimator, name) for name in names):
                raise AttributeError(
                    f"{type(estimator).__name__} has no {' or '.join(names)}; take a "
                    "classifier that has"
                )
        return True

    return check


class StageList:
    """Mixin of a composition whose `stages` are (name, estimator, columns)."""

    @property
    def _stages(self):
        """Stages as (name, estimator) pairs, the form nested parameters need."""
        try:
            return [(name, estimator) for name, estimator, _ in self.stages]
        except (TypeError, ValueError):
            return self.stages

    @_stages.setter
    def _stages(self, pairs):
        self.stages = [
            (name, estimator, columns)
            for (name, estimator), (_, _, columns) in zip(
                pairs, self.stages, strict=True
            )
        ]

    def get_params(self, deep: bool = True) -> Any:
        """Return the parameters, those of the stages by ``name__param``.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the stages' own parameters.

        Returns
        -------
        params : dict
            Values by parameter name.
        """
        return self._get_params("_stages", deep=deep)

    def set_params(self, **params: Any) -> Self:
        """Set parameters; ``name`` replaces a stage, ``name__param`` reaches into it.

        Parameters
        ----------
        **params : dict
            Values by parameter name.

        Returns
        -------
        self : StagedClassifier
            This object.
        """
        self._set_params("_stages", **params)
        return self

    def get_metadata_routing(self) -> Any:
        """Return which stage gets which metadata of `fit`.

        Returns
        -------
        routing : MetadataRouter
            Every stage takes part in `fit`.
        """
        router = MetadataRouter(owner=self)
        for name, estimator in self._stages:
            to_fit = MethodMapping().add(caller="fit", callee="fit")
            router.add(method_mapping=to_fit, **{name: estimator})
        return router

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        try:
            inner = [get_tags(estimator) for _, estimator in self._stages]
        except (AttributeError, TypeError, ValueError):
            return tags  # `fit` says what is wrong with the stages
        inputs = [tag.input_tags for tag in inner]
        tags.input_tags.sparse = all(tag.sparse for tag in inputs)
        tags.input_tags.allow_nan = all(tag.allow_nan for tag in inputs)
        tags.input_tags.two_d_array = all(tag.two_d_array for tag in inputs)
        tags.non_deterministic = any(tag.non_deterministic for tag in inner)
        return tags

    def _sk_visual_block_(self):
        names = []
        for name, _, columns in self.stages:
            listed = isinstance(columns, list)
            columns = ", ".join(map(str, columns)) if listed else columns
            names.append(f"{name}: {columns}")
        stages = getattr(self, "stages_", self.stages)
        return _VisualBlock(
            "serial",
            [stage for _, stage, _ in stages],
            names=names,
            name_details=names,
            dash_wrapped=False,
        )

    def _check_stages(self):
        """Raise unless `stages` is a list of named classifiers with columns."""
        if not self.stages or any(
            not isinstance(stage, tuple | list) or len(stage) != 3
            for stage in self.stages
        ):
            raise ValueError(
                "stages must be a list of at least one (name, estimator, columns)"
            )
        names, estimators, _ = zip(*self.stages, strict=True)
        self._validate_names(names)
        self._check_estimators_are_instances(estimators)
        for name, estimator in zip(names, estimators, strict=True):
            if not (hasattr(estimator, "fit") and hasattr(estimator, "predict")):
                raise TypeError(
                    f"stage {name!r} must be a classifier with fit and predict, got "
                    f"{estimator!r}"
                )
