"""The picture of a region's spectrum shows the numbers of its result."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from sknac.cohort import Plane
from sknac.qus import GaussianScatterers, ReferencePhantom, SpectrumDisplay

pytestmark = pytest.mark.mpl
MODEL = GaussianScatterers(esd_um=80, eac_db=20)


@pytest.fixture(autouse=True)
def _no_window():
    mpl.use("Agg")
    yield
    plt.close("all")


@pytest.fixture
def draw(rng):
    """What draws the spectrum of one scan against another."""
    scan, ref = (
        Plane.from_rf(rng.normal(size=(500, 40)), fs_mhz=40, line_pitch_mm=0.2)
        for _ in range(2)
    )

    def drawn(bsc=MODEL, **settings):
        phantom = ReferencePhantom(
            ref, attenuation_db_cm_mhz=0.5, speed_of_sound=1540, bsc=bsc
        )
        settings = {"region": "all", "attenuation_db_cm_mhz": 0.5} | settings
        return SpectrumDisplay.from_plane(scan, phantom, **settings)

    return drawn


def test_line_runs_over_the_band_alone(draw):
    display = draw(band_mhz=(4.0, 9.0))
    f, y = display.fit_line_.get_data()
    assert 4.0 <= f[0] < f[-1] <= 9.0
    np.testing.assert_allclose(y, display.spectrum.si + display.spectrum.ss * f)
    assert display.spectrum_line_.get_ydata().size > f.size
    assert f"MBF {display.spectrum.mbf:.1f}" in display.fit_line_.get_label()


def test_backscatter_is_drawn_with_its_model(draw):
    display = draw(part="bsc")
    assert display.ax_.get_yscale() == "log"
    np.testing.assert_array_equal(
        display.fit_line_.get_ydata(),
        display.spectrum.bsc_fit[display.spectrum.in_band],
    )


def test_power_is_drawn_beside_the_references(draw):
    display = draw(part="power", title="core")
    assert display.reference_line_ is not None
    assert display.fit_line_ is None
    assert display.ax_.get_title() == "core"


def test_axes_and_looks_are_the_callers(draw):
    _, ax = plt.subplots()
    spectrum = draw().spectrum
    display = SpectrumDisplay.from_spectrum(
        spectrum, ax=ax, line_kwargs={"color": "black"}, band_kwargs={"alpha": 0.5}
    )
    assert display.ax_ is ax
    assert display.spectrum_line_.get_color() == "black"
    assert display.band_.get_alpha() == 0.5


def test_part_that_cannot_be_drawn_is_refused(draw):
    with pytest.raises(ValueError, match="part must be one of"):
        draw(part="phase")
    with pytest.raises(ValueError, match="backscatter is unknown; give the Ref"):
        draw(part="bsc", bsc=None)
