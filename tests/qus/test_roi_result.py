"""What a region's spectrum says is a table, and a line of text."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sknac.qus._roi_result import ROISpectrum


@pytest.fixture
def spectrum():
    freqs = np.array([2.0, 4.0, 6.0, 8.0])
    names = ("mbf", "ss", "si", "esd", "eac")
    return ROISpectrum(
        freqs_mhz=freqs,
        normalised_db=1 + 0.5 * freqs,
        standard_error_db=np.full(4, 0.3),
        power_db=np.zeros(4),
        reference_db=np.zeros(4),
        band_mhz=(4.0, 6.0),
        mbf=3.5,
        ss=0.5,
        si=1.0,
        esd=40.0,
        eac=30.0,
        standard_errors=dict(zip(names, (0.1, 0.2, 0.3, 4.0, 5.0), strict=True)),
        bsc=None,
        bsc_fit=None,
        n_lines=20,
        n_gates=100,
        n_independent_lines=10.0,
        valid_share=0.9,
        depth_range_mm=(3.0, 9.0),
    )


def test_parameters_have_their_errors_and_units(spectrum):
    table = spectrum.parameters()
    assert table.loc["esd"].tolist() == [40.0, 4.0, "um"]
    assert table["unit"].tolist() == ["dB", "dB/MHz", "dB", "um", "dB re 1 cm^-3"]


def test_table_of_bins_holds_the_line_and_leaves_out_what_is_unknown(spectrum):
    table = spectrum.to_frame()
    assert table["in_band"].tolist() == [False, True, True, False]
    np.testing.assert_allclose(table["line_db"], table["normalised_db"])
    assert "bsc" not in table


def test_repr_says_estimates_band_and_how_many_gates(spectrum):
    assert repr(spectrum) == (
        "ROISpectrum(MBF 3.50 +- 0.10 dB, SS 0.50 +- 0.20 dB/MHz, ESD 40 +- 4 um; "
        "4 to 6 MHz, 20 lines, 100 gates)"
    )


def test_what_was_left_out_is_nothing_unless_said(spectrum):
    assert (spectrum.invalid_counts, spectrum.snr_db, spectrum.doubts) == ({}, None, ())
