"""How often a stepwise selection chooses each term again, on other patients."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from sknac.utils._draws import draw_patients, free_mark, resolve_seed
from sknac.utils._frames import as_pandas
from sknac.utils._result import Result
from sknac.utils._rows import ONE_ROW, Rows, index_of
from sknac.utils._warnings import warn_user

_ONE_CLASS = "one class only"
_TOO_GOOD = (
    "The intervals take the terms as given beforehand; after a selection they are too "
    "narrow and odds ratios too far from 1 (95 % intervals covered 55 % of weak ones)."
)


@dataclass(frozen=True, eq=False, repr=False)
class SelectionFrequency(Result):
    """How often a stepwise selection chose each term in resamples of the patients.

    Parameters
    ----------
    table : DataFrame of shape (n_terms, 3)
        By term, the most frequent first: `chosen`, the share of resamples whose model
        holds it, `n_chosen` and whether it is `selected` on all patients.
    coefficients : DataFrame of shape (n_coefficients, 8)
        `summary_` of the fit on all patients, with `chosen`, of the intercept NaN.
    models : DataFrame of shape (n_models, 3)
        The sets of terms found: `terms`, `share` and whether it is `selected`.
    n, n_pos : int
        Patients and positive ones.
    pos_label : int, float, bool or str
        The class whose odds are modelled.
    n_resamples : int
        Number of resamples drawn.
    failures : dict of str to int
        Why resamples were left out, and how many.
    n_separated : int
        Resamples whose final model separated the classes.
    seed : int
        Passing it as `random_state` gives the same resamples again.

    See Also
    --------
    sknac.clinical.StepwiseLogisticRegression.selection_frequency : Computes it.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sknac.clinical import StepwiseLogisticRegression
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> X = X[["mean texture", "mean smoothness", "mean symmetry"]]
    >>> model = StepwiseLogisticRegression(criterion="bic").fit(X, y)
    >>> found = model.selection_frequency(X, y, n_resamples=5, random_state=0)
    >>> found.table["chosen"].tolist()
    [1.0, 1.0, 0.8]
    """

    table: pd.DataFrame
    coefficients: pd.DataFrame
    models: pd.DataFrame
    n: int
    n_pos: int
    pos_label: Any
    n_resamples: int
    failures: dict[str, int]
    n_separated: int
    seed: int

    n_groups = None

    def to_frame(self) -> pd.DataFrame:
        """Return how often each term was chosen.

        Returns
        -------
        DataFrame of shape (n_terms, 3)
            One row per term.
        """
        return self.table.copy()

    def __repr__(self) -> str:
        failed = sum(self.failures.values())
        of = f"{self.n_resamples} resamples" + (f", {failed} failed" if failed else "")
        separated = f", {self.n_separated} separated" if self.n_separated else ""
        others = self.table.loc[~self.table["selected"], "chosen"]
        shown = self.coefficients.drop(columns=["se", "z"]).round(3).to_string()
        return "\n".join(
            [
                f"selection repeated in {of}{separated} ({self._about()})",
                shown,
                "not selected: "
                + (", ".join(f"{k} {v:.2f}" for k, v in others.items()) or "none"),
                f"{len(self.models)} different models, the same one in "
                f"{self.models.loc[self.models['selected'], 'share'].sum():.0%}",
                _TOO_GOOD,
            ]
        )


def frequency_of(
    model: Any, X: Any, y: Any, n_resamples: int, n_jobs: Any, random_state: Any
) -> SelectionFrequency:
    """Repeat a fitted model's selection on resamples."""
    X, seed = as_pandas(X), resolve_seed(random_state)
    rows = Rows(ONE_ROW)
    rows.see("X", X)
    rows.see("y", y)
    y = np.asarray(y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fit on these patients has said it
        again = clone(model).fit(X, y)
    same = again.selected_ == model.selected_
    if not same or not np.allclose(again._coef, model._coef, equal_nan=True):
        raise ValueError(
            f"X and y give the terms {again.selected_}, fit gave {model.selected_}, or "
            "other coefficients; pass the patients of fit"
        )
    parallel = Parallel(n_jobs=n_jobs)
    found = parallel(
        delayed(_selected)(model, X, y, seed, number) for number in range(n_resamples)
    )
    failures = Counter(why for _, _, why in found if why)
    chosen = [frozenset(terms) for terms, _, why in found if not why]
    if len(chosen) < 2:
        raise ValueError(
            f"{len(chosen)} of {n_resamples} resamples could be fitted "
            f"({dict(failures)}); mend that or take fewer predictors"
        )
    if failures:
        warn_user(
            f"{failures.total()} of {n_resamples} resamples could not be fitted and "
            f"were left out ({dict(failures)}); mend it where these are many"
        )
    table = _terms(model, chosen)
    share = {
        column: table["chosen"][term.name]
        for term in model._final
        for column in term.columns
    }
    return SelectionFrequency(
        table=table,
        coefficients=model.summary_.assign(
            chosen=[share.get(name, np.nan) for name in model.summary_.index]
        ),
        models=_models(model, chosen),
        n=len(y),
        n_pos=int(np.sum(y == model.pos_label_)),
        pos_label=model.pos_label_,
        n_resamples=n_resamples,
        failures=dict(failures),
        n_separated=sum(separated for _, separated, _ in found),
        seed=seed,
    )


def _selected(
    model: Any, X: Any, y: np.ndarray, seed: int, number: int
) -> tuple[list[str], bool, str]:
    """Return one resample's terms, whether they separate, or why it failed."""
    draw = draw_patients(np.arange(len(y)), seed, number)
    if (y[draw.rows] == y[draw.rows][0]).all():
        return [], False, _ONE_CLASS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # separation is counted
        try:
            part = draw.of(X, free_mark(index_of(X)))
            fitted = clone(model).fit(part, y[draw.rows])
        except Exception as error:  # told by `failures`, not hidden
            return [], False, f"{type(error).__name__}: {error}"[:100]
    return fitted.selected_, fitted.separated_, ""


def _terms(model: Any, chosen: list[frozenset]) -> pd.DataFrame:
    """Return how often each term was chosen, the most frequent first."""
    names = [term.name for term in model._terms]
    counts = [sum(name in terms for terms in chosen) for name in names]
    table = pd.DataFrame(
        {
            "chosen": np.array(counts) / len(chosen),
            "n_chosen": counts,
            "selected": [name in model.selected_ for name in names],
        },
        index=pd.Index(names, name="term"),
    )
    return table.sort_values("n_chosen", ascending=False, kind="stable")


def _models(model: Any, chosen: list[frozenset]) -> pd.DataFrame:
    """Return how often each set of terms was chosen, the most frequent first."""
    own = frozenset(model.selected_)
    found = [
        {
            "terms": ", ".join(n.name for n in model._terms if n.name in terms),
            "share": count / len(chosen),
            "selected": terms == own,
        }
        for terms, count in Counter(chosen).most_common()
    ]
    return pd.DataFrame(found)
