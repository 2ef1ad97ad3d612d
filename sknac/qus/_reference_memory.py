"""Spectra of a phantom, remembered with it: computed once, however often it is used."""

# SPDX-License-Identifier: BSD-3-Clause

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from sknac.qus._reference_spectrum import ReferenceSpectrum, setting_of, spectrum_for

_REMEMBERED = "_spectra"  # of a phantom; `ReferencePhantom` leaves it out of pickles
_MAX_BYTES = 8 << 20  # a hundred of usual size; the longest unused goes first


def remembered_spectrum(
    plane, plan, phantom, dtype, n_jobs=None, guards=False
) -> ReferenceSpectrum:
    """Return `spectrum_for` of these; what a phantom was asked before is at hand.

    Its arrays are read-only. As at every reading, an acquisition whose file has changed
    since is an error. Of several threads that ask, one computes and the others wait.
    """
    memory = vars(phantom).setdefault(_REMEMBERED, _Memory())
    key = (*setting_of(plane, plan), dtype.str, guards)
    found = memory.get(key)
    if found is None:
        with memory.computing:
            found = memory.get(key)
            if found is None:
                found = spectrum_for(plane, plan, phantom, dtype, n_jobs, guards)
                memory.keep(key, found)
                return found
    for digest, _ in found.sources:
        for scan in phantom.acquisitions:
            if scan.image.digest == digest:
                scan.image.check_unchanged()
    return found


@dataclass
class _Memory:
    """Spectra by setting, those used last at the end; threads may share it."""

    found: OrderedDict = field(default_factory=OrderedDict)
    n_bytes: int = 0
    lock: Lock = field(default_factory=Lock)
    computing: Lock = field(default_factory=Lock)

    def get(self, key):
        """Return what is remembered of a setting, or None."""
        with self.lock:
            if key in self.found:
                self.found.move_to_end(key)
            return self.found.get(key)

    def keep(self, key, spectrum):
        """Remember one more; let go of the longest unused."""
        with self.lock:
            self.found[key] = spectrum
            self.n_bytes += spectrum.n_bytes
            while self.n_bytes > _MAX_BYTES:
                self.n_bytes -= self.found.popitem(last=False)[1].n_bytes
