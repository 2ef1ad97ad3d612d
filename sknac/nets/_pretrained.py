"""What is done to a network between its building and its training."""

# SPDX-License-Identifier: BSD-3-Clause

from sknac.nets._first_layers import (
    first_convolutions,
    input_scaling,
    make_scaled,
    scale_input,
)
from sknac.nets._weights_file import check_path, content_of, read_weights
from sknac.nets._weights_fit import fit_weights, tell_missing, tell_unused
from sknac.utils._warnings import warn_user

SAMPLE = 16  # items that are looked at for the range of their pixels
_WIDE = 20.0  # no scaled pixel is as far from 0
_ROUNDING = 1e-3  # by which interpolation may pass from 0 to 1


class PretrainedMixin:
    """Weights of a file, and scaling of the input."""

    _gives_features = False

    def _check_pretrained(self):
        """Refuse, before anything is read, what can be told from the settings."""
        done = self._done_to_module()
        if done["weights"] is not None:
            check_path(done["weights"])
        if done["feature_layer"] is not None and not self._gives_features:
            raise ValueError(
                f"{type(self).__name__} gives no features; leave module__feature_layer "
                "out"
            )

    def _finish_module(self, items):
        """Load weights and scale the input, as set."""
        done = self._done_to_module()
        first = ()
        if done["weights"] is not None or done["normalise"] is not None:
            first = first_convolutions(self.module_, self.item_shape_)
        self.weights_report_ = None
        if done["weights"] is not None:
            file = read_weights(done["weights"])
            self.weights_report_ = report = fit_weights(self.module_, file, first)
            tell_missing(self.module_, report)
            tell_unused(self.module_, report)
            if done["normalise"] is None:
                warn_of_range(items.batch(range(min(len(items), SAMPLE))))
            warn_of_colours(self.channels_, done["normalise"])
        if done["normalise"] is not None:
            self._scale(done["normalise"], first, items)

    def _scale(self, normalise, first, items):
        """Let the module scale its input, and say so in what it is built by."""
        if not first:
            raise ValueError(
                f"no 2-D convolution of {type(self.module_).__name__} is given the "
                "image itself; leave module__normalise out, and scale in the module"
            )
        mean, sd = input_scaling(normalise, self.item_shape_[-3])
        if isinstance(normalise, str):
            check_range(items.batch(range(min(len(items), SAMPLE))))
        scale_input(self.module_, first, mean, sd)
        make, settings = self.module_spec_
        scaled = {"layers": tuple(first), "mean": mean, "sd": sd}
        self.module_spec_ = make_scaled, {"make": make, "settings": settings, **scaled}

    def _file_content(self):
        """Digest the file of weights that is named in the settings, where it is."""
        return content_of(vars(self).get("module__weights"))


def warn_of_colours(channels: tuple[str, ...], normalise: object) -> None:
    """Warn of three maps, each of which meets what was learned of a colour."""
    if len(channels) == 3 and isinstance(normalise, str):
        warn_user(
            f"the maps {channels} are given to what the weights learned of red, green "
            "and blue; take another number of maps, which share all colours, such as "
            "RegionChannels(regions=('core',))"
        )


def warn_of_range(images) -> None:
    """Warn of pixels that few weights of a file are for."""
    seen = images[images.isfinite()]
    if len(seen) and (high := float(seen.abs().max())) > _WIDE:
        warn_user(
            f"pixels go up to {high:.4g}, and most weights are for pixels from 0 to 1, "
            "or scaled ones; put MapScaler before and set normalise, or set "
            "normalise=(0, 1) if these weights are for such pixels"
        )


def check_range(images) -> None:
    """Refuse pixels that are not those of images from 0, black, to 1, white.

    Raises
    ------
    ValueError
        If any is out of range.
    """
    seen = images[images.isfinite()]  # missing visits are not
    low, high = float(seen.min()), float(seen.max())
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise ValueError(
            f'normalise="imagenet" is for pixels from 0 to 1, got {low:.4g} to '
            f"{high:.4g}; put MapScaler before, or give (mean, SD) of such pixels"
        )
