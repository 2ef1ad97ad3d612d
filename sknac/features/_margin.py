"""Numbers of an image at the edge of the tumour."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Mapping

import numpy as np
from scipy.ndimage import distance_transform_edt

_NEAR = 0.25  # how near the edge the image is at the edge, as a share of the margin


class Margin:
    """An image and the distance of each sample from the core's edge.

    Parameters
    ----------
    image : ndarray of shape (height, width)
        Not finite where it does not count.
    core : ndarray of bool of shape (height, width)
        The tumour core.
    step : tuple of (float, float)
        Axial and lateral spacing.
    margin : float
        Thickness of the margin in the same unit.

    Raises
    ------
    ValueError
        If core or margin has no valid value.
    """

    def __init__(self, image, core, step, margin):
        image = np.asarray(image, dtype=np.float64)
        valid = np.isfinite(image)
        outside, inside = (
            distance_transform_edt(mask, sampling=step) for mask in (~core, core)
        )
        # The sample next to the edge is always at it.
        near = max(_NEAR * margin, *step)
        around = ~core & (outside <= max(margin, *step))
        self.core, self.around = image[core & valid], image[around & valid]
        self.inner = image[core & valid & (inside <= near)]
        self.outer = image[around & valid & (outside <= near)]
        if not self.inner.size or not self.outer.size:
            raise ValueError(
                "the core or its margin holds no valid value at the edge; give the "
                'whole image, or take region="core+margin" in ROIMasker'
            )


def contrast(margin: Margin) -> float:
    """Mean of the core less mean of the margin, in the image's unit."""
    return margin.core.mean() - margin.around.mean()


def sharpness(margin: Margin) -> float:
    """Step of the image at the edge, over the SD of core and margin; 0 if that is."""
    spread = np.concatenate([margin.core, margin.around]).std()
    step = abs(margin.inner.mean() - margin.outer.mean())
    return step / spread if spread > 0 else 0.0


OF_IMAGE: Mapping[str, Callable[[Margin], float]] = {
    "margin_contrast": contrast,
    "margin_sharpness": sharpness,
}
