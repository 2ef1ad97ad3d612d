"""One image under two names is found whatever file it lies in."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sknac.cohort import cohort_from_table
from sknac.cohort._duplicates import find_duplicates
from sknac.exceptions import CohortError, SknacFormatError

RNG = np.random.default_rng(0)


@pytest.fixture
def build(tmp_path):
    """Build a cohort of images: one, saved again with other compression, another."""
    pixels = RNG.integers(0, 256, (3, 40, 30), "uint8")
    Image.fromarray(pixels[0]).save(tmp_path / "a.png", compress_level=0)
    Image.fromarray(pixels[0]).save(tmp_path / "again.png", compress_level=9)
    Image.fromarray(pixels[0]).save(tmp_path / "again.bmp")
    np.save(tmp_path / "again.npy", pixels[0])
    Image.fromarray(pixels[1]).save(tmp_path / "b.png")
    Image.fromarray(np.zeros((40, 30), "uint8")).save(tmp_path / "empty.png")
    Image.fromarray(np.zeros((40, 30), "uint8")).save(tmp_path / "void.png")

    def build(*rows, **settings):
        table = pd.DataFrame(rows, columns=["patient_id", "visit", "path"])
        return cohort_from_table(table.assign(kind="bmode"), root=tmp_path, **settings)

    return build


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (("P2", "pre", "again.png"), "1 of them under several patients; .* patient P2"),
        (("P2", "pre", "again.npy"), "1 of them under several patients; .* patient P2"),
        (("P1", "post2", "again.png"), "0 of them .* visit pre and at .* visit post2"),
        (("P1", "pre", "again.png"), "0 of them .* visit pre and at .* visit pre"),
    ],
)
def test_one_image_under_two_names_is_said_or_refused(build, other, said):
    rows = [("P1", "pre", "a.png"), ("P1", "pre", "b.png"), other]
    with pytest.warns(UserWarning, match=f"^1 images are there more than once, {said}"):
        build(*rows)
    with pytest.raises(CohortError, match=said):
        build(*rows, duplicates="raise")
    assert len(find_duplicates(build(*rows, duplicates="ignore"))) == 1


def test_other_images_and_empty_ones_are_no_duplicates(build):
    rows = [("P1", "pre", "a.png"), ("P2", "pre", "b.png")]
    rows += [("P1", "pre", "empty.png"), ("P2", "pre", "void.png")]
    assert find_duplicates(build(*rows)) == []


def test_how_to_treat_them_is_one_of_three(build):
    with pytest.raises(ValueError, match=r"duplicates must be one of .* got False"):
        build(("P1", "pre", "a.png"), duplicates=False)


def test_an_image_that_is_cut_off_names_its_place(build, tmp_path):
    data = (tmp_path / "b.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(SknacFormatError, match=r"cut\.png.*\(row P1, column us_pre"):
        build(("P1", "pre", "cut.png"))
