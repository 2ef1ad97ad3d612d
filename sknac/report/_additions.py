"""What can be added to a system of a study besides its predictions."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any, Self

import pandas as pd
from numpy.typing import ArrayLike
from sklearn.exceptions import UndefinedMetricWarning

from sknac.clinical import PatientFlow
from sknac.decision import stage_flow
from sknac.report._checks import check_text
from sknac.report._draw import saved
from sknac.report._intake import (
    check_cascade,
    check_flow,
    need_decisions,
    subgroup_table,
)
from sknac.report._parts import Drawing, Table
from sknac.report._sample import aligned, aligned_table, by_model
from sknac.report._sample_size import check_sample_size
from sknac.report._system import TRAINING, System
from sknac.survival import kaplan_meier


class Additions:
    """The methods of `StudyReport` that add to a system it holds already."""

    _systems: dict[str, System]

    def add_cascade(
        self, name: str, stage_labels: Any, *, stop_label: Any, deferred: Any = None
    ) -> Self:
        """Add what each stage of a cascade alone decides on the test patients.

        Parameters
        ----------
        name : str
            A system added before.
        stage_labels : DataFrame of shape (n_patients, n_stages) or dict of array-like
            Labels by stage in order; None where a patient has no data for it.
        stop_label : int, float, bool or str
            The class that stops a patient.
        deferred : DataFrame of bool or dict of array-like, default=None
            Whom each stage with a band hands on, as in `stage_flow`.

        Returns
        -------
        StudyReport
            This object.

        Raises
        ------
        ValueError
            If the system is unknown, the rows do not match, the stages decide
            otherwise than the decisions of the system's own name, or of a stage's, or
            `deferred` lacks a stage that has a band.
        """
        system = self._system(name)
        labels = by_model(stage_labels, name, "stage_labels")
        columns = {
            stage: aligned(f"stage_labels[{stage!r}]", values, system.test.y)
            for stage, values in labels.items()
        }
        if stop_label not in system.classes:
            raise ValueError(
                f"stop_label must be one of {system.classes}, got {stop_label!r}"
            )
        given = by_model(deferred, name, "deferred").items()
        handed_on = {
            stage: aligned(f"deferred[{stage!r}]", values, system.test.y)
            for stage, values in given
        }
        handed_on = pd.DataFrame(handed_on, index=system.test.y.index)
        with warnings.catch_warnings():
            # Counted before it is kept, as these labels know which stages have a band;
            # what is undefined is told where the counts are shown.
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            stage_flow(system.test.y, labels, stop_label=stop_label, deferred=handed_on)
        labels = pd.DataFrame(columns)
        check_cascade(system, labels, stop_label, handed_on)
        system.cascade = (labels, stop_label, handed_on)
        return self

    def add_characteristics(
        self, name: str, X: pd.DataFrame, X_train: pd.DataFrame | None = None
    ) -> Self:
        """Add the patients' characteristics, for baseline table and missing data.

        Parameters
        ----------
        name : str
            A system added before; `add_estimator` does this by itself.
        X : DataFrame of shape (n_patients, n_columns)
            Columns of the test patients.
        X_train : DataFrame of shape (n_train, n_columns), default=None
            Columns of the training patients.

        Returns
        -------
        StudyReport
            This object.

        Raises
        ------
        ValueError
            If the system is unknown or the rows do not match.
        """
        system = self._system(name)
        system.tables[system.cohort] = aligned_table("X", X, system.test.y)
        if X_train is not None:
            if system.train is None:
                raise ValueError(
                    f"{name} was added without training patients; leave X_train out"
                )
            table = aligned_table("X_train", X_train, system.train.y)
            system.tables[TRAINING] = table
        return self

    def add_subgroups(self, name: str, by: Any) -> Self:
        """Add the subgroups in which the main model's rates are shown.

        Parameters
        ----------
        name : str
            A system added before.
        by : Series, DataFrame of shape (n_patients, n_factors) or list of str
            Subgroup of each test patient; a column per factor, or names of columns
            of the frame the system was added with.

        Returns
        -------
        StudyReport
            This object.

        Raises
        ------
        ValueError
            If the system or a column is unknown, it has no decisions, rows do not
            match, or a factor has more than 20 levels.
        """
        system = self._system(name)
        table = subgroup_table(system, by)
        need_decisions(system, "to show in subgroups")
        system.subgroups = table
        return self

    def add_survival(
        self, name: str, time: ArrayLike, event: ArrayLike, *, time_label: str = "time"
    ) -> Self:
        """Add the test patients' survival, shown by the main model's decision.

        Parameters
        ----------
        name : str
            A system added before.
        time : array-like of shape (n_patients,)
            Follow-up, any one unit, >= 0.
        event : array-like of shape (n_patients,)
            True or 1 where the event was seen.
        time_label : str, default="time"
            Name of the unit, for axis and tables.

        Returns
        -------
        StudyReport
            This object.

        Raises
        ------
        ValueError
            If the system is unknown, it has no decisions, the rows do not match, or
            the follow-up of a patient with a decision is missing or wrong.
        """
        system = self._system(name)
        need_decisions(system, "to group survival by")
        check_text(time_label, "time_label")
        y = system.test.y
        follow_up = aligned("time", time, y), aligned("event", event, y)
        rows = system.test.decided(system.main)[0].index
        kaplan_meier(*(column.loc[rows] for column in follow_up))
        system.survival = (*follow_up, time_label)
        return self

    def add_sample_size(
        self,
        name: str,
        n_parameters: int,
        *,
        prevalence: float | None = None,
        auc: float | None = None,
        r2: float | None = None,
    ) -> Self:
        """Add how many candidate parameters a model was developed from.

        The patients it was developed on (those of training, or of the
        cross-validation) are then shown beside the least number that
        `sknac.clinical.riley_sample_size` gives. Of a
        logistic regression on plain columns, and of a stepwise one, they are counted
        without this call.

        Parameters
        ----------
        name : str
            A system added before.
        n_parameters : int
            Candidate parameters: all that the model or its selection looked at.
        prevalence : float, default=None
            Share of positives that was expected; None is that of the patients.
        auc, r2 : float, default=None
            Expected area under the ROC curve, or R2 of Cox and Snell, such as those of
            an earlier model, one of them; not this study's own. None of both takes 15 %
            of the largest R2, as Riley and others advise, and says so.

        Returns
        -------
        StudyReport
            This object.

        Raises
        ------
        ValueError
            If the system is unknown, or a number as in `riley_sample_size`.

        References
        ----------
        R. D. Riley et al., Calculating the sample size required for developing a
        clinical prediction model, BMJ 368:m441, 2020.
        """
        system = self._system(name)
        system.sample_size = check_sample_size(n_parameters, prevalence, auc, r2)
        return self

    def add_flow(self, name: str, flow: Any) -> Self:
        """Add the flow of patients: enrolled, left out and why, analysed.

        Parameters
        ----------
        name : str
            A system added before.
        flow : PatientFlow
            The counts, from `sknac.clinical`.

        Returns
        -------
        StudyReport
            This object.

        Raises
        ------
        TypeError
            If it is no `PatientFlow`.
        ValueError
            If the system is unknown, or as many patients are not analysed.
        """
        if not isinstance(flow, PatientFlow):
            raise TypeError(f"flow must be a PatientFlow, got {type(flow).__name__}")
        system = self._system(name)
        check_flow(system, flow)
        system.flow = flow
        return self

    def add_maps(
        self,
        name: str,
        maps: pd.DataFrame,
        *,
        X: Any = None,
        title: str = "Attribution",
    ) -> Self:
        """Add attribution maps of some test patients.

        Parameters
        ----------
        name : str
            A system added before.
        maps : DataFrame of shape (n_shown, n_columns)
            Cohort frame of maps, as `sknac.inspection.grad_cam` and
            `sknac.inspection.prediction_difference` return it; its rows are the
            patients shown.
        X : DataFrame of shape (n_patients, n_columns), default=None
            Cohort frame with the images; None is that of `add_estimator`.
        title : str, default="Attribution"
            Name of the method.

        Returns
        -------
        StudyReport
            This object.

        Raises
        ------
        ValueError
            If the system or a patient is unknown, a patient or the title comes twice,
            or there are no images.
        """
        system = self._system(name)
        check_text(title, "title")
        if title in [known for known, *_ in system.maps]:
            raise ValueError(f"{name} has maps of the title {title!r}; pass another")
        if not maps.index.is_unique:
            raise ValueError("maps has several rows of one patient; keep one of each")
        X = system.tables.get(system.cohort) if X is None else X
        if X is None:
            raise ValueError(f"{name} was added without images; pass X")
        absent = maps.index.difference(system.test.y.index.intersection(X.index))
        if len(absent):
            raise ValueError(
                f"maps must be of patients in X and y, got {len(absent)} others"
            )
        system.maps.append((title, maps, X))
        return self

    def add_table(
        self, name: str, caption: str, table: pd.DataFrame, *, note: str = ""
    ) -> Self:
        """Add a table of your own at the end of a system.

        Parameters
        ----------
        name : str
            A system added before.
        caption : str
            What it shows; positive class and unit are added to it.
        table : DataFrame of shape (n_rows, n_columns)
            Shown as text, the index as the first column. Format numbers beforehand.
        note : str, default=""
            A line below it.

        Returns
        -------
        StudyReport
            This object.

        Raises
        ------
        TypeError
            If the table is no DataFrame or a text is no text.
        ValueError
            If the system is unknown, or the caption is empty or comes twice.
        """
        if not isinstance(table, pd.DataFrame):
            raise TypeError(f"table must be a DataFrame, got {type(table).__name__}")
        check_text(caption, "caption", empty=False)
        check_text(note, "note")
        system = self._system(name)
        if caption in system.further_numbers:
            raise ValueError(f"{name} has a table {caption!r} already; pass another")
        system.further.append(Table(caption, table.astype(str), note))
        system.further_numbers[caption] = table.copy()
        return self

    def add_figure(self, name: str, caption: str, figure: Any, *, alt: str) -> Self:
        """Add a figure of your own at the end of a system.

        Parameters
        ----------
        name : str
            A system added before.
        caption : str
            What it shows.
        figure : matplotlib Figure
            Kept as a picture at once.
        alt : str
            What is to be seen, for readers who cannot see it.

        Returns
        -------
        StudyReport
            This object.

        Raises
        ------
        TypeError
            If it is no figure or a text is no text.
        ValueError
            If the system is unknown, or caption or `alt` is empty.
        """
        check_text(caption, "caption", empty=False)
        check_text(alt, "alt", empty=False)
        if not hasattr(figure, "savefig"):
            raise TypeError(f"figure must be a Figure, got {type(figure).__name__}")
        system = self._system(name)
        number = sum(isinstance(part, Drawing) for part in system.further) + 1
        system.further.append(
            Drawing(f"further-{number}", caption, alt, wide=True, picture=saved(figure))
        )
        return self

    def _take(self, system):
        """Keep a system; what was computed before is out of date."""
        self._systems[system.name], self._built = system, None

    def _system(self, name):
        """Return a system added before, to add to it."""
        if name not in self._systems:
            raise ValueError(
                f"there is no system {name!r}; name one of {list(self._systems)}"
            )
        self._built = None
        return self._systems[name]
