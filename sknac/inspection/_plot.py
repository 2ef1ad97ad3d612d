"""`SaliencyDisplay`: a heat map over the image that it explains."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from sknac.cohort import Plane
from sknac.cohort.planes import has_study
from sknac.inspection._grad_cam import grad_cam
from sknac.qus import bmode_from_rf
from sknac.utils._map_display import MapDisplay, map_of


class SaliencyDisplay(MapDisplay):
    """A heat map over the image that it explains, with the core outlined.

    Opacity grows with the value, so that the image shows where there is little; lines
    at shares of the highest value say the same without colour.

    Parameters
    ----------
    values : ndarray of shape (height, width)
        The heat map; NaN is left transparent.
    grid : Grid
        Where its values lie.
    label : str
        What they are, for the colour bar.
    image : ndarray of shape (image_height, image_width) or None, default=None
        The image, drawn in greys; NaN is left blank.
    image_grid : Grid or None, default=None
        Where its pixels lie; None takes `grid`.
    core : PolygonOutline, MaskOutline or None, default=None
        Outline of the tumour core.
    title : str or None, default=None
        Title of the picture.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the picture.
    figure_ : matplotlib Figure
        Its figure.
    background_ : matplotlib AxesImage or None
        The image.
    image_ : matplotlib AxesImage
        The heat map.
    contour_ : matplotlib ContourSet or None
        Lines at shares of the highest value; None where no value is above 0.
    colorbar_ : matplotlib Colorbar or None
        The colour bar.
    core_ : matplotlib artist or None
        The outline.

    See Also
    --------
    SaliencyDisplay.from_plane : Build it from planes of a cohort.
    SaliencyDisplay.from_estimator : Explain one image of a patient.
    grad_cam : Makes heat maps.
    prediction_difference : Makes maps of each channel's weight.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.cohort import Grid
    >>> from sknac.inspection import SaliencyDisplay
    >>> grid = Grid((20, 30), step=(0.1, 0.2))
    >>> heat = np.outer(np.hanning(20), np.hanning(30))
    >>> display = SaliencyDisplay(values=heat, grid=grid, label="Grad-CAM")
    >>> display.plot().ax_.get_ylabel()
    'depth (mm)'
    """

    @classmethod
    def from_plane(
        cls,
        plane: Plane,
        channel: str | None = None,
        *,
        background: Plane | None = None,
        background_channel: str | None = None,
        label: str | None = None,
        title: str | None = None,
        dynamic_range_db: float = 60.0,
        ax: Any = None,
        **plot_params: Any,
    ) -> "SaliencyDisplay":
        """Draw a heat map of a plane.

        Parameters
        ----------
        plane : Plane
            Heat maps, as `grad_cam` and `prediction_difference` make them.
        channel : str or None, default=None
            Which of its maps; None takes the only one.
        background : Plane or None, default=None
            The plane that is explained: B-mode, RF (its B-mode is computed) or maps.
            Its core is outlined where the heat map has none.
        background_channel : str or None, default=None
            Which map of the background; None takes the channel's own.
        label : str or None, default=None
            For the colour bar; None names the method and the channel.
        title : str or None, default=None
            Title of the picture.
        dynamic_range_db : float, default=60.0
            Range of a B-mode computed from RF.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.
        **plot_params : dict
            Passed to `plot`.

        Returns
        -------
        SaliencyDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If a plane holds no such map, or one grid is in mm and the other in pixels.
        """
        values, channel = map_of(plane, channel)
        core = plane.core
        if background is not None:
            core = core or background.core
            if background.grid.unit != plane.grid.unit:
                raise ValueError(
                    f"the heat map is in {plane.grid.unit}, the background in "
                    f"{background.grid.unit}; take the plane that was explained"
                )
        return cls(
            values=values,
            grid=plane.grid,
            label=_name_of(channel) if label is None else label,
            image=_grey(background, background_channel, channel, dynamic_range_db),
            image_grid=None if background is None else background.grid,
            core=core,
            title=title,
        ).plot(ax, **plot_params)

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: pd.DataFrame,
        *,
        patient: object = None,
        column: str | None = None,
        plane: int = 0,
        target: object = None,
        layer: object = None,
        ax: Any = None,
        **plot_params: Any,
    ) -> "SaliencyDisplay":
        """Draw the Grad-CAM map of one image of a patient.

        Parameters
        ----------
        estimator : estimator
            Fitted, as `grad_cam` takes it.
        X : DataFrame of shape (n_patients, n_columns)
            Cohort frame.
        patient : object, default=None
            Index of the patient; None takes the first row.
        column : str or None, default=None
            The visit; None takes the first that the network reads and the patient has.
        plane : int, default=0
            Position of the plane in the visit.
        target : label or None, default=None
            Class whose evidence is drawn; None takes the most probable one.
        layer : str, Module, sequence of them, or None, default=None
            As in `grad_cam`.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.
        **plot_params : dict
            Passed to `plot`.

        Returns
        -------
        SaliencyDisplay
            The display, drawn; its title names visit and class.

        Raises
        ------
        ValueError
            If there is no such patient, or no such visit or plane of hers, and as
            `grad_cam` raises.
        """
        patient = X.index[0] if patient is None else patient
        if patient not in X.index:
            raise ValueError(f"patient must be in the index of X, got {patient!r}")
        row = X.loc[[patient]]
        if target is None:
            target = estimator.classes_[estimator.predict_proba(row)[0].argmax()]
        maps = grad_cam(estimator, row, target=target, layer=layer)
        there = [name for name in maps if has_study(maps[name].iloc[0])]
        column = there[0] if column is None else column
        if column not in there:
            raise ValueError(f"column must be one of {there}, got {column!r}")
        planes = maps[column].iloc[0].planes
        if not 0 <= plane < len(planes):
            raise ValueError(
                f"plane must be one of the visit's {len(planes)}, got {plane}"
            )
        return cls.from_plane(
            planes[plane],
            background=row[column].iloc[0].planes[plane],
            title=f"{column.removeprefix('us_')}: evidence for {target}",
            ax=ax,
            **plot_params,
        )

    def plot(
        self,
        ax: Any = None,
        *,
        alpha: float = 0.75,
        levels: tuple[float, ...] = (0.5, 0.8),
        zoom: bool = False,
        colorbar: bool = True,
        map_kwargs: dict | None = None,
        image_kwargs: dict | None = None,
        contour_kwargs: dict | None = None,
        core_kwargs: dict | None = None,
    ) -> "SaliencyDisplay":
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.
        alpha : float, default=0.75
            Opacity of the highest value, in [0, 1]; that of others is in proportion.
            Without an image the map is opaque.
        levels : tuple of float, default=(0.5, 0.8)
            Shares of the upper limit at which lines are drawn; () draws none.
        zoom : bool, default=False
            Whether to show only the part in which the map has values.
        colorbar : bool, default=True
            Whether to draw the colour bar.
        map_kwargs, image_kwargs : dict or None, default=None
            Passed to ``imshow``. The map's colours run from 0 to its highest value
            (where it has negative ones, from the opposite of the largest size);
            ``{"vmax": 2.0}`` shares them with other pictures.
        contour_kwargs : dict or None, default=None
            Passed to ``contour``.
        core_kwargs : dict or None, default=None
            Passed to ``plot`` for the outline.

        Returns
        -------
        SaliencyDisplay
            Itself, with the artists.
        """
        look = self._colours(alpha, map_kwargs or {})
        self._draw_images(ax, look, image_kwargs=image_kwargs, colorbar=colorbar)
        if colorbar:
            # Differences of probabilities are small: 2 and x 1e-4, not 0.0002.
            self.colorbar_.formatter.set_powerlimits((-2, 3))
        self.contour_ = self._draw_lines(levels, contour_kwargs or {})
        area = _seen_part(self.values, self.grid) if zoom else self._whole
        self._frame(area, core_kwargs or {})
        return self

    def _colours(self, alpha, map_kwargs):
        """Choose colours and limits; the higher a value, the more opaque."""
        largest = float(np.nanmax(np.abs(self.values), initial=0.0)) or 1.0
        signed = bool((self.values < 0).any())
        look = {
            "cmap": "PuOr_r" if signed else "plasma",
            "vmin": -largest if signed else 0.0,
            "vmax": largest,
        } | map_kwargs
        if self.image is not None and "alpha" not in look:
            share = np.abs(np.nan_to_num(self.values)) / (look["vmax"] or 1.0)
            look["alpha"] = alpha * np.clip(share, 0.0, 1.0)
        return look

    def _draw_lines(self, levels, contour_kwargs):
        """Draw lines at shares of the upper limit; the last is solid."""
        from matplotlib.patheffects import withStroke

        heights = np.multiply(sorted(levels), self.image_.get_clim()[1])
        above = np.nanmax(self.values, initial=-np.inf)
        if not len(heights) or min(self.values.shape) < 2 or above <= heights[0]:
            return None
        look = {"colors": "white", "linewidths": 1.2}
        look["linestyles"] = ["--"] * (len(heights) - 1) + ["-"]
        lines = self.ax_.contour(
            self.grid.lateral,
            self.grid.axial,
            self.values,
            levels=heights,
            **look | contour_kwargs,
        )
        lines.set(path_effects=[withStroke(linewidth=2.4, foreground="black")])
        if self.colorbar_ is not None:
            self.colorbar_.add_lines(lines)
        return lines


def _name_of(channel):
    """What a heat map shows, for the colour bar."""
    if channel == "grad_cam":
        return "Grad-CAM (logit)"
    if channel == "prediction_difference":
        return "prediction difference"
    return f"prediction difference, {channel.removesuffix('_coarse').upper()}"


def _grey(background, background_channel, channel, dynamic_range_db):
    """Load the grey background, of maps the one asked for."""
    if background is None:
        return None
    if background.kind == "rf":
        return bmode_from_rf(background.load(), dynamic_range_db=dynamic_range_db)
    if background.kind == "bmode":
        return background.load()
    same = channel.removesuffix("_coarse")
    if background_channel is None and same in background.channels:
        background_channel = same
    return map_of(background, background_channel, "background_channel")[0]


def _seen_part(values, grid):
    """Grid of the smallest box that holds all values; the whole where none is."""
    rows, columns = (np.flatnonzero(np.isfinite(values).any(axis=k)) for k in (1, 0))
    if not len(rows):
        return grid
    return grid.crop(
        slice(int(rows[0]), int(rows[-1]) + 1),
        slice(int(columns[0]), int(columns[-1]) + 1),
    )
