"""`QUSMapDisplay`: parametric maps over B-mode."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from typing import Any

import numpy as np

from sknac.cohort import Grid, MaskOutline, Plane, PolygonOutline
from sknac.qus._background import grey_of
from sknac.qus._checks import pair
from sknac.qus._maps_result import QUSMaps
from sknac.utils._map_display import MapDisplay, draw_outline, edges_of, map_of

_LABELS = {
    "mbf": "mid-band fit (dB)",
    "ss": "spectral slope (dB/MHz)",
    "si": "spectral intercept (dB)",
    "esd": "scatterer diameter (um)",
    "eac": "acoustic concentration (dB re 1 cm⁻³)",
    "snr_db": "signal to noise (dB)",
    "valid": "valid (0 or 1)",
    "nakagami_m": "Nakagami m",
    "nakagami_omega": "Nakagami Ω (dB)",
    "envelope_snr": "envelope SNR",
}
_SIDE_IN = 3.6  # of each of several maps in a figure of its own


class QUSMapDisplay(MapDisplay):
    """Parametric maps over B-mode, with core and region outlined.

    Parameters
    ----------
    values : ndarray of shape (n_axial, n_lateral) or (n_maps, n_axial, n_lateral)
        The map, or several; NaN is left transparent.
    grid : Grid
        Where its values lie, in mm.
    label : str or sequence of str
        Name and unit, for the colour bar; of several maps one each.
    image : ndarray of shape (height, width) or None, default=None
        Grey background; NaN is left blank.
    image_grid : Grid or None, default=None
        Where its pixels lie; None takes `grid`.
    core : PolygonOutline, MaskOutline or None, default=None
        Outline of the tumour core, dotted.
    title : str or None, default=None
        Title of the picture.
    roi : PolygonOutline, MaskOutline or None, default=None
        Outline of the region, dashed.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the picture; of several maps the first's, as all below.
    figure_ : matplotlib Figure
        Its figure.
    background_ : matplotlib AxesImage or None
        The image.
    image_ : matplotlib AxesImage
        The map.
    colorbar_ : matplotlib Colorbar or None
        Its colour bar.
    core_ : matplotlib artist or None
        The core's outline.
    roi_ : matplotlib artist or None
        The region's.
    displays_ : tuple of QUSMapDisplay
        One drawn display per map.

    See Also
    --------
    QUSMapDisplay.from_plane : Build it from planes of a cohort.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.cohort import Grid
    >>> from sknac.qus import QUSMapDisplay
    >>> grid = Grid((20, 30), step=(0.1, 0.2), origin=(1.0, 1.0))
    >>> display = QUSMapDisplay(values=np.zeros((20, 30)), grid=grid, label="mbf (dB)")
    >>> display.plot().ax_.get_xlabel()
    'lateral (mm)'
    """

    def __init__(
        self,
        *,
        values: Any,
        grid: Any,
        label: Any,
        image: Any = None,
        image_grid: Any = None,
        core: Any = None,
        title: str | None = None,
        roi: Any = None,
    ) -> None:
        super().__init__(
            values=values,
            grid=grid,
            label=label,
            image=image,
            image_grid=image_grid,
            core=core,
            title=title,
        )
        self.roi = roi

    @classmethod
    def from_plane(
        cls,
        plane: Plane,
        channel: str | Sequence[str],
        *,
        background: Plane | np.ndarray | None = None,
        background_grid: Grid | None = None,
        dynamic_range_db: float = 60.0,
        ax: Any = None,
        **plot_params: Any,
    ) -> "QUSMapDisplay":
        """Draw maps of a plane.

        Parameters
        ----------
        plane : Plane
            Maps, as `QUSMapper` or `EnvelopeMapper` makes them. Its core is outlined,
            and the region that `sknac.roi.ROIMasker` kept.
        channel : str or sequence of str
            Which map, e.g. ``"mbf"``; several are drawn side by side.
        background : Plane, ndarray or None, default=None
            The RF plane or envelope that the maps come from (its B-mode is computed),
            or a B-mode plane of the same scan, or a grey image. NaN is left blank.
        background_grid : Grid or None, default=None
            Where an image that is an array lies; None takes the maps' grid.
        dynamic_range_db : float, default=60.0
            Range of a B-mode computed from RF.
        ax : matplotlib Axes, sequence of Axes or None, default=None
            Where to draw, one per map; None makes a new figure.
        **plot_params : dict
            Passed to `plot`.

        Returns
        -------
        QUSMapDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the plane holds no such map, or the background has no place.
        """
        names = _names(channel)
        found = [map_of(plane, name) for name in names]
        return cls._over(
            [values for values, _ in found],
            [_LABELS.get(name, name) for _, name in found],
            several=not isinstance(channel, str | None),
            grid=plane.grid,
            grey=grey_of(background, plane.grid, background_grid, dynamic_range_db),
            outlines={"core": plane.core, "roi": plane.roi},
        ).plot(ax, **plot_params)

    @classmethod
    def from_maps(
        cls,
        maps: QUSMaps,
        channel: str | Sequence[str],
        *,
        background: Plane | np.ndarray | None = None,
        background_grid: Grid | None = None,
        core: PolygonOutline | MaskOutline | None = None,
        roi: PolygonOutline | MaskOutline | None = None,
        dynamic_range_db: float = 60.0,
        ax: Any = None,
        **plot_params: Any,
    ) -> "QUSMapDisplay":
        """Draw maps of the result of `qus_maps`.

        Parameters
        ----------
        maps : QUSMaps
            The maps.
        channel : str or sequence of str
            Which one, e.g. ``"mbf"``, ``"snr_db"`` or ``"valid"``; several are drawn
            side by side.
        background : Plane, ndarray or None, default=None
            The RF plane that the maps come from, or a B-mode plane of the same
            scan; its core and region are outlined. Or a grey image. NaN is left
            blank.
        background_grid : Grid or None, default=None
            Where an image that is an array lies; None takes the maps' grid.
        core, roi : PolygonOutline, MaskOutline or None, default=None
            Outlines; None takes those of a background that is a plane.
        dynamic_range_db : float, default=60.0
            Range of a B-mode computed from RF.
        ax : matplotlib Axes, sequence of Axes or None, default=None
            Where to draw, one per map; None makes a new figure.
        **plot_params : dict
            Passed to `plot`.

        Returns
        -------
        QUSMapDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If `maps` is a plane.
        ValueError
            If there is no such map, or the background has no place.
        """
        if isinstance(maps, Plane):
            raise TypeError(
                f"maps must be the result of qus_maps, got {maps}; planes of a cohort "
                "are drawn by from_plane"
            )
        names = _names(channel)
        for name in names:
            if name not in _LABELS or getattr(maps, name, None) is None:
                raise ValueError(f"channel must be a map of {maps}, got {name!r}")
        outlines = {
            name: getattr(background, name, None) if given is None else given
            for name, given in {"core": core, "roi": roi}.items()
        }
        return cls._over(
            [np.asarray(getattr(maps, name), dtype=float) for name in names],
            [_LABELS[name] for name in names],
            several=not isinstance(channel, str),
            grid=maps.grid,
            grey=grey_of(background, maps.grid, background_grid, dynamic_range_db),
            outlines=outlines,
        ).plot(ax, **plot_params)

    @classmethod
    def _over(cls, values, labels, *, several, grid, grey, outlines):
        """Build the display of one map, or of several."""
        return cls(
            values=np.stack(values) if several else values[0],
            label=labels if several else labels[0],
            grid=grid,
            image=grey[0],
            image_grid=grey[1],
            **outlines,
        )

    def plot(
        self,
        ax: Any = None,
        *,
        depth_range_mm: tuple[float, float] | None = None,
        colorbar: bool = True,
        map_kwargs: dict | None = None,
        image_kwargs: dict | None = None,
        core_kwargs: dict | None = None,
        roi_kwargs: dict | None = None,
    ) -> "QUSMapDisplay":
        """Draw the map, or maps side by side.

        Parameters
        ----------
        ax : matplotlib Axes, sequence of Axes or None, default=None
            Where to draw, one per map; None makes a new figure.
        depth_range_mm : tuple of (float, float) or None, default=None
            Shallowest and deepest depth to show; None shows all.
        colorbar : bool, default=True
            Whether to draw the colour bar.
        map_kwargs, image_kwargs : dict or None, default=None
            Passed to ``imshow``, e.g. ``{"alpha": 0.7, "vmin": -10}``.
        core_kwargs, roi_kwargs : dict or None, default=None
            Passed to ``plot`` for the outlines.

        Returns
        -------
        QUSMapDisplay
            Itself, with the artists.

        Raises
        ------
        ValueError
            If there is not one of the axes per map, or nothing lies in the range of
            depth.
        """
        looks = {
            "depth_range_mm": depth_range_mm,
            "colorbar": colorbar,
            "map_kwargs": map_kwargs,
            "image_kwargs": image_kwargs,
            "core_kwargs": core_kwargs,
            "roi_kwargs": roi_kwargs,
        }
        if np.ndim(self.values) == 2:
            self._draw(ax, **looks)
            self.displays_ = (self,)
            return self
        self.displays_ = tuple(
            display.plot(one, **looks)
            for display, one in zip(self._singles(), self._several(ax), strict=True)
        )
        for name, artist in vars(self.displays_[0]).items():
            if name.endswith("_") and name != "displays_":
                setattr(self, name, artist)
        return self

    def _draw(self, ax, *, depth_range_mm, colorbar, map_kwargs, **outlines):
        """Draw one map."""
        limits = _limits(depth_range_mm, self._whole)
        look = {"cmap": "viridis"} | (map_kwargs or {})
        if self.image is not None:
            look.setdefault("alpha", 0.7)
        if self.label == _LABELS["valid"]:
            look = {"vmin": 0, "vmax": 1} | look
        image_kwargs = outlines["image_kwargs"]
        self._draw_images(ax, look, image_kwargs=image_kwargs, colorbar=colorbar)
        self._frame(self._whole, outlines["core_kwargs"] or {})
        dashes = {"color": "white", "linewidth": 1.2, "linestyle": "--"}
        look = dashes | (outlines["roi_kwargs"] or {})
        self.roi_ = draw_outline(self.ax_, self.roi, look)
        if limits is not None:
            self.ax_.set_ylim(limits[1], limits[0])

    def _singles(self):
        """Make a display of each map."""
        shared = {
            name: getattr(self, name)
            for name in ("grid", "image", "image_grid", "core", "title", "roi")
        }
        return [
            type(self)(values=values, label=label, **shared)
            for values, label in zip(self.values, self.label, strict=True)
        ]

    def _several(self, axes):
        """Return one of the axes per map, of a new figure where none are given."""
        n = len(self.values)
        if axes is None:
            import matplotlib.pyplot as plt

            size = (_SIDE_IN * n, _SIDE_IN)
            _, axes = plt.subplots(1, n, figsize=size, layout="constrained")
        axes = np.ravel(axes)
        if axes.size != n:
            raise ValueError(
                f"ax must be one of the axes per map, {n}, got {axes.size}"
            )
        return axes


def _names(channel):
    """List the maps' names."""
    if isinstance(channel, str | None):
        return [channel]
    names = list(channel)
    if not names:
        raise ValueError("channel must name one map or more, got none")
    return names


def _limits(depth_range_mm, grid):
    """Check the depths to show."""
    if depth_range_mm is None:
        return None
    low, high = (float(depth) for depth in pair("depth_range_mm", depth_range_mm))
    _, _, bottom, top = edges_of(grid)
    if grid.unit != "mm" or not (low < high and low < bottom and high > top):
        raise ValueError(
            f"depth_range_mm must be (low, high) within {top:.3g} to {bottom:.3g} "
            f"{grid.unit}, got {depth_range_mm!r}"
        )
    return low, high
