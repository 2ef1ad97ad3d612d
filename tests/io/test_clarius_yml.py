"""The settings of a Clarius capture."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sknac.io._clarius_yml import read_capture, read_frame_gains, read_gains


@pytest.fixture
def yml(seeds):
    """The text of a ``.yml`` with some of it replaced."""

    def text(old="", new="", **settings):
        text = seeds.clarius_texts(**settings)[1]
        assert old in text
        return text.replace(old, new, 1)

    return text


def test_settings_are_taken_with_their_units(yml):
    capture = read_capture(yml("focal depth: 20 mm", "focal depth: 2.5 cm"))
    assert (capture.kind, capture.n_frames, capture.n_lines) == ("rf", 2, 6)
    assert (capture.n_samples, capture.sample_bytes) == (12, 2)
    assert (capture.fs_mhz, capture.delay_samples) == (60.0, 62)
    assert (capture.focus_mm, capture.transmit_mhz) == (25.0, 10.0)
    assert capture.tgc == ((0.0, 23.0), (40.0, 26.0))
    assert read_capture(yml("60 MHz", "60000 kHz")).fs_mhz == 60.0


def test_the_distance_of_the_lines_is_told_in_elements(yml):
    capture = read_capture(yml(step=0.63))
    assert capture.elements_per_line == pytest.approx(0.63)
    assert (capture.no_grid, capture.line_pitch_mm) == (None, None)


@pytest.mark.parametrize("name", ["L15 HD3", "l15-hd3", "L15HD3"])
def test_the_pitch_of_a_named_probe_is_known(yml, name):
    capture = read_capture(yml(step=0.5, more=f"probe: {name}\n"))
    assert capture.line_pitch_mm == pytest.approx(0.130)
    assert capture.probe == name


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"angle": -15}, "steered by -15 degrees"),
        ({"step": 0.0}, "several lines stand at one place"),
        ({"more": "probe: C3 HD3\n"}, "the C3 HD3 is curved"),
    ],
)
def test_lines_that_are_no_grid_are_told(yml, settings, reason):
    capture = read_capture(yml(**settings))
    assert reason in capture.no_grid
    assert capture.line_pitch_mm is None


def test_lines_that_are_not_listed_are_not_judged(yml):
    text = yml()
    listed = text[text.index("lines:\n") : text.index("focus:\n")]
    capture = read_capture(text.replace(listed, ""))
    assert (capture.no_grid, capture.elements_per_line) == (None, None)


def test_lines_at_unequal_distances_are_no_grid(yml):
    capture = read_capture(yml("rx element: 3.0", "rx element: 3.2"))
    assert "equal distances" in capture.no_grid


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        (
            "sampling rate: 60 MHz",
            "sampling rate: 60",
            "sampling rate must be a number",
        ),
        ("60 MHz", "-60 MHz", "sampling rate must be above 0"),
        ("60 MHz", "60 mm", "sampling rate must be a number of Hz or kHz"),
        ("frames: 2", "frames: 2.5", "frames must be a whole number"),
        ("frames: 2", "frames: true", "frames must be a whole number"),
        ("frames: 2", "frames: -2", "frames must be a whole number"),
        ("frames: 2", "frames: 2\nframes: 3", "says 'frames' twice"),
        ("delay samples: 62", "delay samples: -1", "delay samples must be"),
        ("delay samples: 62", "delay samples: .nan", "delay samples must be"),
        ("type: RF", "type: M", "is not RF, IQ or B pre-scan"),
        ("size: {", "sizes: {", "no size of the capture"),
        ("number of lines: 6", "number of lines: 7", "lists 6 lines and counts 7"),
        ("angle: 0 °", "angle: x", "a line of its .yml without angle"),
        ("rx element: 0.0", "rx element: 1e999", "a line of its .yml without rx"),
        ("26.00dB", "26.00", "a gain curve that is not"),
        ("40.00mm", "-1.00mm", "depths do not rise"),
        ("frames: 2", "frames: &a 2", "references or tags"),
        ("frames: 2", "frames: !!python/name:os.system 2", "references or tags"),
        ("frames: 2", f"frames: {'[' * 500}", "settings within settings|did not find"),
        ("frames: 2", f"frames: 2\nx: {'y' * 70_000}", "70... characters"),
    ],
)
def test_settings_that_cannot_be_are_refused(yml, old, new, cause):
    with pytest.raises(Exception, match=cause):
        read_capture(yml(old, new))


def test_gains_of_frames_are_read_where_there_are_any():
    text = "# tgc\n\nframes: 2\n\ntimestamp: 7 { 1.0mm, 2.0dB }{ 3.0mm, 4.5dB }\n"
    assert read_frame_gains(text) == [((1.0, 2.0), (3.0, 4.5))]
    assert read_frame_gains("frames: 1\ntimestamp: 7 \n") == []
    assert read_gains("") == ()
