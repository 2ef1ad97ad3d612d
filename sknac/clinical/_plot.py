"""Drawing of the patients' way into a study."""

# SPDX-License-Identifier: BSD-3-Clause

import textwrap
from typing import Any, Self

from sknac.clinical._patient_flow import PatientFlow
from sknac.utils._style import DARK, open_axes

# Centres of the trunk's boxes and the left edge of the box of exclusions, as shares
# of the width; distances downwards in lines of text.
_TRUNK, _ASIDE = 0.25, 0.50
_WRAP, _GAP = 38, 2.2


class PatientFlowDisplay:
    """Boxes of patient counts: enrolled, excluded, cohorts and their classes.

    Make it with `from_counts` or `from_labels`.

    Parameters
    ----------
    flow : PatientFlow
        The counts.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn, after `plot`.
    figure_ : matplotlib Figure
        Its figure.
    boxes_ : list of Text
        The boxes: enrolled, excluded (if any), analysed, then each cohort and its
        classes.
    arrows_ : list of Annotation
        The arrows between them.

    See Also
    --------
    PatientFlow : The numbers.
    sknac.decision.StageFlowDisplay : The patients' way through a cascade.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sknac.clinical import PatientFlowDisplay
    >>> display = PatientFlowDisplay.from_labels(
    ...     {"training": ["a", "a", "b"], "test": ["b"]}, excluded={"no image": 2}
    ... )
    >>> display.boxes_[1].get_text()
    'Excluded (n = 2)\\nno image: 2'
    """

    def __init__(self, *, flow: Any) -> None:
        self.flow = flow

    @classmethod
    def from_counts(
        cls,
        cohorts: Any,
        *,
        excluded: Any = None,
        enrolled: int | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Draw given counts.

        Parameters
        ----------
        cohorts : dict of str to dict of object to int
            Patients by cohort and class.
        excluded : dict of str to int, default=None
            Patients left out, by reason.
        enrolled : int, default=None
            Patients at the start; None is the sum of all others.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : PatientFlowDisplay
            The drawn display.
        """
        flow = PatientFlow(cohorts, excluded=excluded or {}, enrolled=enrolled)
        return cls(flow=flow).plot(ax=ax, **kwargs)

    @classmethod
    def from_labels(
        cls,
        labels: Any,
        *,
        excluded: Any = None,
        enrolled: int | None = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Count the labels of each cohort and draw them.

        Parameters
        ----------
        labels : dict of str to array-like of shape (n_patients,)
            True labels by cohort, one per patient.
        excluded : dict of str to int, default=None
            Patients left out, by reason.
        enrolled : int, default=None
            Patients at the start; None is the sum of all others.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : PatientFlowDisplay
            The drawn display.
        """
        flow = PatientFlow.from_labels(labels, excluded=excluded, enrolled=enrolled)
        return cls(flow=flow).plot(ax=ax, **kwargs)

    def plot(
        self,
        ax: Any = None,
        *,
        start: str = "enrolled",
        box_kwargs: Any = None,
        text_kwargs: Any = None,
        arrow_kwargs: Any = None,
    ) -> Self:
        """Draw the boxes from top to bottom.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure as large as the boxes need.
        start : {"enrolled", "analysed"}, default="enrolled"
            The first box; "analysed" where nobody counted the patients before.
        box_kwargs : dict, default=None
            Passed to the boxes, as in the `bbox` of `Axes.text`.
        text_kwargs : dict, default=None
            Passed to `Axes.text`.
        arrow_kwargs : dict, default=None
            Passed to the arrows, as in the `arrowprops` of `Axes.annotate`.

        Returns
        -------
        display : PatientFlowDisplay
            This display.
        """
        heights = self._heights()
        n_classes = sum(len(counts) for counts in self.flow.cohorts.values())
        top = heights[start] - heights["enrolled"]
        size = (max(7.0, 1.35 * n_classes), 0.2 * (heights["end"] - top))
        ax = open_axes(self, ax, figsize=size)
        self.boxes_, self.arrows_ = [], []
        ax.set(xlim=(0, 1), ylim=(heights["end"], top))
        ax.axis("off")
        box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": DARK}
        text = {"ha": "center", "va": "center", "fontsize": "medium"}
        text["parse_math"] = False  # a reason may hold a dollar sign
        text |= {"bbox": box | (box_kwargs or {})} | (text_kwargs or {})
        arrow = {"arrowstyle": "-|>", "color": DARK, "shrinkA": 0, "shrinkB": 1}
        arrow |= arrow_kwargs or {}
        if start == "enrolled":
            self._draw_start(ax, heights, text, arrow)
        self._draw_analysed(ax, heights, text, arrow)
        self._draw_cohorts(ax, heights, text, arrow)
        return self

    def _heights(self):
        """Return where the boxes stand, in lines of text from the top."""
        lines = len(self._excluded_lines())
        room = lines + 2.2 if lines else 0.0
        heights = {"enrolled": 1.4, "excluded": 1.4 + _GAP + room / 2}
        heights["analysed"] = 1.4 + 2 * _GAP + room
        heights["cohort"] = heights["analysed"] + 2 * _GAP + 0.8
        heights["class"] = heights["cohort"] + 2 * _GAP + 1.0
        return heights | {"end": heights["class"] + 2.0}

    def _excluded_lines(self):
        """Return the text of the box of exclusions; none without exclusions."""
        if not self.flow.excluded:
            return []
        total = sum(self.flow.excluded.values())
        lines = [f"Excluded (n = {total})"]
        for reason, n in self.flow.excluded.items():
            lines += textwrap.wrap(f"{reason}: {n}", _WRAP, subsequent_indent="   ")
        return lines

    def _draw_start(self, ax, heights, text, arrow):
        """Draw enrolled and excluded."""
        at, words = self._trunk(), f"Enrolled (n = {self.flow.enrolled})"
        self.boxes_.append(ax.text(at, heights["enrolled"], words, **text))
        if self.flow.excluded:
            words = "\n".join(self._excluded_lines())
            look = text | {"ha": "left", "multialignment": "left"}
            aside = ax.text(_ASIDE, heights["excluded"], words, **look)
            self.boxes_.append(aside)
            start = (at, heights["excluded"])
            end = (_ASIDE, heights["excluded"])
            self._connect(ax, start, end, None, aside, arrow)

    def _draw_analysed(self, ax, heights, text, arrow):
        """Draw those analysed, below those enrolled where these are drawn."""
        at, words = self._trunk(), f"Analysed (n = {self.flow.analysed})"
        self.boxes_.append(ax.text(at, heights["analysed"], words, **text))
        if len(self.boxes_) > 1:
            first, *_, last = self.boxes_
            start, end = (at, heights["enrolled"]), (at, heights["analysed"])
            self._connect(ax, start, end, first, last, arrow)

    def _trunk(self):
        """Return where the first boxes stand: aside, if there are exclusions."""
        return _TRUNK if self.flow.excluded else 0.5

    def _draw_cohorts(self, ax, heights, text, arrow):
        """Draw each cohort with its classes below it, in columns of equal width."""
        trunk = self.boxes_[-1]
        widths = [max(1, len(counts)) for counts in self.flow.cohorts.values()]
        done, total = 0, sum(widths)
        for (name, counts), width in zip(
            self.flow.cohorts.items(), widths, strict=True
        ):
            place = ((done + width / 2) / total, heights["cohort"])
            label = f"{name}\n(n = {sum(counts.values())})"
            cohort = ax.text(*place, label, **text)
            self.boxes_.append(cohort)
            self._connect(ax, trunk.get_position(), place, trunk, cohort, arrow)
            for number, (label, n) in enumerate(counts.items()):
                below = ((done + number + 0.5) / total, heights["class"])
                drawn = ax.text(*below, f"{label}\n(n = {n})", **text)
                self.boxes_.append(drawn)
                self._connect(ax, place, below, cohort, drawn, arrow)
            done += width

    def _connect(self, ax, start, end, first, last, arrow):
        """Draw an arrow from one box to the next; it ends at their edges."""
        patches = {"patchB": last.get_bbox_patch()}
        if first is not None:
            patches["patchA"] = first.get_bbox_patch()
        style = {
            "xycoords": "data",
            "textcoords": "data",
            "arrowprops": arrow | patches,
        }
        drawn = ax.annotate("", xy=end, xytext=start, **style)
        # The boxes lie on top, whatever an arrow crosses on its way.
        drawn.set_zorder(min(box.get_zorder() for box in self.boxes_) - 1)
        self.arrows_.append(drawn)
