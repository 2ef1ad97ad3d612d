"""Saving: one folder, three kinds of file, and nothing else touched."""

# SPDX-License-Identifier: BSD-3-Clause

import base64
import errno
import json
import os
import re
import warnings

import pytest

from sknac.report import StudyReport, _files
from sknac.utils import _atomic


def _refuse(name):
    """Raise on NaN and infinity, which are not JSON."""
    raise ValueError(name)


def everything(folder):
    """Return the bytes of every file."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_page_numbers_and_figures_are_saved(full, full_html, tmp_path):
    path = full.save(tmp_path / "a" / "b")
    assert path == tmp_path / "a" / "b" / "report.html"
    text = (path.parent / "report.json").read_text("utf-8")
    numbers = json.loads(text, parse_constant=_refuse)
    assert numbers == full.to_dict()
    assert path.read_text("utf-8") == full_html
    assert path.stat().st_size < 5e6
    files = {path.parent / figure["file"] for figure in numbers["figures"]}
    assert files == set((path.parent / "figures").iterdir())
    inline = re.findall('base64,([^"]+)', path.read_text("utf-8"))
    assert {base64.b64decode(text) for text in inline} == {
        file.read_bytes() for file in files
    }


def test_saved_twice_gives_the_same_bytes(bare, tmp_path):
    bare.save(tmp_path / "a")
    bare.save(tmp_path / "b")
    assert everything(tmp_path / "a") == everything(tmp_path / "b")


def test_a_report_is_replaced_only_on_request(bare, study, new, tmp_path):
    report = new().add_predictions("y", study.y, study.X["dlr4"], pos_label="response")
    report.save(tmp_path)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        bare.save(tmp_path)
    bare.save(tmp_path, overwrite=True)
    other = tmp_path / "other"
    bare.save(other)
    expected = everything(other)
    assert {k: v for k, v in everything(tmp_path).items() if "other" not in k} == (
        expected
    )


@pytest.mark.parametrize("name", ["report.html", "report.json", "figures/mine.png"])
def test_what_is_no_report_is_never_replaced(bare, tmp_path, name):
    mine = tmp_path / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(FileExistsError, match="no report's"):
        bare.save(tmp_path, overwrite=True)
    assert everything(tmp_path) == {name: b"mine"}


def test_other_files_in_the_folder_stay(bare, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    bare.save(tmp_path)
    (tmp_path / "figures" / "mine.png").write_text("mine")
    bare.save(tmp_path, overwrite=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "figures" / "mine.png").read_text() == "mine"


def test_earlier_numbers_cannot_name_files_elsewhere(bare, tmp_path):
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    folder = tmp_path / "report"
    bare.save(folder)
    numbers = json.loads((folder / "report.json").read_text("utf-8"))
    numbers["figures"] += [{"file": "../mine.txt"}, {"file": "figures/../../mine.txt"}]
    (folder / "report.json").write_text(json.dumps(numbers))
    bare.save(folder, overwrite=True)
    assert mine.read_text() == "mine"


def test_a_file_is_no_folder(bare, tmp_path):
    (tmp_path / "x").write_text("mine")
    with pytest.raises(FileExistsError, match="is a file"):
        bare.save(tmp_path / "x")


def test_an_empty_report_is_refused(new, tmp_path):
    with pytest.raises(ValueError, match="no system yet"):
        new().save(tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.fixture(scope="module")
def other(study):
    """A report whose figures have other names."""
    report = StudyReport("Other", n_resamples=50)
    settings = {"pos_label": "response", "probabilities": True}
    report.add_predictions("z", study.y, study.X["dlr4"], **settings).to_html()
    return report


def killed(report, folder, n):
    """Save in a process that dies, without cleaning up, before the n-th renaming."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads, which are not used there
        child = os.fork()
    if child == 0:
        left, replace = [n], os.replace

        def die(*names):
            left[0] -= 1
            if left[0] == 0:
                os._exit(9)
            replace(*names)

        _atomic.os.replace = die
        report.save(folder, overwrite=True)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_a_killed_save_is_finished_by_the_next_and_leaves_nothing(other, tmp_path):
    other.save(tmp_path / "whole")
    expected, n = everything(tmp_path / "whole"), 1
    while killed(other, tmp_path / str(n), n):
        folder = tmp_path / str(n)
        found = everything(folder)
        assert "report.html" not in found
        assert all(found[name] == expected[name] for name in found if name[-1] == "g")
        other.save(folder)
        assert everything(folder) == expected
        n += 1
    assert n == len(expected) + 2  # each file, and the list of them


def test_an_overwriting_save_that_is_killed_keeps_the_old_page(other, bare, tmp_path):
    bare.save(tmp_path / "old")
    other.save(tmp_path / "new")
    old, new = everything(tmp_path / "old"), everything(tmp_path / "new")
    for n in range(1, len(new) + 2):
        folder = tmp_path / str(n)
        bare.save(folder)
        assert killed(other, folder, n)
        found = everything(folder)
        assert found["report.html"] == old["report.html"]
        assert found["report.json"] in (old["report.json"], new["report.json"])
        with pytest.raises(FileExistsError, match="overwrite=True"):
            other.save(folder)
        last, expected = (bare, old) if n % 2 else (other, new)
        last.save(folder, overwrite=True)
        assert everything(folder) == expected


@pytest.mark.parametrize("before", [False, True], ids=["new", "overwritten"])
@pytest.mark.parametrize("name", ["02-z-roc.png", "report.json", "report.html"])
def test_a_full_disk_leaves_the_folder_as_it_was(
    other, bare, tmp_path, monkeypatch, before, name
):
    folder = tmp_path / "x"
    if before:
        bare.save(folder)
    expected = everything(folder) if before else None

    def full(path):
        if path.name == name or name[0] == "0" == path.name[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return _atomic.whole_file(path)

    monkeypatch.setattr(_files, "whole_file", full)
    with pytest.raises(OSError, match="No space left"):
        other.save(folder, overwrite=True)
    assert (everything(folder) if folder.exists() else None) == expected


def test_a_figure_of_somebody_elses_is_not_replaced(other, tmp_path):
    other.save(tmp_path / "whole")
    name = next(iter(everything(tmp_path / "whole")))
    other_folder = tmp_path / "x"
    (other_folder / "figures").mkdir(parents=True)
    (other_folder / "report.json").write_text(
        json.dumps({"kind": "sknac study report", "figures": []})
    )
    (other_folder / name).write_text("mine")
    with pytest.raises(FileExistsError, match="no report's"):
        other.save(other_folder, overwrite=True)
    assert (other_folder / name).read_text() == "mine"
