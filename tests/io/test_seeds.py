"""The seeds are what damage is measured against: they open."""

# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import pytest

from sknac.cohort import cohort_from_table
from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info


def parts(seed):
    """The path to read, and the file to damage."""
    return seed if isinstance(seed, tuple) else (seed, str(seed).partition("::")[0])


def test_every_seed_opens(seeds, tmp_path):
    for name, write in seeds.SEEDS.items():
        folder = tmp_path / name.replace(" ", "_")
        folder.mkdir()
        path, damaged = parts(write(folder))
        info = read_info(path)
        frame = None if info.n_frames == 1 else info.n_frames - 1
        assert read_array(path, frame).shape == info.frame_shape(frame), name
        assert 20 < Path(damaged).stat().st_size < 100_000, name


def test_every_cohort_opens(seeds, tmp_path):
    for name, write in seeds.COHORTS.items():
        folder = tmp_path / name.replace(" ", "_")
        folder.mkdir()
        path, damaged = parts(write(folder))
        X = cohort_from_table(path)
        assert X.index.tolist() == ["P1", "P2"], name
        has_core = X["us_pre"].iloc[0].planes[0].core is not None
        assert has_core == ("outline" in name or "pack" in name), name
        assert Path(damaged).stat().st_size < 100_000, name


def test_every_bomb_is_a_format_error(seeds, tmp_path, peak_bytes):
    for name, write in seeds.BOMBS.items():
        folder = tmp_path / name.replace(" ", "_")
        folder.mkdir()
        path, _ = parts(write(folder))
        before = peak_bytes()
        with pytest.raises(SknacFormatError):
            read_array(path, 0)
        assert peak_bytes() - before < 300e6, name
