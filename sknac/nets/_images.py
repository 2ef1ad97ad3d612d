"""What the estimators on images share: reading, augmentation, tags."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.nets._base import NetClassifier
from sknac.nets._data import augment
from sknac.nets._inputs import read_items
from sknac.utils._sklearn import Interval, Real


class ImageNetClassifier(NetClassifier):
    """Base of the estimators whose rows are bags of planes or of pairs."""

    kinds = ("bmode", "maps")
    n_visits = 1
    _item_kind = "plane"

    _parameter_constraints: dict = {
        **NetClassifier._parameter_constraints,
        "flip": ["boolean"],
        "max_shift": [Interval(Real, 0, 1, closed="left")],
        "columns": [str, "array-like", None],
    }

    def _read(self, X, *, reset):
        """List the items of X and check them; in ``fit`` every pixel is checked."""
        # Later frames are asked for the columns of training, and miss them by name.
        columns = self.columns if reset else vars(self).get("columns_", self.columns)
        items = read_items(self, X, kind=self._item_kind, columns=columns, reset=reset)
        shape = items.shape if reset else self.item_shape_
        items.check_alike(shape, items.channels if reset else self.channels_)
        if reset:
            items.check_pixels()
        return items

    def _module_facts(self, shape):
        """What the module must know about the images."""
        return {"in_channels": shape[-3], "image_size": tuple(shape[-2:])}

    def _augment(self, x):
        """Flip and shift the items of a training batch at random."""
        return augment(x, flip=self.flip, max_shift=self.max_shift)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = False
        return tags
