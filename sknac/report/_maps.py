"""Section on attribution maps: where the networks looked, over the images."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import partial

import numpy as np
import pandas as pd

from sknac.cohort.planes import has_study
from sknac.report._parts import Drawing, Options, Section
from sknac.report._system import System
from sknac.report._text import listed
from sknac.utils._text import significant

PATIENTS_PER_CLASS = 2
# Where no patch changes the probability by this much, a map explains nothing.
_LEAST_DIFFERENCE = 1e-3
# More beside each other cannot be read on a phone.
_COLUMNS = 2


def map_section(system: System, options: Options) -> Section | None:
    """Show attribution maps over the images of a few test patients."""
    if not system.maps:
        return None
    drawings, numbers = [], []
    for title, maps, images in system.maps:
        for patient in maps.index:
            panels = _panels(maps.loc[patient], images.loc[patient])
            if panels:
                drawings.append(_drawing(system, options, title, patient, panels))
                numbers.append(_numbers(system, options, title, patient, panels))
    text = (
        "First plane of each visit. A map says where a network's answer depends on "
        "the image, not why, and nothing of whether the answer is right."
    )
    if any("grad_cam" in plane.channels for plane in _planes(system)):
        text += (
            " Grad-CAM maps what speaks for a class: the one that was asked for, else "
            "the one that the network itself finds likelier."
        )
    return Section(
        "attribution",
        "Attribution maps",
        (text,),
        (),
        tuple(drawings),
        {"attribution": numbers},
        tuple(filter(None, map(_faint, numbers))),
    )


def _faint(shown):
    """Say of a patient that no patch mattered: colours are scaled to each map."""
    differences = [m for m in shown["maps"] if "grad_cam" not in m["channel"]]
    most = max((abs(m[end]) for m in differences for end in ("min", "max")), default=1)
    if not 0 < most < _LEAST_DIFFERENCE:  # NaN and 0 throughout are told elsewhere
        return ""
    return (
        f"{shown['title']}, {shown['patient']}: no patch changes the probability by "
        f"more than {significant(most, 2)}; the colours are scaled to each map, and "
        "show nothing that matters here."
    )


def _planes(system):
    """Yield the planes of all maps."""
    for _, maps, _ in system.maps:
        for cell in filter(has_study, maps.to_numpy().ravel()):
            yield from cell.planes


def choose_patients(system: System) -> list:
    """Return a few test patients of each class, those decided rightly first."""
    y = system.test.y
    right = y == system.test.decisions.get(system.main, y)
    order = right.sort_values(ascending=False, kind="stable").index
    return [
        patient
        for label in system.classes
        for patient in [p for p in order if y[p] == label][:PATIENTS_PER_CLASS]
    ]


def _panels(maps, images):
    """Return visit, channel, map and image of each panel of a patient's figure."""
    return [
        (column.removeprefix("us_"), channel, plane, _background(images, column))
        for column, cell in maps.items()
        if has_study(cell)
        for plane in cell.planes[:1]
        for channel in plane.channels
    ]


def _background(images, column):
    """Return the first plane of the patient's own images."""
    cell = images.get(column)
    return cell.planes[0] if has_study(cell) else None


def _about(system, options, patient):
    """Return a patient's name, her class and the decision."""
    row = system.test.y.index.get_loc(patient)
    name = system.patient_name(row, show_ids=options.show_ids)
    decided = system.test.decisions.get(system.main)
    told = None if decided is None else decided.iloc[row]
    return name, system.test.y.iloc[row], told


def _drawing(system, options, title, patient, panels):
    """Return the figure of one patient."""
    name, true, told = _about(system, options, patient)
    called = "" if told is None else f", predicted {told}"
    heading = f"{title}{options.mark}\n{name}, {true}{called}"
    seen = listed(dict.fromkeys(visit for visit, *_ in panels))
    columns = min(len(panels), _COLUMNS)
    rows = -(-len(panels) // columns)
    return Drawing(
        key=f"maps-{title}-{system.test.y.index.get_loc(patient) + 1}",
        caption=f"{title}: {name}, {true}{called}",
        alt=f"{title} over the images of {name} ({true}{called}): {seen}.",
        display=partial(_draw, panels, heading),
        size=(2.6 * columns + 1.0, rows * _height(panels) + 0.7),
    )


def _height(panels):
    """Return the height of a row of panels that suits the images' shape, in inches."""
    grids = [plane.grid for _, _, plane, _ in panels]
    shapes = [np.multiply(grid.shape, grid.step) for grid in grids]
    return float(np.clip(max(1.9 * h / w for h, w in shapes) + 0.7, 1.8, 4.0))


def _numbers(system, options, title, patient, panels):
    """Return which maps are shown, and their ranges."""
    name, true, told = _about(system, options, patient)
    rows = []
    for visit, channel, plane, _ in panels:
        values = pd.Series(plane.load()[plane.channels.index(channel)].ravel())
        rows.append(
            {"visit": visit, "channel": channel}
            | {"min": values.min(), "max": values.max(), "mean": values.mean()}
        )
    return {
        "title": title,
        "patient": name,
        "true": true,
        "predicted": told,
        "maps": rows,
    }


def _draw(panels, heading, figure):
    """Draw all panels of one patient."""
    from sknac.inspection import SaliencyDisplay

    columns = min(len(panels), _COLUMNS)
    axes = figure.subplots(-(-len(panels) // columns), columns, squeeze=False).ravel()
    for ax, (visit, channel, plane, image) in zip(axes, panels, strict=False):
        SaliencyDisplay.from_plane(plane, channel, background=image, ax=ax)
        whole = channel.removesuffix("_coarse") in ("grad_cam", "prediction_difference")
        named = visit if whole else f"{visit}, {channel}"
        heat = plane.load()[plane.channels.index(channel)]
        # A map without heat is drawn as nothing at all, which may look like a fault.
        ax.set_title(named if np.nan_to_num(heat).any() else f"{named}: 0 throughout")
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    figure.suptitle(heading, fontsize="medium")
