"""A report is its chapters, each a system and what was computed of it."""

# SPDX-License-Identifier: BSD-3-Clause


def test_sections_are_computed_once_until_something_is_added(study, new):
    report = new().add_predictions("x", study.y, study.X["dlr4"], pos_label="response")
    first = report._build()
    assert report._build() is first
    report.add_characteristics("x", study.X)
    assert report._build() is not first


def test_figures_are_named_in_order_by_system_and_key(full):
    names = list(full._build().files.values())
    assert [int(name[:2]) for name in names] == list(range(1, len(names) + 1))
    assert all("-dlrp-" in name for name in names)
    assert len(set(names)) == len(names)


def test_results_of_a_chapter_are_those_of_its_sections(full, results):
    (chapter,) = full._build().chapters
    keys = [key for section in chapter.sections for key in section.results]
    assert list(results) == keys
    assert chapter.numbers()["main_model"] == "DLRP"
