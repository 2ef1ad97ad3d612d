"""Planes on which a reader has drawn are counted."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sknac.cohort import MaskOutline, Plane, Study, cohort_summary
from sknac.testing import make_check_cohort


def plane(*crosses):
    """A dark image with crosses, and a core of 20 x 20 pixels in its middle."""
    image = np.full((60, 80), 60, "uint8")
    for row, column in crosses:
        image[row - 5 : row + 6, column] = 255
        image[row, column - 5 : column + 6] = 255
    made = Plane(image, "bmode", (0.2, 0.2))
    core = np.zeros((60, 80), bool)
    core[20:40, 30:50] = True
    return made.replace(core=MaskOutline(core, made.grid))


@pytest.fixture
def X():
    """Two patients: marks at the core and far from it, and a clean later visit."""
    pre = [Study([plane((30, 30)), plane()]), Study([plane((8, 8))])]
    post = [Study([plane()]), None]
    return pd.DataFrame({"us_pre": pre, "us_post2": post}, index=["P1", "P2"])


def test_marks_are_counted_by_visit_and_near_the_core(X):
    summary = cohort_summary(X, annotations=True, n_thumbnails=0)
    assert summary.to_frame()["annotated"].tolist() == [2, 0]
    assert summary.remarks[-1].startswith(
        "2 of 4 B-mode planes hold drawn text, calipers or colour, 1 of 4 in the box "
        "around the core: a model may learn from the reader; "
    )


def test_nothing_is_looked_for_unasked(X):
    summary = cohort_summary(X, n_thumbnails=0)
    assert "annotated" not in summary.to_frame()
    assert not any("drawn" in remark for remark in summary.remarks)


def test_maps_and_clean_images_have_no_remark(X):
    for frame in (make_check_cohort("maps")[0], X[["us_post2"]]):
        summary = cohort_summary(frame, annotations=True, n_thumbnails=0)
        assert summary.to_frame()["annotated"].tolist() == [0]
        assert not any("drawn" in remark for remark in summary.remarks)
