"""Planes on which a reader has drawn."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

from sknac.cohort.planes import PlaneAt, annotated_pixels
from sknac.utils._burned_in import shares_near
from sknac.utils._progress import tracked


def count_marks(found: Sequence[PlaneAt]) -> tuple[dict[str, int], list[str]]:
    """Count the B-mode planes of each column that hold marks, and say so.

    Parameters
    ----------
    found : sequence of PlaneAt
        Planes with their places.

    Returns
    -------
    counts : dict of str to int
        Marked planes by column.
    remarks : list of str
        One sentence, or none where nothing is drawn.
    """
    images = [at for at in found if at.plane.kind == "bmode"]
    counts = {at.column: 0 for at in found}
    n_near, n_cores = 0, 0
    for at in tracked(images, "looking for marks"):
        with at.named() as plane:
            marks = annotated_pixels(plane)
            core = None if plane.core is None else plane.core_mask()
        counts[at.column] += bool(marks.any())
        n_near += shares_near(marks, core)[1] > 0
        n_cores += core is not None
    total = sum(counts.values())
    if not total:
        return counts, []
    near = f", {n_near} of {n_cores} in the box around the core" if n_cores else ""
    return counts, [
        f"{total} of {len(images)} B-mode planes hold drawn text, calipers or colour"
        f"{near}: a model may learn from the reader; "
        "sknac.preprocessing.BurnedInAnnotations tells where, and takes them out"
    ]
