"""The page: escaped, complete, captioned, and in need of nothing else."""

# SPDX-License-Identifier: BSD-3-Clause

import itertools
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

EVIL = "<script>alert(1)</script>"


class Page(HTMLParser):
    """Tags, attributes and texts of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self.within = [], [], []
        self.captions, self.styles = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        """Keep a tag with its attributes."""
        self.tags.append((tag, dict(attrs)))
        self.within.append(tag)
        if tag == "caption":
            self.captions.append("")

    def handle_endtag(self, tag):
        """Leave a tag."""
        while self.within and self.within.pop() != tag:
            pass

    def handle_data(self, data):
        """Keep a text, and what is caption or style."""
        self.texts.append(data)
        if "caption" in self.within:
            self.captions[-1] += data
        if "style" in self.within:
            self.styles.append(data)

    def all(self, name):
        """Return the attributes of all tags of a name."""
        return [attrs for tag, attrs in self.tags if tag == name]

    @property
    def text(self):
        """Everything that is read."""
        return " ".join(self.texts)


@pytest.fixture(scope="module")
def evil(study):
    """A report whose every text would be a script if it were not escaped."""
    from sknac.report import StudyReport

    y = pd.Series(
        np.where(study.y == "response", EVIL, "n & <b>bold</b>"),
        index=[f"{EVIL}{i}" for i in range(40)],
    )
    report = StudyReport(
        EVIL,
        data=EVIL,
        intended_use=EVIL,
        limits=[EVIL],
        seeds={EVIL: EVIL},
        date=EVIL,
        show_ids=True,
        synthetic=True,
        n_resamples=20,
    )
    X = pd.DataFrame({EVIL: [EVIL, "b"] * 20, "age": range(40)}, index=y.index)
    decided = y.sample(frac=1, random_state=0).to_numpy()
    report.add_predictions(
        f'"{EVIL}',
        y,
        {"'x'": study.X["dlr2"].to_numpy(), EVIL: study.X["dlr4"].to_numpy()},
        decisions={EVIL: decided},
        pos_label=EVIL,
        probabilities=True,
    )
    name = f'"{EVIL}'
    report.add_characteristics(name, X).add_subgroups(name, X[[EVIL]])
    time, event = study.time.to_numpy(), study.event.to_numpy()
    report.add_survival(name, time, event, time_label=EVIL)
    report.add_cascade(name, {EVIL: decided, "b": y.to_numpy()}, stop_label=EVIL)
    report.add_table(name, EVIL, pd.DataFrame({EVIL: [EVIL]}, index=[EVIL]), note=EVIL)
    figure = Figure()
    return report.add_figure(name, EVIL, figure, alt=f'" onload="{EVIL}')


@pytest.fixture(scope="module")
def evil_page(evil):
    """Its page, parsed."""
    return Page(evil.to_html())


def test_scripts_in_the_data_are_text(evil_page):
    assert not evil_page.all("script")
    assert evil_page.text.count("alert(1)") > 40
    assert not [tag for tag, _ in evil_page.tags if tag == "b" and "bold" in tag]
    assert "n & <b>bold</b>" in evil_page.text


def test_quotes_in_the_data_end_no_attribute(evil_page):
    names = {name for _, attrs in evil_page.tags for name in attrs}
    assert not {name for name in names if name.startswith("on")}
    assert any(EVIL in (attrs.get("alt") or "") for attrs in evil_page.all("img"))


def test_anchors_and_links_are_our_own(evil_page):
    anchors = [attrs["id"] for _, attrs in evil_page.tags if "id" in attrs]
    assert len(anchors) == len(set(anchors))
    for link in evil_page.all("a"):
        assert link["href"].removeprefix("#") in anchors
    assert all(re.fullmatch("[a-z0-9-]+", anchor) for anchor in anchors)


def test_patient_names_are_shown_on_request_only(evil_page, study, full, full_html):
    assert f"{EVIL}1" in evil_page.text
    text = full_html + str(full.to_dict())
    assert not [name for name in study.X.index if name in text]
    assert not [name for name in study.X_train.index if name in text]
    assert "test patient 1" in str(full.to_dict())


def test_page_needs_nothing_else(full_html):
    page = Page(full_html)
    pictures = [attrs["src"] for attrs in page.all("img")]
    assert pictures
    assert all(source.startswith("data:image/png;base64,") for source in pictures)
    assert {tag for tag, _ in page.tags}.isdisjoint(
        {"script", "iframe", "object", "embed", "audio", "video", "base", "form"}
    )
    assert [attrs["href"] for attrs in page.all("link")] == ["data:,"]
    style = "".join(page.styles)
    assert "url(" not in style
    assert "@import" not in style
    assert "http" not in style


def test_every_table_states_positive_class_unit_and_that_data_are_simulated(full_html):
    page = Page(full_html)
    assert len(page.captions) == len(page.all("table")) > 10
    for caption in page.captions[1:]:
        assert "Positive class: response." in caption
    assert "Positive class: below each name." in page.captions[0]
    assert all("Unit: patient." in caption for caption in page.captions)
    assert all("Simulated data." in caption for caption in page.captions)


def test_cells_have_headings_with_scope(full_html):
    page = Page(full_html)
    assert {attrs.get("scope") for attrs in page.all("th")} == {"col", "row"}


def test_real_data_are_not_called_simulated(bare_html):
    assert "imulated" not in bare_html


def test_headings_come_in_order(full_html):
    tags = [tag for tag, _ in Page(full_html).tags if re.fullmatch("h[1-6]", tag)]
    levels = [int(tag[1]) for tag in tags]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


def test_figures_are_described(full_html):
    pictures = Page(full_html).all("img")
    assert all(len(attrs["alt"]) > 20 for attrs in pictures)
    assert all(int(attrs["width"]) > 300 for attrs in pictures)


TITLES = {
    "Baseline characteristics": "baseline characteristics",
    "ROC curves": "ROC curves (no scores)",
    "Rates": "rates (no decisions)",
    "Comparison of models": "comparison of models",
    "Thresholds": "thresholds and their optimism",
    "Cascade": "a cascade",
    "Subgroups": "subgroups",
    "Clinical models": "coefficients",
    "Calibration": "calibration (no probabilities)",
    "Decision curve": "decision curve (no probabilities)",
    "Survival": "survival",
    "Training of the networks": "training of networks",
    "Attribution maps": "attribution maps",
    "Wrong decisions": "wrong decisions (no decisions)",
}


def sections(html):
    """Return the section titles of a page, and the line of what was not given."""
    titles = re.findall("<h3>(.*?)</h3>", html)
    (absent,) = re.findall('<p class="absent">(.*?)</p>', html) or [""]
    return titles, absent


@pytest.mark.parametrize("title", TITLES)
def test_a_section_is_there_or_said_not_to_be(full_html, bare_html, title):
    for html in (bare_html, full_html):
        titles, absent = sections(html)
        assert (title in titles) != (TITLES[title] in absent)


def test_a_report_tells_what_scores_or_decisions_tell(bare_html, study, new):
    assert sections(bare_html)[0] == ["Patients", "ROC curves"]
    unscored = new().add_predictions(
        "x", study.y, None, decisions=study.y, pos_label="response"
    )
    assert sections(unscored.to_html())[0] == ["Patients", "Rates", "Wrong decisions"]


def test_everything_given_is_there(full_html):
    titles, absent = sections(full_html)
    missing = set(TITLES) - set(titles)
    assert missing == {
        "Clinical models",
        "Training of the networks",
        "Attribution maps",
    }
    assert "patients left out, and why" in absent


def test_same_input_gives_the_same_bytes(study, new):
    def make():
        report = new(date="1 May").add_predictions(
            "x", study.y, study.X["dlr2"], pos_label="response"
        )
        return report.to_html(), report.to_dict()

    assert make() == make()


def test_cells_that_no_page_can_show_are_cleaned_and_end(study, new, tmp_path):
    report = new().add_predictions("s", study.y, study.X["dlr4"], pos_label="response")
    table = pd.DataFrame({"note": ["x" * 10_000, "a\0\ud800b"]}, index=["r", "q"])
    page = report.add_table("s", "c", table).save(tmp_path).read_bytes()
    assert b"\0" not in page
    assert "a\ufffd\ufffdb" in page.decode()
    assert "x" * 501 not in page.decode()
