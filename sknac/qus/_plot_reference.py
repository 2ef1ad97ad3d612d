"""`ReferenceCheckDisplay`: where a phantom's scan deviates, and how deep it reaches."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from sknac.qus._reference import ReferencePhantom
from sknac.qus._reference_check import ReferenceCheck, check_reference
from sknac.utils._map_display import edges_of
from sknac.utils._style import COLOURS, open_axes

_LIMIT_DB = 6.0


class ReferenceCheckDisplay:
    """Deviation of a phantom's blocks from their depth's median, and its usable depth.

    Make it with `from_phantom` or `from_check`.

    Parameters
    ----------
    check : ReferenceCheck
        Result of `check_reference`.
    setting : int, default=0
        Which of its settings.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn, after `plot`.
    figure_ : matplotlib Figure
        Its figure.
    image_ : matplotlib AxesImage
        The deviations.
    colorbar_ : matplotlib Colorbar or None
        Its colour bar.
    depth_lines_ : list of Line2D
        First and last usable depth.
    worst_ : Line2D
        The block that deviates most.

    See Also
    --------
    check_reference : The numbers.

    Examples
    --------
    >>> from sknac.datasets import make_rf_cohort
    >>> from sknac.qus import ReferenceCheckDisplay
    >>> phantom = make_rf_cohort(
    ...     n_patients=2, depth_mm=20, width_mm=16, random_state=0
    ... ).reference
    >>> display = ReferenceCheckDisplay.from_phantom(phantom)
    >>> display.ax_.get_ylabel()
    'depth (mm)'
    """

    def __init__(self, *, check: ReferenceCheck, setting: int = 0) -> None:
        self.check = check
        self.setting = setting

    @classmethod
    def from_phantom(
        cls,
        phantom: ReferencePhantom,
        *,
        setting: int = 0,
        ax: Any = None,
        **settings: Any,
    ) -> "ReferenceCheckDisplay":
        """Check a phantom and draw it.

        Parameters
        ----------
        phantom : ReferencePhantom
            The phantom.
        setting : int, default=0
            Which of its settings.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        **settings
            Parameters of `check_reference`, such as ``band_mhz``.

        Returns
        -------
        ReferenceCheckDisplay
            The drawn display.
        """
        found = check_reference(phantom, **settings)
        return cls.from_check(found, setting=setting, ax=ax)

    @classmethod
    def from_check(
        cls, check: ReferenceCheck, *, setting: int = 0, ax: Any = None, **kwargs: Any
    ) -> "ReferenceCheckDisplay":
        """Draw the result of `check_reference`.

        Parameters
        ----------
        check : ReferenceCheck
            The result.
        setting : int, default=0
            Which of its settings.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        ReferenceCheckDisplay
            The drawn display.
        """
        return cls(check=check, setting=setting).plot(ax, **kwargs)

    def plot(
        self,
        ax: Any = None,
        *,
        colorbar: bool = True,
        image_kwargs: dict | None = None,
        line_kwargs: dict | None = None,
        point_kwargs: dict | None = None,
    ) -> "ReferenceCheckDisplay":
        """Draw the deviations.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        colorbar : bool, default=True
            Whether to draw the colour bar.
        image_kwargs : dict or None, default=None
            Passed to ``imshow``.
        line_kwargs : dict or None, default=None
            Passed to ``axhline`` for the usable depths.
        point_kwargs : dict or None, default=None
            Passed to ``plot`` for the worst block.

        Returns
        -------
        ReferenceCheckDisplay
            Itself, with the artists.

        Raises
        ------
        ValueError
            If there is no such setting.
        """
        n = len(self.check.settings)
        if not 0 <= self.setting < n:
            raise ValueError(f"setting must be 0 to {n - 1}, got {self.setting}")
        one = self.check.settings[self.setting]
        ax = open_axes(self, ax)
        look = {"cmap": "RdBu_r", "vmin": -_LIMIT_DB, "vmax": _LIMIT_DB}
        self.image_ = ax.imshow(
            np.ma.masked_invalid(one.deviation_db),
            extent=edges_of(one.grid),
            **({"aspect": "equal"} | look | (image_kwargs or {})),
        )
        self.colorbar_ = None
        if colorbar:
            bar = ax.inset_axes((1.03, 0.0, 0.05, 1.0))
            self.colorbar_ = ax.figure.colorbar(
                self.image_, cax=bar, label="deviation from the depth's median (dB)"
            )
        look = {"color": COLOURS[2], "linestyle": "--"} | (line_kwargs or {})
        self.depth_lines_ = [
            ax.axhline(depth, **(look | {"label": label}))
            for depth, label in zip(
                one.usable_depth_mm, ("usable depth", "_"), strict=True
            )
        ]
        label = f"largest: {one.uniformity_db:.1f} dB"
        look = {"color": "black", "marker": "x", "linestyle": "", "label": label}
        depth, lateral = one.worst_mm
        (self.worst_,) = ax.plot([lateral], [depth], **(look | (point_kwargs or {})))
        ax.set(xlabel="lateral (mm)", ylabel="depth (mm)", title=one.setting)
        ax.legend(fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.15))
        return self
