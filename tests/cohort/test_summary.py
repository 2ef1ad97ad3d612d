"""A summary says and shows what a cohort holds, and nothing else."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.base import BaseEstimator, ClassifierMixin

from sknac.cohort import (
    Plane,
    PolygonOutline,
    Study,
    cohort_from_folder,
    cohort_from_table,
    cohort_summary,
    pack_cohort,
    planes_table,
)
from sknac.report import StudyReport

RNG = np.random.default_rng(0)
CORE = PolygonOutline([(1, 1), (1, 3), (3, 3), (3, 1)])


def image(**settings):
    return Plane(RNG.integers(0, 256, (40, 30), "uint8"), "bmode", **settings)


@pytest.fixture
def X():
    """Three patients, of whom one has half a visit, one none, and one a copy."""
    one, two = image(spacing_mm=(0.1, 0.2), core=CORE), image(gain_db=30.0)
    first = [Study([one, two]), Study([image(core=CORE)]), None]
    second = [None, Study([two.replace(gain_db=None)]), Study([image(probe="L14")])]
    return pd.DataFrame(
        {"age": [50, None, 61], "us_pre": first, "us_post2": second},
        index=pd.Index(["P<1>", "P2", "P3"], name="patient_id"),
    )


def test_counts_and_ranges_are_those_of_the_frame(X):
    summary = cohort_summary(X)
    assert (summary.n, summary.n_planes) == (3, 5)
    pre, post2 = summary.to_frame().to_dict("records")
    assert (pre["patients"], pre["missing"], pre["planes"], pre["outlines"]) == (
        *(2, 1, 3, 2),
    )
    assert (post2["visit"], post2["formats"], post2["kinds"]) == (
        *("post2", "memory", "bmode"),
    )
    assert (pre["spacing_axial_mm_min"], pre["spacing_lateral_mm_max"]) == (0.1, 0.2)
    assert np.isnan(post2["spacing_axial_mm_min"])
    assert summary.clinical.to_dict("records") == [
        {"column": "age", "missing": 1, "distinct": 2}
    ]


def test_duplicates_name_patient_visit_and_plane(X):
    found = cohort_summary(X).duplicates
    assert found.to_numpy().tolist() == [
        [0, "P<1>", "pre", 1],
        [0, "P2", "post2", 0],
    ]
    assert len(cohort_summary(X, pixels=False).duplicates) == 0


def test_remarks_say_what_to_look_at(X):
    assert cohort_summary(X).remarks == [
        "pre: 1 of 3 have no plane",
        "pre: 1 of 3 planes have no outline",
        "post2: 1 of 3 have no plane",
        "4 of 5 planes have no pixel size",
        "probe differs: L14, unknown",
        "gain_db differs: 30.0, unknown",
        "1 images are there more than once, 1 of them under several patients",
    ]
    assert cohort_summary(X[["us_post2"]].iloc[1:2]).remarks == [
        "no plane has a pixel size: all is measured in pixels"
    ]


def test_gain_curves_that_differ_are_said(X):
    plane = X.at["P2", "us_pre"].planes[0].replace(tgc=((0, 1), (9, 2)))
    X.at["P2", "us_pre"] = Study([plane])
    said = "time-gain compensation differs between planes"
    assert said in cohort_summary(X).remarks


def test_numbers_are_plain_and_pictures_are_not_among_them(X):
    numbers = cohort_summary(X).to_dict()
    assert json.loads(json.dumps(numbers))["n"] == 3
    assert "thumbnails" not in numbers
    assert repr(cohort_summary(X)).startswith(
        "CohortSummary(n=3 patients, 5 planes at "
    )


def test_the_page_is_escaped_bounded_and_shows_outlines(X):
    page = cohort_summary(X)._repr_html_()
    assert page.count("<img ") == 5
    assert page.count("no outline</figcaption>") == 3
    assert "P&lt;1&gt;" in page
    assert "P<1>" not in page
    study = Study([image(core=CORE) for _ in range(60)])
    many = pd.DataFrame({"us_pre": [study]}, index=["P1"])
    page = cohort_summary(many, n_thumbnails=48)._repr_html_()
    assert page.count("<img ") == 48
    assert len(page) < 48 * 45_000


def test_more_pictures_than_a_page_holds_are_refused(X):
    for n in (-1, 49, 1.5):
        with pytest.raises(ValueError, match=f"n_thumbnails must be 0 to 48, got {n}"):
            cohort_summary(X, n_thumbnails=n)
    assert cohort_summary(X, n_thumbnails=0).thumbnails == ()


def test_a_cohort_without_a_plane_is_summarised(X):
    summary = cohort_summary(X[["us_post2"]].iloc[:1])
    assert summary.n_planes == 0
    assert "<table" in summary._repr_html_()


def test_files_are_named_by_their_suffix_alone(tmp_path):
    Image.fromarray(RNG.integers(0, 256, (40, 30), "uint8")).save(
        tmp_path / "Jane_Doe.PNG"
    )
    row = {"patient_id": "P1", "visit": "pre", "path": "Jane_Doe.PNG", "kind": "bmode"}
    summary = cohort_summary(cohort_from_table(pd.DataFrame([row]), root=tmp_path))
    assert summary.to_frame()["formats"].tolist() == ["png"]
    for text in (repr(summary), summary._repr_html_(), json.dumps(summary.to_dict())):
        assert "Jane" not in text
        assert str(tmp_path) not in text


SECRETS = {
    "PatientName": "Doe^Jane",
    "PatientID": "HOSP-778899",
    "PatientBirthDate": "19610203",
    "PatientAddress": "Elm Street 13",
    "ReferringPhysicianName": "House^Gregory",
    "OperatorsName": "Operator^Olga",
    "InstitutionName": "Mercy Hospital",
    "StationName": "ROOM-42",
    "AccessionNumber": "ACC-5566",
    "StudyDate": "20200317",
    "StudyDescription": "left breast follow-up",
    "PatientComments": "sister of a nurse",
    "DeviceSerialNumber": "SN-998877",
    "StudyInstanceUID": "1.2.826.0.1.3680043.8.498.1",
    "OtherPatientNames": "Roe^Jane",
}


class Mean(ClassifierMixin, BaseEstimator):
    """Decides by the mean of the first plane."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        means = np.array([cell.planes[0].load().mean() for cell in X["us_pre"]])
        return self.classes_[(means > np.median(means)).astype(int)]


