"""What the estimators on images share: reading, augmentation, tags."""

# SPDX-License-Identifier: BSD-3-Clause

from functools import partial

import torch
from sklearn.base import clone

from sknac.nets._augmentation import Augmentation
from sknac.nets._base import NetClassifier
from sknac.nets._changes import Changes
from sknac.nets._inputs import read_items
from sknac.nets._trainable import check_trainable, freeze
from sknac.utils._sklearn import Integral, Interval, Real
from sknac.utils._warnings import warn_user


class ImageNetClassifier(NetClassifier):
    """Base of the estimators whose rows are bags of planes, or of one of each visit."""

    kinds = ("bmode", "maps")
    n_visits = 1
    takes_missing_visits = False
    # Of networks saved before there were these settings.
    augmentation = None
    n_test_views = 0
    trainable = "all"

    _parameter_constraints: dict = {
        **NetClassifier._parameter_constraints,
        "flip": ["boolean"],
        "max_shift": [Interval(Real, 0, 1, closed="left")],
        "augmentation": [Augmentation, None],
        "balanced_batches": ["boolean"],
        "n_test_views": [Interval(Integral, 0, None, closed="left")],
        "trainable": [str],
        "cache_mb": [Interval(Real, 0, None, closed="left")],
        "columns": [str, "array-like", None],
    }

    def _read(self, X, *, reset):
        """List the items of X and check them; in ``fit`` every pixel is checked."""
        # Later frames are asked for the columns of training, and miss them by name.
        columns = self.columns if reset else vars(self).get("columns_", self.columns)
        items = read_items(
            self,
            X,
            n_visits=self.n_visits,
            columns=columns,
            reset=reset,
            masked=self.takes_missing_visits,
        )
        shape = items.shape if reset else self.item_shape_
        items.check_alike(shape, items.channels if reset else self.channels_)
        if reset:
            items.check_pixels(self.cache_mb * 1e6)
        return items

    def _check_pretrained(self):
        """Refuse, before anything is read, what can be told from the settings."""
        super()._check_pretrained()
        check_trainable(self.trainable)
        random = self._done_to_module()["weights"] is None
        if random and isinstance(self.module, str) and self.trainable != "all":
            raise ValueError(
                f"trainable={self.trainable!r} would keep weights that are random; "
                "give module__weights"
            )

    def _finish_module(self, items):
        """Keep parts from training, as set, after weights are loaded."""
        super()._finish_module(items)
        is_all = self.trainable == "all"
        self.trained_layers_ = None if is_all else freeze(self.module_, self.trainable)

    def _module_facts(self, shape):
        """What the module must know about the images."""
        return {"in_channels": shape[-3], "image_size": tuple(shape[-2:])}

    def _check_settings(self):
        """Refuse settings of the augmentation before anything is read."""
        super()._check_settings()
        if self.balanced_batches and self.class_weight is not None:
            raise ValueError(
                f"balanced_batches=True and class_weight={self.class_weight!r} would "
                "make up for rare classes twice; set one of them"
            )
        if self.augmentation is not None:
            self.augmentation._validate_params()
        changes = Changes(self.flip, self.max_shift, self.augmentation)
        changes.prepare()
        if self.n_test_views and not changes.change_something:
            warn_user(
                f"n_test_views={self.n_test_views} would average an image with itself; "
                "set flip, max_shift or augmentation, or leave it 0"
            )

    def _build(self, items, n_train):
        """Make the network, and what changes its training images."""
        super()._build(items, n_train)
        masks = ()
        if self.augmentation is not None:
            n_channels = items.shape[-3]
            masks = self.augmentation._mask_positions(self.channels_, n_channels)
        # A copy: settings may change while the network stays as it was fitted.
        augmentation = clone(self.augmentation, safe=False)
        self.changes_ = Changes(self.flip, self.max_shift, augmentation, tuple(masks))
        # Not torch's own generator, from which dropout draws on some devices.
        self._generator = torch.Generator().manual_seed(self.seed_)

    def _augment(self, x):
        """Change the items of a training batch at random."""
        return self._fitted_changes.of_training(x, vars(self).get("_generator"))

    def _views(self):
        """What a prediction looks at besides the items themselves."""
        changes = self._fitted_changes
        return [
            partial(changes.of_view, number=number, seed=self.seed_)
            for number in range(1, self.n_test_views + 1)
        ]

    @property
    def _fitted_changes(self):
        """How images are changed; what was saved before there was more only shifts."""
        return vars(self).get("changes_", Changes(self.flip, self.max_shift))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = False
        return tags
