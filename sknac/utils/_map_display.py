"""What the pictures of maps share: a map over its image, with the core outlined.

Grids, outlines and planes are those of `sknac.cohort`, taken as they come.
"""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from sknac.utils._style import open_axes


class MapDisplay:
    """Base of the displays of one map; subclasses say how it is coloured."""

    def __init__(
        self,
        *,
        values: Any,
        grid: Any,
        label: Any,
        image: Any = None,
        image_grid: Any = None,
        core: Any = None,
        title: Any = None,
    ) -> None:
        self.values = values
        self.grid = grid
        self.label = label
        self.image = image
        self.image_grid = image_grid
        self.core = core
        self.title = title

    @property
    def _whole(self):
        """Grid of the whole picture."""
        return self.grid if self.image_grid is None else self.image_grid

    def _draw_images(self, ax, look, *, image_kwargs, colorbar):
        """Draw the map over the image in greys, and its colour bar."""
        ax = open_axes(self, ax)
        same = {"aspect": "equal"}
        self.background_ = self.colorbar_ = None
        if self.image is not None:
            greys = {"cmap": "gray"} | same | (image_kwargs or {})
            extent = edges_of(self._whole)
            self.background_ = ax.imshow(self.image, extent=extent, **greys)
        self.image_ = ax.imshow(self.values, extent=edges_of(self.grid), **same | look)
        if colorbar:
            # As high as the picture, whatever the figure's shape.
            bar = ax.inset_axes((1.03, 0.0, 0.05, 1.0))
            self.colorbar_ = ax.figure.colorbar(self.image_, cax=bar, label=self.label)

    def _frame(self, area, core_look):
        """Show the area of a grid, name its axes, outline the core, set the title."""
        whole = edges_of(area)
        self.ax_.set(xlim=whole[:2], ylim=whole[2:])
        self.ax_.set(xlabel=f"lateral ({area.unit})", ylabel=f"depth ({area.unit})")
        look = {"color": "white", "linewidth": 1.5, "linestyle": ":"} | core_look
        self.core_ = draw_outline(self.ax_, self.core, look)
        if self.title is not None:
            self.ax_.set_title(self.title)


def draw_outline(ax, outline, look):
    """Draw all rings of an outline as one line; None for none."""
    if outline is None:
        return None
    gap = [[np.nan, np.nan]]
    rings = [part for ring in outline.rings() for part in (gap, ring)]
    if not rings:
        return None
    points = np.concatenate(rings)[1:]
    (line,) = ax.plot(points[:, 1], points[:, 0], **look)
    return line


def map_of(plane, channel, name="channel"):
    """Load one map of a plane, the only one for None; return it and its name."""
    if plane.kind != "maps":
        raise ValueError(f"the plane must hold maps, got {plane.kind}")
    if channel is None and len(plane.channels) == 1:
        channel = plane.channels[0]
    if channel not in plane.channels:
        raise ValueError(f"{name} must be one of {plane.channels}, got {channel!r}")
    return plane.load()[plane.channels.index(channel)], channel


def edges_of(grid):
    """Edges of an image for imshow: left, right, bottom, top."""
    top, left = grid.to_points([[-0.5, -0.5]])[0]
    bottom, right = grid.to_points([np.subtract(grid.shape, 0.5)])[0]
    return left, right, bottom, top
