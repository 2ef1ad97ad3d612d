"""Settings of random changes to training images, searchable by name."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from sklearn.base import BaseEstimator

from sknac.utils._sklearn import Integral, Interval, Real
from sknac.utils._state import SavedState

# Names that `RegionChannels` gives to channels which show a region, not a quantity.
REGIONS = ("core", "margin")


class Augmentation(SavedState, BaseEstimator):
    """Random changes to the images that a network is trained on.

    A setting of `PlaneFeatureNet` and `DLRClassifier`: each training image comes to
    the network turned, stretched and shaded a little otherwise in every epoch.
    Everything is off by default, and each change has one number, its largest size,
    which a search reaches as ``augmentation__rotate_deg``.

    Parameters
    ----------
    rotate_deg : float, default=0.0
        Largest rotation about the centre, both ways, in degrees of the pixel grid.
    zoom : float, default=0.0
        Largest zoom: by a factor from ``1 / (1 + zoom)`` to ``1 + zoom``.
    elastic : float, default=0.0
        Largest displacement of 5 x 5 points over the image, as a share of its
        sides, at most 0.1; in between it is smooth.
    gain : float, default=0.0
        Largest change of brightness: by a factor from ``1 / (1 + gain)`` to
        ``1 + gain``.
    gamma : float, default=0.0
        Largest change of the grey curve: to the power of ``1 / (1 + gamma)`` to
        ``1 + gamma``, relative to the brightest pixel, which stays.
    speckle : float, default=0.0
        Largest standard deviation of a noise of mean 1 that multiplies each pixel
        by itself.
    cutout : float, default=0.0
        Largest sides of a rectangle that is set to 0, as a share of the image's
        sides, below 1.
    probability : float, default=1.0
        Share of the images that each change meets, drawn for each by itself.
    masks : sequence of str or int, default=None
        Channels that show a region: they move with the others and keep their
        values. Names, or positions in plain arrays; None takes those named
        ``"core"`` and ``"margin"``.

    See Also
    --------
    PlaneFeatureNet : Takes it as ``augmentation``.
    SeedEnsemble : Another way to use few patients better.

    Notes
    -----
    All images of one item move alike: the channels of a plane, and the visits of a
    pair, also where they are cut out; gain and gamma are alike for both visits too,
    since what changes between visits is what the network looks for. Speckle is drawn
    for each image by itself, as scanners do.

    Pixels with 0 stay 0, what moves in from outside is 0, and no change makes a
    number that is not finite. Grey values come first, then the network's own ``flip``
    and ``max_shift``, then rotation, zoom and elastic displacement in one
    interpolation, then the cut-out. Maps and B-mode images are interpolated
    linearly, regions take the nearest pixel.

    Gain and gamma suit images scaled to 0..1 (`MapScaler`). The pixels of a beam
    lie one below the other: large rotations show shadows as no scanner does.

    Draws come from a generator of their own on the CPU, so they depend neither on
    ``torch_threads`` nor on the device. Displacements go through MONAI's `Warp`, for
    a whole batch at a time: its transforms of single images take several times as
    long as a training step of the tiny networks. It comes with ``sknac[images]``.

    Examples
    --------
    >>> from sknac.nets import Augmentation, PlaneFeatureNet
    >>> net = PlaneFeatureNet(augmentation=Augmentation(rotate_deg=10.0, gain=0.2))
    >>> net.set_params(augmentation__zoom=0.1).augmentation
    Augmentation(gain=0.2, rotate_deg=10.0, zoom=0.1)
    """

    _parameter_constraints: dict = {
        "rotate_deg": [Interval(Real, 0, 180, closed="both")],
        "zoom": [Interval(Real, 0, 1, closed="both")],
        "elastic": [Interval(Real, 0, 0.1, closed="both")],  # beyond, it may fold
        "gain": [Interval(Real, 0, 1, closed="both")],
        "gamma": [Interval(Real, 0, 2, closed="both")],
        "speckle": [Interval(Real, 0, 1, closed="both")],
        "cutout": [Interval(Real, 0, 1, closed="left")],
        "probability": [Interval(Real, 0, 1, closed="both")],
        "masks": ["array-like", None],
    }

    def __init__(
        self,
        *,
        rotate_deg: float = 0.0,
        zoom: float = 0.0,
        elastic: float = 0.0,
        gain: float = 0.0,
        gamma: float = 0.0,
        speckle: float = 0.0,
        cutout: float = 0.0,
        probability: float = 1.0,
        masks: Any = None,
    ) -> None:
        self.rotate_deg = rotate_deg
        self.zoom = zoom
        self.elastic = elastic
        self.gain = gain
        self.gamma = gamma
        self.speckle = speckle
        self.cutout = cutout
        self.probability = probability
        self.masks = masks

    @property
    def _moves(self):
        """Whether anything is interpolated."""
        return max(self.rotate_deg, self.zoom, self.elastic) > 0

    @property
    def _changes(self):
        """Whether anything is changed at all."""
        largest = max(self.gain, self.gamma, self.speckle, self.cutout)
        return (self._moves or largest > 0) and self.probability > 0

    def _mask_positions(self, channels, n_channels):
        """Find the channels that show a region."""
        if self.masks is None:
            return [i for i, name in enumerate(channels) if name in REGIONS]
        return [_position(mask, channels, n_channels) for mask in self.masks]


def _position(mask, channels, n_channels):
    """Find one channel by name or place."""
    if mask in channels:
        return channels.index(mask)
    if isinstance(mask, Integral) and 0 <= mask < n_channels:
        return int(mask)
    raise ValueError(
        f"masks of an Augmentation must be among the channels {list(channels)} or "
        f"positions below {n_channels}, got {mask!r}"
    )
