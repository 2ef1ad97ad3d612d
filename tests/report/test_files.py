"""Saving: one folder, three kinds of file, and nothing else touched."""

# SPDX-License-Identifier: BSD-3-Clause

import base64
import json
import re

import pytest


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
