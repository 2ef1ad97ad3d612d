"""`StudyReport`: gathers what a study found and writes it down."""

# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from sknac.report._build import Report, build
from sknac.report._card import About
from sknac.report._files import write
from sknac.report._parts import Options
from sknac.report._system import System
from sknac.report._systems import Systems


class StudyReport(Systems):
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
    labels : dict of str or (str, object) to str, default=None
        How columns, and levels of columns, shall be read: ``{"er": "Oestrogen
        receptor", ("er", 1): "positive"}``. Names of columns that there are not are
        passed over, so that one dictionary serves several reports.

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
        labels: Mapping[Any, str] | None = None,
    ) -> None:
        self._about = About(title, data, intended_use, limits, seeds, date)
        self._options = Options(
            synthetic,
            show_ids,
            confidence_level,
            n_resamples,
            random_state,
            {} if labels is None else labels,
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
