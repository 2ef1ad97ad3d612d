"""Numbers of an image at the edge of the tumour."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Mapping

import numpy as np
from scipy.ndimage import distance_transform_edt

_NEAR = 0.25  # how near the edge the image is at the edge, as a share of the margin


class Margin:
    """An image in the core and in the margin, and at the edge between them.

    Parameters
    ----------
    image : ndarray of shape (height, width)
        Not finite where it does not count.
    core, margin : ndarray of bool of shape (height, width)
        The tumour core, and the ring round it.
    step : tuple of (float, float)
        Axial and lateral spacing.

    Raises
    ------
    ValueError
        If core or margin has no valid value at the edge.
    """

    def __init__(self, image, core, margin, step):
        image = np.asarray(image, dtype=np.float64)
        valid = np.isfinite(image)
        outside, inside = (
            distance_transform_edt(mask, sampling=step) for mask in (~core, core)
        )
        # The sample next to the edge is always at it.
        thickness = outside[margin].max(initial=0.0)
        near = max(_NEAR * thickness, *step)
        self.core, self.around = image[core & valid], image[margin & valid]
        self.inner = image[core & valid & (inside <= near)]
        self.outer = image[margin & valid & (outside <= near)]
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