def write_dicom(file):
    """Write a file whose header is filled with secrets."""
    pydicom = pytest.importorskip("pydicom")
    dataset = pydicom.Dataset()
    for name, value in SECRETS.items():
        setattr(dataset, name, value)
    pixels = RNG.integers(0, 256, (60, 50), "uint8")
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.PixelSpacing = [0.2, 0.3]
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.6.1"
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.PixelData = pixels.tobytes()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    file.parent.mkdir(parents=True)
    dataset.save_as(file, enforce_file_format=True)


def test_nothing_of_a_dicom_header_is_in_frame_page_pack_or_report(tmp_path):
    for number in range(6):
        write_dicom(tmp_path / f"P{number}" / "pre" / "a.dcm")
    table = cohort_from_folder(
        "{patient_id}/{visit}/*.dcm", root=tmp_path, kind="bmode"
    )
    X = cohort_from_table(table, root=tmp_path)
    summary = cohort_summary(X)
    plane = X.at["P1", "us_pre"].planes[0]
    assert plane.spacing_mm == (0.2, 0.3)
    with zipfile.ZipFile(pack_cohort(X, tmp_path / "a.cohort")) as pack:
        packed = b"".join(pack.read(name) for name in pack.namelist()).decode("latin1")
    y = pd.Series(["a", "b"] * 3, index=X.index)
    report = StudyReport("A study", n_resamples=50)
    report.add_estimator("mean", Mean().fit(X, y), X, y, pos_label="a")
    held = [
        *(table.to_csv(), X.to_string(), repr(plane), repr(plane.image)),
        *(str(vars(plane)), planes_table(X).to_csv(), pickle.dumps(X).decode("latin1")),
        *(repr(summary), summary._repr_html_(), json.dumps(summary.to_dict()), packed),
        *(report.to_html(), json.dumps(report.to_dict())),
    ]
    for value in SECRETS.values():
        for text in held:
            assert value not in text
            assert value.partition("^")[0] not in text
