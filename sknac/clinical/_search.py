"""Selection of terms step by step, by p-value or by an information criterion."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, field

import numpy as np

from sknac.clinical._logistic import fit_logistic, nested_test

# A criterion must fall by more than rounding for a step to be taken.
LEAST_FALL = 1e-7


@dataclass
class StepwiseSearch:
    """One run of the selection; `run` returns the final fit."""

    blocks: dict[str, np.ndarray]
    target: np.ndarray
    terms: list[str]
    criterion: str
    direction: str
    entry: float
    removal: float
    test: str
    path: list[dict] = field(default_factory=list)
    considered: list[dict] = field(default_factory=list)
    cycled: bool = False

    def run(self, *, full):
        """Select terms from the empty or the full model; return the final fit."""
        self.fits = {}
        self.fit = self.fit_of(self.terms if full else [])
        self.note("start", None, {})
        seen = {frozenset(self.fit.terms)}
        step = self.step_by_p if self.criterion == "p" else self.step_by_criterion
        while step(drop_first=full):
            here = frozenset(self.fit.terms)
            if here in seen:
                self.cycled = True
                break
            seen.add(here)
        return self.fit

    def fit_of(self, terms):
        """Return the fit with some terms, in their order of entry."""
        key = frozenset(terms)
        if key not in self.fits:
            self.fits[key] = fit_logistic(self.blocks, terms, self.target)
        return self.fits[key]

    def moves(self, action):
        """Yield each term that can be added or dropped, and the fit it leads to."""
        held = list(self.fit.terms)
        if action == "drop":
            for name in held:
                yield name, self.fit_of([other for other in held if other != name])
            return
        for name in self.terms:
            if name not in held:
                yield name, self.fit_of([*held, name])

    def step_by_criterion(self, *, drop_first):
        """Take the step that lowers AIC or BIC most; tell whether there was one."""
        actions = {"forward": ["add"], "backward": ["drop"], "both": ["drop", "add"]}
        best, lowest = None, getattr(self.fit, self.criterion) - LEAST_FALL
        for action in actions[self.direction]:
            for name, fit in self.moves(action):
                value = getattr(fit, self.criterion)
                self.consider(action, name, {self.criterion: value})
                if value < lowest:
                    best, lowest = (action, name, fit), value
        if best is None:
            return False
        self.fit = best[2]
        self.note(*best[:2], {})
        return True

    def step_by_p(self, *, drop_first):
        """Add, drop, or do one after the other; tell whether the model changed."""
        if self.direction == "forward":
            return self.add_best()
        if self.direction == "backward":
            return self.drop_worst()
        if drop_first:
            dropped = self.drop_worst()
            return self.add_best() or dropped
        added = self.add_best()
        return self.drop_worst() or added

    def add_best(self):
        """Add the term of least p-value if that is below `entry`."""
        tested = {}
        for name, larger in self.moves("add"):
            tested[name] = self.tested("add", name, self.fit, larger), larger
        if not tested:
            return False
        best = min(tested, key=lambda name: self.rank(tested[name][0]))
        found, fit = tested[best]
        if found["pvalue"] >= self.entry:
            return False
        self.fit = fit
        self.note("add", best, found)
        return True

    def drop_worst(self):
        """Drop the term of largest p-value if that is above `removal`."""
        tested = {}
        for name, smaller in self.moves("drop"):
            tested[name] = self.tested("drop", name, smaller, self.fit), smaller
        if not tested:
            return False
        worst = max(tested, key=lambda name: self.rank(tested[name][0]))
        found, fit = tested[worst]
        if found["pvalue"] <= self.removal:
            return False
        self.fit = fit
        self.note("drop", worst, found)
        return True

    @staticmethod
    def rank(found):
        """Order by p-value; where p-values run into 0, by the statistic per df."""
        return found["pvalue"], -found["statistic"] / found["df"]

    def tested(self, action, name, smaller, larger):
        """Return the test of one term, and keep it among those considered."""
        values = nested_test(smaller, larger, name, self.blocks[name], self.test)
        found = dict(zip(("statistic", "df", "pvalue", "test"), values, strict=True))
        self.consider(action, name, found)
        return found

    def consider(self, action, name, found):
        """Keep what a possible step would have done."""
        row = {"step": len(self.path), "action": action, "term": name}
        self.considered.append(row | found)

    def note(self, action, name, found):
        """Write a step into the path."""
        self.path.append(
            {
                "action": action,
                "term": name,
                "statistic": np.nan,
                "df": np.nan,
                "pvalue": np.nan,
                "test": None,
                **found,
                "n_terms": len(self.fit.terms),
                "deviance": self.fit.deviance,
                "aic": self.fit.aic,
                "bic": self.fit.bic,
            }
        )
