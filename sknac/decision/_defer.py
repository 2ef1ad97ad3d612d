"""Bands of a cascade: what was asked for, their fitting, and who lies in them."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping

import numpy as np

from sknac.decision._band import ENDS, band_under, given_band
from sknac.decision._held_out import HeldOut
from sknac.decision._promise import Promise, check_promise
from sknac.decision._threshold import WeightedYoudenThreshold
from sknac.utils._answers import answers_of
from sknac.utils._labels import shown, spell
from sknac.utils._settings import as_number, check_confidence_level

_SUCH_AS = (
    "such as {'first': {'sensitivity': 0.95, 'specificity': 0.95}} or "
    "{'first': (0.2, 0.7)}"
)


def check_defer(cascade):
    """Return by stage what its band is asked to be: bounds or a pair of scores."""
    defer = cascade.defer
    if defer is None:
        return {}
    if not isinstance(defer, Mapping) or not defer:
        raise ValueError(
            f"defer must be a dict of bands by stage, {_SUCH_AS}, got {shown(defer)}"
        )
    if cascade.stop_at_most is not None:
        raise ValueError(
            "defer and stop_at_most both say where the stages cut; leave one of them "
            "out"
        )
    stages = {name: stage for name, stage, _ in cascade.stages}
    *earlier, last = stages
    for name in defer:
        if name == last:
            raise ValueError(
                f"defer names {name!r}, the last stage, which decides all; name an "
                "earlier one, or add a stage after it"
            )
        if name not in stages:
            raise ValueError(
                f"defer must name some of the earlier stages {spell(earlier)}, got "
                f"{shown(name)}"
            )
    bounded = [name for name in defer if isinstance(defer[name], Mapping)]
    shared = _shared(cascade, len(bounded))
    return {
        name: _bounds(cascade, name, stages[name], shared)
        if name in bounded
        else _pair(defer[name], name)
        for name in stages
        if name in defer
    }


def _shared(cascade, n_bounded):
    """Return the guarantee of each stage, so that those of all hold together."""
    if cascade.guarantee is None:
        return None
    guarantee = check_confidence_level(cascade.guarantee, "guarantee")
    if not n_bounded:
        raise ValueError(
            f"guarantee={cascade.guarantee} has no bound to hold for, as defer gives "
            "scores; give rates in defer"
        )
    if cascade.fit_on == "passed":
        raise ValueError(
            "a guarantee in defer is of all patients with data for a stage; set "
            "fit_on='all'"
        )
    return 1 - (1 - guarantee) / n_bounded


def _bounds(cascade, name, stage, guarantee):
    """Return the bounds of a stage, which must have scores that choose cuts."""
    rates = cascade.defer[name]
    promise = check_promise(rates, guarantee, rates=ENDS, name=f"defer[{name!r}]")
    check_own_cut("defer", name, stage, guarantee)
    return promise


def _pair(pair, name):
    """Return explicit scores as two numbers, or None for an open end."""
    ends = list(pair) if isinstance(pair, tuple | list) else []
    numbers = [end if end is None else as_number(end) for end in ends]
    wrong = [end for end, x in zip(ends, numbers, strict=True) if x is None is not end]
    low, high = numbers if len(numbers) == 2 else (None, None)
    crossed = low is not None and high is not None and not low < high
    if wrong or crossed or (low is None and high is None):
        raise ValueError(
            f"defer[{name!r}] must be a dict of rates or two increasing scores, of "
            f"which one may be None, got {shown(pair)}"
        )
    return low, high


def check_own_cut(setting, name, stage, guarantee):
    """Raise unless a setting of the cascade can move the cut of a stage."""
    if not isinstance(stage, WeightedYoudenThreshold):
        raise ValueError(
            f"{setting} moves the cut of each stage, and stage {name!r} is "
            f"a {type(stage).__name__}; wrap it in WeightedYoudenThreshold"
        )
    if stage.at_least is not None:
        raise ValueError(
            f"stage {name!r} sets at_least, and the cascade {setting}; "
            "leave one of them out"
        )
    if guarantee is not None and stage.cv == "resubstitution":
        raise ValueError(
            f"a guarantee needs scores of patients whom stage {name!r} has not "
            "seen; set its cv to folds"
        )


def fit_band(asked, name, stage, block, y):
    """Return the band of a fitted stage and what it says of the patients it had."""
    answers = answers_of(stage, block)
    if isinstance(asked, Promise):
        return band_under(asked, stage, name), answers
    score, is_probability = _scores(answers, name)
    outside = [x for x in asked if x is not None and not 0 <= x <= 1]
    if is_probability and outside:
        hint = f"; for {outside[0]:g} % write {outside[0] / 100:g}"
        raise ValueError(
            f"defer[{name!r}] must be probabilities, as the scores of the stage are, "
            f"got {outside[0]:g}{hint if 1 < outside[0] <= 100 else ''}"
        )
    label = answers.estimator.pos_label_
    if isinstance(stage, WeightedYoudenThreshold):
        held = stage._held_out
    else:
        every = np.arange(len(y))
        held = HeldOut(every, score, y == label, None, every, None)
    return given_band(asked, held, label), answers


def read_band(band, answers, name):
    """Return the label of each row, whether it is deferred, and its distance.

    The distance, to the nearer end, has the sign of the positive class; in the band it
    is that of the stage's own cut.
    """
    score, _ = _scores(answers, name)
    classes = answers.estimator.classes_
    positive = list(classes).index(answers.estimator.pos_label_)
    below, above = score < band.low, score >= band.high
    called = classes[np.where(above, positive, 1 - positive)]
    deferred = ~(below | above)
    label = np.where(deferred, answers.label, called)
    distance = np.where(above, score - band.high, score - band.low)
    if deferred.any():
        distance[deferred] = answers.side(positive)[deferred]
    return label, deferred, distance


def _scores(answers, name):
    """Return the scores of a stage for its positive class, and if probabilities."""
    known = answers.estimator
    if getattr(known, "pos_label_", None) is None:
        raise ValueError(
            f"defer cuts the scores of stage {name!r}, a {type(known).__name__}, which "
            "has no positive class; wrap it in WeightedYoudenThreshold"
        )
    return answers.shown(list(known.classes_).index(known.pos_label_))
