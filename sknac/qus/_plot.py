"""`QUSMapDisplay`: a parametric map over B-mode."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.cohort import Plane
from sknac.qus._bmode import bmode_from_rf
from sknac.qus._engine import QUSMaps
from sknac.utils._map_display import MapDisplay, map_of

_LABELS = {
    "mbf": "mid-band fit (dB)",
    "ss": "spectral slope (dB/MHz)",
    "si": "spectral intercept (dB)",
    "esd": "scatterer diameter (um)",
    "eac": "acoustic concentration (dB re 1 cm⁻³)",
    "nakagami_m": "Nakagami m",
    "nakagami_omega": "Nakagami Ω (dB)",
    "envelope_snr": "envelope SNR",
}


class QUSMapDisplay(MapDisplay):
    """A parametric map over B-mode, with the core outlined.

    Parameters
    ----------
    values : ndarray of shape (n_axial, n_lateral)
        The map; NaN is left transparent.
    grid : Grid
        Where its values lie, in mm.
    label : str
        Name and unit, for the colour bar.
    image : ndarray of shape (height, width) or None, default=None
        Grey background.
    image_grid : Grid or None, default=None
        Where its pixels lie.
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
        The map.
    colorbar_ : matplotlib Colorbar or None
        Its colour bar.
    core_ : matplotlib artist or None
        The outline.

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

    @classmethod
    def from_plane(
        cls,
        plane: Plane,
        channel: str,
        *,
        background: Plane | None = None,
        dynamic_range_db: float = 60.0,
        ax=None,
        **plot_params,
    ) -> "QUSMapDisplay":
        """Draw one map of a plane.

        Parameters
        ----------
        plane : Plane
            Maps, as `QUSMapper` makes them.
        channel : str
            Which map, e.g. ``"mbf"``.
        background : Plane or None, default=None
            The RF plane that the maps come from (its B-mode is computed), or a
            B-mode plane of the same scan.
        dynamic_range_db : float, default=60.0
            Range of a B-mode computed from RF.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.
        **plot_params : dict
            Passed to `plot`.

        Returns
        -------
        QUSMapDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the plane holds no such map.
        """
        values, channel = map_of(plane, channel)
        return cls(
            values=values,
            grid=plane.grid,
            label=_LABELS.get(channel, channel),
            image=_grey_of(background, dynamic_range_db),
            image_grid=None if background is None else background.grid,
            core=plane.core,
        ).plot(ax, **plot_params)

    @classmethod
    def from_maps(
        cls,
        maps: QUSMaps,
        channel: str,
        *,
        background: Plane | None = None,
        dynamic_range_db: float = 60.0,
        ax=None,
        **plot_params,
    ) -> "QUSMapDisplay":
        """Draw one map of the result of `qus_maps`.

        Parameters
        ----------
        maps : QUSMaps
            The maps.
        channel : str
            Which one, e.g. ``"mbf"``.
        background : Plane or None, default=None
            The RF plane that the maps come from, or a B-mode plane of the same
            scan; its core is outlined.
        dynamic_range_db : float, default=60.0
            Range of a B-mode computed from RF.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.
        **plot_params : dict
            Passed to `plot`.

        Returns
        -------
        QUSMapDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If there is no such map.
        """
        values = getattr(maps, channel, None)
        if channel not in _LABELS or values is None:
            raise ValueError(f"channel must be a map of {maps}, got {channel!r}")
        return cls(
            values=values,
            grid=maps.grid,
            label=_LABELS[channel],
            image=_grey_of(background, dynamic_range_db),
            image_grid=None if background is None else background.grid,
            core=None if background is None else background.core,
        ).plot(ax, **plot_params)

    def plot(
        self,
        ax=None,
        *,
        colorbar: bool = True,
        map_kwargs: dict | None = None,
        image_kwargs: dict | None = None,
        core_kwargs: dict | None = None,
    ) -> "QUSMapDisplay":
        """Draw the map.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.
        colorbar : bool, default=True
            Whether to draw the colour bar.
        map_kwargs, image_kwargs : dict or None, default=None
            Passed to ``imshow``, e.g. ``{"alpha": 0.7, "vmin": -10}``.
        core_kwargs : dict or None, default=None
            Passed to ``plot`` for the outline.

        Returns
        -------
        QUSMapDisplay
            Itself, with the artists.
        """
        look = {"cmap": "viridis"} | (map_kwargs or {})
        if self.image is not None:
            look.setdefault("alpha", 0.7)
        self._draw_images(ax, look, image_kwargs=image_kwargs, colorbar=colorbar)
        self._frame(self._whole, core_kwargs or {})
        return self


def _grey_of(background, dynamic_range_db):
    """Load the grey background; that of an RF plane is its envelope."""
    if background is None:
        return None
    image = background.load()
    if background.kind == "rf":
        return bmode_from_rf(image, dynamic_range_db=dynamic_range_db)
    return image
