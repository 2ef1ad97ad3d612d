"""Clarius captures, against bytes packed by their layout."""

# SPDX-License-Identifier: BSD-3-Clause

import shutil

import numpy as np
import pytest

from sknac.exceptions import SknacFormatError
from sknac.io import read_array, read_info


def test_rf_lines_become_columns(tmp_path, seeds):
    path = seeds.write_clarius(tmp_path)
    samples = seeds.clarius_texts()[2]
    info = read_info(path)
    assert (info.shape, info.n_frames, info.dtype) == ((12, 6), 2, np.int16)
    assert (info.signal, info.fs_mhz, info.focus_mm) == ("rf", 60.0, 20.0)
    assert (info.transmit_mhz, info.tgc) == (10.0, ((0.0, 23.0), (40.0, 26.0)))
    assert read_array(path, 1).tolist() == samples[1].T.tolist()


def test_the_first_sample_lies_where_the_delay_says(tmp_path, seeds):
    # 62 samples of 60 MHz, there and back at 1540 m/s.
    info = read_info(seeds.write_clarius(tmp_path))
    assert info.start_depth_mm == pytest.approx(62 / 60e6 * 1540e3 / 2)
    assert info.spacing_mm is None  # the pitch is that of a probe, which is not named


def test_a_named_probe_gives_the_spacing(tmp_path, seeds):
    info = read_info(seeds.write_clarius(tmp_path, more="probe: L15 HD3\n"))
    assert info.spacing_mm == pytest.approx((1.54 / 120, 0.260))
    assert info.probe == "L15 HD3"


def test_iq_pairs_are_complex_and_have_a_magnitude(tmp_path, seeds):
    path = seeds.write_clarius(tmp_path, "iq")
    pairs = seeds.clarius_texts("iq")[2][1].view("<i2").reshape(6, 12, 2).astype(float)
    truth = (pairs[..., 0] + 1j * pairs[..., 1]).T
    info = read_info(path)
    assert (info.signal, info.dtype) == ("iq", np.complex64)
    np.testing.assert_array_equal(read_array(path, 1), truth)
    info = read_info(path, "envelope")
    assert (info.signal, info.dtype) == ("envelope", np.float32)
    np.testing.assert_allclose(
        read_array(path, 1, "envelope"), np.abs(truth), rtol=1e-6
    )


def test_the_scanners_image_is_no_envelope(tmp_path, seeds):
    path = seeds.write_clarius(tmp_path, "env")
    assert (read_info(path).signal, read_info(path).dtype) == ("bmode", np.uint8)
    with pytest.raises(SknacFormatError, match="is the magnitude of IQ"):
        read_info(path, "envelope")


def test_steered_lines_are_no_plane_of_rf(tmp_path, seeds):
    path = seeds.write_clarius(tmp_path, "rf", angle=10)
    with pytest.raises(SknacFormatError, match="no rectangular grid; capture"):
        read_info(path)
    path = seeds.write_clarius(tmp_path, "iq", angle=10)
    assert "steered by 10 degrees" in read_info(path).header["no_grid"]


def test_gains_that_differ_between_frames_are_not_those_of_the_file(tmp_path, seeds):
    path = seeds.write_clarius(tmp_path)
    curves = ["{ 0mm, 1dB }{ 9mm, 2dB }", "{ 0mm, 1dB }{ 9mm, 3dB }"]
    for second, tgc in ((0, ((0, 1), (9, 2))), (1, ())):
        text = "".join(f"timestamp: 7 {curves[k]}\n" for k in (0, second))
        path.with_suffix(".tgc").write_text(text)
        assert read_info(path).tgc == tgc
    assert read_info(path).header["tgc_of_frames"][1][1] == (9.0, 3.0)


@pytest.fixture
def tar(tmp_path, seeds):
    """An archive of some captures."""

    def write(*kinds, more=()):
        files = dict(more)
        for kind in kinds:
            raw, yml, _ = seeds.clarius_texts(kind)
            files |= {f"c/c_{kind}.yml": yml.encode(), f"c/c_{kind}.raw": raw}
        return seeds.write_tar(tmp_path / "a.tar", files)

    return write


def test_archives_are_read_in_place(tar, seeds):
    path = tar("env", "rf", "iq")
    for kind, name in (("rf", "rf"), ("env", "c_env"), ("env", "c/c_env")):
        truth = seeds.clarius_texts(kind)[2][1].T
        assert read_array(f"{path}::{name}", 1).tolist() == truth.tolist()
    assert read_info(path, "envelope").signal == "envelope"
    with pytest.raises(SknacFormatError, match="several captures, it holds c_env"):
        read_info(path)
    with pytest.raises(SknacFormatError, match="no capture for variable='m'"):
        read_info(path, "m")


def test_archives_of_one_capture_need_no_name(tar):
    assert read_info(tar("rf")).signal == "rf"


def test_packed_captures_come_with_the_command(tmp_path, seeds, tar):
    (tmp_path / "a_rf.raw.lzo").write_bytes(b"\x89LZO")
    with pytest.raises(SknacFormatError, match=r"; unpack it: lzop -d a_rf\.raw\.lzo"):
        read_info(tmp_path / "a_rf.raw.lzo")
    with pytest.raises(SknacFormatError, match=r"tar -xf a\.tar, then lzop -d"):
        read_info(tar(more={"a_rf.raw.lzo": b"", "a_rf.yml": b""}))


def test_header_settings_and_size_agree(tmp_path, seeds):
    path = seeds.write_clarius(tmp_path)
    raw = path.read_bytes()
    path.write_bytes(raw[:4] + b"\x03" + raw[5:])
    said = r"\[3, 6, 12, 2\] in the \.raw and \[2, 6, 12, 2\] in the \.yml"
    with pytest.raises(SknacFormatError, match=said):
        read_info(path)
    path.write_bytes(raw[:-1])
    with pytest.raises(SknacFormatError, match="asks for 324 bytes, the file has 323"):
        read_info(path)


def test_settings_of_another_kind_are_refused(tmp_path, seeds):
    path = seeds.write_clarius(tmp_path, "env")
    other = path.with_suffix(".yml")
    text = other.read_text(encoding="utf-8").replace("B pre-scan", "RF")
    other.write_text(text, encoding="utf-8")
    with pytest.raises(SknacFormatError, match="1 bytes of a sample for rf"):
        read_info(path)


def test_a_raw_without_settings_is_refused(tmp_path, seeds):
    path = seeds.write_clarius(tmp_path)
    shutil.move(path.with_suffix(".yml"), tmp_path / "b.yml")
    with pytest.raises(SknacFormatError, match=r"no carotid_rf\.yml beside it"):
        read_info(path)
