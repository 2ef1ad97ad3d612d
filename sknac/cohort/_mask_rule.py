"""The rule by which a mask is read: which of its values are inside the tumour."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy.ndimage import maximum_filter, minimum_filter

# Above it a mask covers so much that it may be inverted.
_MOST_SHARE = 0.75
# A soft edge is written in dozens of grey levels up to 255 or 1; labels are counted.
_MOST_LABELS = 32
# More of the image's pixels than this between dark and bright: no mask.
_MOST_GREY_SHARE = 0.25
# On a soft edge, grey pixels differ from their neighbours: a tenth of them do not in
# labels that were blurred by a JPEG, none in masks that were.
_FLAT, _FLAT_SHARE, _FEW_PIXELS = 0.04, 0.1, 8


def find_rule(
    values: np.ndarray, labels: tuple[int, ...] = ()
) -> tuple[float, list[str]]:
    """Find the value above which pixels are inside, and what is to be said of it.

    A mask of 0 and one positive value is taken as it is. In any other, pixels above
    half of the largest value are inside: that is where the edge was before a JPEG or
    a resampling made it soft. With `labels` those values are inside and the threshold
    does not count. What could be read in two ways raises a ValueError.
    """
    _check_numbers(values)
    if labels:
        inside, above, remarks = _labelled(values, labels), 0.0, []
    else:
        above, remarks = _threshold(values)
        inside = values > above
    return above, remarks + _doubts(inside)


def draw_inside(values: np.ndarray, labels: tuple[int, ...], above: float):
    """Mark the pixels inside, by labels where there are any."""
    return np.isin(values, labels) if labels else values > above


def _check_numbers(values):
    """Refuse pixels that are no number."""
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        count = np.count_nonzero(~np.isfinite(values))
        raise ValueError(
            f"{count} pixels of the mask are NaN or infinite; write 0 outside the "
            "tumour"
        )


def _threshold(values):
    """Find the threshold of a mask without labels, and what to say of it."""
    low, high = float(values.min()), float(values.max())
    if low == high == 0:
        raise ValueError("the mask is empty; draw it anew, or leave the outline out")
    if high <= 0 or low < -high / 2:
        raise ValueError(
            f"its values reach from {low:g} to {high:g}, and a mask's must be 0 "
            "outside and positive inside"
        )
    if low == high or (low == 0 and not ((values > 0) & (values < high)).any()):
        return 0.0, []
    if low > 0 and ((values == low) | (values == high)).all():
        raise ValueError(
            f"its two values are {low:g} and {high:g}, and neither is 0; name the "
            "tumour's with outline_label"
        )
    _check_no_labels(values, high)
    _check_no_image(values, high)
    n_inside, n_positive = (np.count_nonzero(values > cut) for cut in (high / 2, 0))
    return high / 2, [
        f"the mask has more than two values: the {n_inside} pixels above half of the "
        f"largest, {high:g}, count as inside, of {n_positive} above 0; save masks with "
        "two values, not as JPEG"
    ]


def _check_no_labels(values, high):
    """Refuse a map of several labels: half of the largest would choose some."""
    if _are_labels(values, high):
        raise ValueError(
            f"its values {_listed(values)} look like labels; say with outline_label "
            "which are the tumour, such as 1 or 1;3"
        )


def _are_labels(values, high):
    """Tell labels from a soft edge.

    Labels are whole numbers, few, and either small or of areas: some pixel has a value
    in between 0 and the largest that all its neighbours have too. On a soft edge
    values change from each pixel to the next.
    """
    if (values != np.rint(values)).any():
        return False
    if high < _MOST_LABELS:
        return True
    if len(np.unique(values)) > _MOST_LABELS:
        return False
    flat = minimum_filter(values, 3) == maximum_filter(values, 3)
    return bool((flat & (values > 0) & (values < high)).any())


def _check_no_image(values, high):
    """Refuse grey areas: an image given for a mask, or labels after a JPEG."""
    grey = (values > high / 8) & (values < 7 * high / 8)
    if grey.mean() > _MOST_GREY_SHARE:
        raise ValueError(
            f"{grey.mean():.0%} of its pixels are neither dark nor bright: it is an "
            "image, not a mask; correct the path"
        )
    ranges = maximum_filter(values, 3).astype(float) - minimum_filter(values, 3)
    n_flat = np.count_nonzero(grey & (ranges <= _FLAT * high))
    if n_flat > max(_FEW_PIXELS, _FLAT_SHARE * np.count_nonzero(grey)):
        raise ValueError(
            f"it has areas of grey, {n_flat} pixels in all, as labels have after a "
            "JPEG; save the mask as PNG or .npy and choose with outline_label"
        )


def _labelled(values, labels):
    """Mark the pixels of some labels; at least one of them must be there."""
    high = float(values.max())
    two_valued = ((values == values.min()) | (values == high)).all()
    if not (two_valued or _are_labels(values, high)):
        raise ValueError(
            f"outline_label is for masks of labels, and its {len(np.unique(values))} "
            "values are those of a soft edge; leave outline_label empty"
        )
    inside = np.isin(values, labels)
    if not inside.any():
        wanted = ";".join(map(str, labels))
        raise ValueError(
            f"outline_label {wanted} is not among its values {_listed(values)}; "
            "correct it"
        )
    return inside


def _doubts(inside):
    """Say what makes a mask look inverted."""
    share = inside.mean()
    sides = (inside[0], inside[-1], inside[:, 0], inside[:, -1])
    if share > _MOST_SHARE:
        what = f"the mask covers {share:.0%} of the image"
    elif all(side.any() for side in sides):
        what = "the mask touches all four borders of the image"
    else:
        return []
    return [f"{what} and may be inverted; check that the tumour is inside"]


def _listed(values):
    """List distinct values, the first of many."""
    distinct = np.unique(values)
    shown = ", ".join(f"{value:g}" for value in distinct[:8])
    return shown if len(distinct) <= 8 else f"{shown}, ... ({len(distinct)} in all)"
