"""What is wrong with a table is gathered and said at once."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from contextlib import contextmanager

from sknac.exceptions import CohortError, SknacFormatError

_MOST_SHOWN = 20


class Faults:
    """Errors of rows, which are raised together: who mends one wants to know all."""

    def __init__(self):
        self.found = []

    def note_fault(self, text: str) -> None:
        """Take note of what is wrong with a row."""
        self.found.append(CohortError(text))

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Take note of an error instead of raising it."""
        try:
            yield
        except (CohortError, SknacFormatError) as error:
            self.found.append(error)

    def raise_found(self) -> None:
        """Raise what was found, if anything: one as it is, several as a list."""
        if not self.found:
            return
        first, *others = self.found
        if not others:
            raise first
        shown = "\n".join(map(str, others[: _MOST_SHOWN - 1]))
        n, n_left = len(self.found), len(self.found) - _MOST_SHOWN
        last = f"{n} errors in all" + (f", {n_left} not shown" if n_left > 0 else "")
        last += "; correct these rows, or leave them out"
        if isinstance(first, SknacFormatError):
            raise SknacFormatError(first.path, f"{first.cause}\n{shown}\n{last}")
        raise CohortError(f"{first}\n{shown}\n{last}") from first


@contextmanager
def naming(name: str | None) -> Iterator[None]:
    """Put the name of a table's file before an error that does not say it."""
    try:
        yield
    except CohortError as error:
        if name is None or name in str(error):
            raise
        raise CohortError(f"{name}: {error}") from error
