"""`QUSMapDisplay`: a parametric map over B-mode."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from sknac.cohort import Grid, MaskOutline, Plane, PolygonOutline
from sknac.qus._bmode import bmode_from_rf
from sknac.qus._engine import QUSMaps

_LABELS = {
    "mbf": "mid-band fit (dB)",
    "ss": "spectral slope (dB/MHz)",
    "si": "spectral intercept (dB)",
    "esd": "scatterer diameter (um)",
    "eac": "acoustic concentration (dB re 1 cm⁻³)",
}


class QUSMapDisplay:
    """A parametric map over B-mode, with the core outlined.

    Parameters
    ----------
    values : ndarray of shape (n_axial, n_lateral)
        The map; NaN is left transparent.
    grid : Grid
        Where its values lie, in mm.
    label : str
        Name and unit, for the colour bar.
    bmode : ndarray of shape (height, width) or None, default=None
        Grey background.
    bmode_grid : Grid or None, default=None
        Where its pixels lie.
    core : PolygonOutline, MaskOutline or None, default=None
        Outline of the tumour core.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the picture.
    figure_ : matplotlib Figure
        Its figure.
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

    def __init__(
        self,
        *,
        values: np.ndarray,
        grid: Grid,
        label: str,
        bmode: np.ndarray | None = None,
        bmode_grid: Grid | None = None,
        core: PolygonOutline | MaskOutline | None = None,
    ):
        self.values = values
        self.grid = grid
        self.label = label
        self.bmode = bmode
        self.bmode_grid = bmode_grid
        self.core = core

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
        if plane.kind != "maps" or channel not in plane.channels:
            have = plane.channels or plane.kind
            raise ValueError(f"channel must be one of {have}, got {channel!r}")
        return cls(
            values=plane.load()[plane.channels.index(channel)],
            grid=plane.grid,
            label=_LABELS.get(channel, channel),
            bmode=grey_of(background, dynamic_range_db),
            bmode_grid=None if background is None else background.grid,
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
            bmode=grey_of(background, dynamic_range_db),
            bmode_grid=None if background is None else background.grid,
            core=None if background is None else background.core,
        ).plot(ax, **plot_params)

    def plot(
        self,
        ax=None,
        *,
        colorbar: bool = True,
        map_kwargs: dict | None = None,
        bmode_kwargs: dict | None = None,
        core_kwargs: dict | None = None,
    ) -> "QUSMapDisplay":
        """Draw the map.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a new figure.
        colorbar : bool, default=True
            Whether to draw the colour bar.
        map_kwargs, bmode_kwargs : dict or None, default=None
            Passed to ``imshow``, e.g. ``{"alpha": 0.7, "vmin": -10}``.
        core_kwargs : dict or None, default=None
            Passed to ``plot`` (polygon) or ``contour`` (mask).

        Returns
        -------
        QUSMapDisplay
            Itself, with the artists.
        """
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots(layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        if self.bmode is not None:
            look = {"cmap": "gray", "aspect": "equal"} | (bmode_kwargs or {})
            ax.imshow(self.bmode, extent=edges_of(self.bmode_grid), **look)
        look = {"cmap": "viridis", "aspect": "equal"} | (map_kwargs or {})
        if self.bmode is not None:
            look.setdefault("alpha", 0.7)
        self.image_ = ax.imshow(self.values, extent=edges_of(self.grid), **look)
        self.colorbar_ = None
        if colorbar:
            self.colorbar_ = draw_colorbar(ax, self.image_, self.label)
        frame_picture(ax, self.bmode_grid or self.grid)
        self.core_ = draw_core(ax, self.core, core_kwargs)
        return self


def draw_core(ax, core, core_kwargs=None):
    """Outline a core; return the artist, None where there is no core."""
    if core is None:
        return None
    if isinstance(core, PolygonOutline):
        closed = np.vstack([core.vertices, core.vertices[:1]])
        look = {"color": "white", "linewidth": 1.5} | (core_kwargs or {})
        return ax.plot(closed[:, 1], closed[:, 0], **look)[0]
    grid = core.grid
    look = {"colors": "white", "linewidths": 1.5} | (core_kwargs or {})
    mask = core.to_mask(grid).astype(float)
    return ax.contour(grid.lateral, grid.axial, mask, levels=[0.5], **look)


def draw_colorbar(ax, image, label):
    """Draw a colour bar as high as the picture, whatever the figure's shape."""
    cax = ax.inset_axes((1.03, 0.0, 0.05, 1.0))
    return ax.figure.colorbar(image, cax=cax, label=label)


def frame_picture(ax, grid):
    """Show the area of a grid; name its axes and their unit."""
    whole = edges_of(grid)
    ax.set(xlim=whole[:2], ylim=whole[2:])
    ax.set(xlabel=f"lateral ({grid.unit})", ylabel=f"depth ({grid.unit})")


def grey_of(background, dynamic_range_db):
    """Load the grey background; that of an RF plane is its envelope."""
    if background is None:
        return None
    image = background.load()
    if background.kind == "rf":
        return bmode_from_rf(image, dynamic_range_db=dynamic_range_db)
    return image


def edges_of(grid):
    """Edges of an image for imshow: left, right, bottom, top."""
    half = np.divide(grid.step, 2)
    axial, lateral = grid.axial, grid.lateral
    return (
        lateral[0] - half[1],
        lateral[-1] + half[1],
        axial[-1] + half[0],
        axial[0] - half[0],
    )
