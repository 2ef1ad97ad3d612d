"""A user's annotated code: `mypy --strict` holds it against sknac's signatures.

One function per package, with every public name; none is run. `make types` checks it.
"""

# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path
from typing import Any, assert_type

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import sknac
from sknac import (
    clinical,
    cohort,
    datasets,
    decision,
    exceptions,
    features,
    inspection,
    io,
    metrics,
    nets,
    preprocessing,
    qus,
    report,
    roi,
    survival,
    systems,
    testing,
)

Labels = NDArray[np.str_]
Scores = NDArray[np.float64]


def read(folder: Path) -> pd.DataFrame:
    """Find scans, and say what is there."""
    pattern = str(folder / "{patient_id}.dcm")
    table = cohort.cohort_from_folder(pattern, root=folder, kind="bmode")
    X = cohort.cohort_from_table(table, clinical=folder / "clinical.csv")
    assert_type(X, pd.DataFrame)
    print(cohort.cohort_summary(X).to_frame(), cohort.memory_report(X))
    assert_type(cohort.planes_table(X, pixels=False), pd.DataFrame)
    packed: Path = cohort.pack_cohort(X, folder / "packed.sknac")
    return cohort.relocate(X, packed.parent)


def records(pixels: NDArray[np.float64]) -> cohort.Study:
    """Build a study from arrays."""
    grid = cohort.Grid((64, 64), (0.1, 0.1))
    points: np.ndarray[Any, Any] = grid.to_points([[0, 0]])
    mask = cohort.MaskOutline(cohort.InMemoryArray(pixels > 0), grid)
    polygon = cohort.PolygonOutline(points)
    image: cohort.ArrayRef | cohort.InMemoryArray = cohort.InMemoryArray(pixels)
    planes = [cohort.Plane(image, "bmode", core=core) for core in (mask, polygon)]
    return cohort.Study(tuple(planes))


class Doubled(cohort.PlaneTransformer):
    """A step of the user's own."""

    def fit(self, X: pd.DataFrame, y: Any = None) -> "Doubled":
        """Learn the columns."""
        cohort.check_cohort(self, X, reset=True)
        return self


def files(path: Path) -> tuple[NDArray[Any], float]:
    """Read arrays; a format of the user's own beside those of sknac."""

    def info(name: str) -> io.ArrayInfo:
        return io.ArrayInfo(name, "own", (4, 4), np.dtype(float))

    def frame(what: io.ArrayInfo, number: int | None) -> NDArray[Any]:
        return np.zeros(what.shape)

    io.register_reader(".own", info=info, frame=frame)
    assert_type(io.read_info(path), io.ArrayInfo)
    try:
        array = io.read_array(path, frame=0)
    except (exceptions.SknacFormatError, exceptions.StaleFileError) as error:
        raise exceptions.CohortError(str(error)) from error
    return io.rf_from_iq(array, fs_mhz=10.0, demodulation_mhz=5.0)


def cohorts(folder: Path) -> list[Any]:
    """Simulate, or open a public set."""
    sets = [datasets.load_busbra, datasets.load_busi, datasets.load_breast_lesions]
    return [
        *(load(folder) for load in sets),
        datasets.load_ispy1(folder / "ispy1.csv"),
        datasets.load_oasbud(folder / "o.mat", fs_mhz=40.0, line_pitch_mm=0.2),
        datasets.make_bmode_cohort(8, n_planes=2, random_state=0),
        datasets.make_rf_cohort(8, n_planes=(2, 4), random_state=0),
    ]


def maps(
    plane: cohort.Plane, phantom: qus.ReferencePhantom, X: pd.DataFrame
) -> qus.QUSMaps:
    """Make maps, spectra and their pictures."""
    options = qus.SpectralOptions(taper="hann", correct_taper=True)
    mapper = qus.QUSMapper(phantom, attenuation_db_cm_mhz=0.7, overlap=0.75)
    assert_type(mapper.fit(X), qus.QUSMapper)
    qus.EnvelopeMapper(window_mm=2.0).fit(X).transform(X)
    print(mapper.quality_table(), qus.bmode_from_rf(np.ones((8, 8))))
    for law in (qus.GaussianScatterers(50.0, 10.0), qus.PowerLaw(1e-3, 3.0)):
        print(law, qus.FaranSpheres((50.0,)), qus.TabulatedBSC((1.0, 9.0), (1.0, 2.0)))
    check = qus.check_reference(phantom)
    qus.ReferenceCheckDisplay(check=check).plot()
    spectrum = qus.roi_spectrum(plane, phantom, attenuation_db_cm_mhz=0.7)
    qus.SpectrumDisplay(spectrum=spectrum).plot()
    print(qus.estimate_attenuation(plane, phantom))
    result = qus.qus_maps(plane, phantom, attenuation_db_cm_mhz=0.7, options=options)
    assert_type(qus.QUSMapDisplay.from_maps(result, "mbf"), qus.QUSMapDisplay)
    return result


def steps(X: pd.DataFrame, phantom: qus.ReferencePhantom) -> Any:
    """Crop, mask, resize, scale; features of what is left."""
    X = roi.ROICropper(border_mm=2.0).fit(X).transform(X)
    X = roi.ROIMasker(region="core", margin_mm=3.0).fit_transform(X)
    X = roi.RegionChannels(regions=("core",)).fit_transform(X)
    X = preprocessing.BurnedInAnnotations(action="keep").fit_transform(X)
    X = preprocessing.PlaneResizer(image_size=64, keep_aspect=True).fit_transform(X)
    X = preprocessing.MapScaler(limits=(1, 99), n_jobs=1).fit(X).transform(X)
    texture = features.Texture(levels=16)
    assert_type(texture.fit(X), features.Texture)
    change = features.VisitDelta(features.OutlineShape(), visits=("pre", "post2"))
    stable = features.StableFeatures(features.MapStatistics(reduce="mean"))
    spectrum = features.RegionSpectrum(phantom, attenuation_db_cm_mhz=0.7)
    return [step.fit(X).transform(X) for step in (change, stable, spectrum)]


def networks(X: pd.DataFrame, y: Labels) -> Any:
    """Train networks, and ask what they looked at."""
    net = nets.PlaneFeatureNet(module="ran_tiny", lr=1e-3, max_epochs=1, device="cpu")
    assert_type(net.fit(X, y), nets.PlaneFeatureNet)
    nets.PredictiveNet(module="mlp", max_epochs=1).fit(net.transform(X), y)
    dlr = nets.DLRClassifier(augmentation=nets.Augmentation(rotate_deg=5.0))
    ensemble = nets.SeedEnsemble(dlr, n_seeds=3).fit(X, y)
    nets.EncoderFeatures("resnet18", pool="mean").fit(X)
    nets.TrainingCurveDisplay.from_estimator(net).plot()
    for build in (nets.RAN, nets.ResNet, nets.DualInput, nets.PredictiveMLP):
        print(build())
    seen = inspection.grad_cam(net, X, relu=True)
    inspection.prediction_difference(net, X, patch=8, stride=4)
    inspection.SaliencyDisplay(values=seen, grid=None, label="response").plot()
    return ensemble.predict_proba(X)


def statistics(y: Labels, score: Scores, called: Labels, folds: list[int]) -> float:
    """Estimate rates and areas with their intervals."""
    pos = "response"
    area = metrics.auc_ci(y, score, pos_label=pos, groups=folds)
    low, high = area.low, area.high
    metrics.average_precision_ci(y, score, pos_label=pos)
    metrics.bootstrap_ci("accuracy", y, called, n_resamples=100)
    metrics.sensitivity_at_specificity(y, score, specificity=0.9, pos_label=pos)
    metrics.cv_auc_ci(y, score, folds, pos_label=pos)
    metrics.cv_rates(y, called, folds, pos_label=pos).to_frame()
    metrics.confusion_rates(y, called, pos_label=pos).to_frame()
    metrics.rates_from_counts(tp=9, fn=1, fp=2, tn=8, pos_label=pos)
    metrics.compare_rates(y, called, called[::-1], pos_label=pos)
    metrics.delong_test(y, score, score[::-1], pos_label=pos)
    metrics.delong_contrast(y, [score, score[::-1]], pos_label=pos)
    metrics.corrected_resampled_ttest({"test_score": score}, {"test_score": score})
    metrics.icc(np.ones((8, 2)))
    print(metrics.performance_table(y, {"model": called}, pos_label=pos))
    print(metrics.clinical_scorers(pos_label=pos)["accuracy"])
    for rate in (metrics.sensitivity_score, metrics.specificity_score):
        assert_type(rate(y, called, pos_label=pos), float)
    print(metrics.ppv_score(y, called), metrics.npv_score(y, called))
    print(metrics.weighted_youden_score(y, called, weight=0.4, pos_label=pos))
    return float(high - low)


def figures(y: Labels, score: Scores, called: Labels, X: pd.DataFrame, net: Any) -> Any:
    """Draw what was estimated."""
    roc = metrics.RocCIDisplay(curves={"model": metrics.roc_ci(y, score)})
    assert_type(roc.plot(), metrics.RocCIDisplay)
    metrics.PRCurveCIDisplay.from_predictions(y, score, pos_label="response")
    fit = metrics.calibration(y, score, pos_label="response")
    metrics.CalibrationCIDisplay(calibration=fit).plot()
    curve = metrics.decision_curve(
        y, score, optimism=metrics.optimism(net, X, y, n_resamples=50)
    )
    metrics.DecisionCurveDisplay(curve=curve).plot()
    rates = metrics.subgroup_rates(y, called, X["site"], pos_label="response")
    metrics.SubgroupDisplay(rates=rates).plot()
    return metrics.ForestDisplay(rows={"test": {"auc": metrics.auc_ci(y, score)}})


def clinic(X: pd.DataFrame, y: Labels) -> pd.DataFrame:
    """Describe patients, and fit a stepwise model."""
    model = clinical.StepwiseLogisticRegression(entry=0.05, pos_label="response")
    assert_type(model.fit(X, y), clinical.StepwiseLogisticRegression)
    clinical.NomogramDisplay.from_estimator(model, X).plot()
    flow = clinical.PatientFlow({"training": {"response": 9}}, enrolled=10)
    clinical.PatientFlowDisplay(flow=flow).plot()
    clinical.TumorChange(["mm_pre", "mm_post2"], definition="ratio").fit_transform(X)
    clinical.riley_sample_size(5, prevalence=0.3, auc=0.8)
    clinical.molecular_subtype(X["er"], X["pr"], X["her2"])
    clinical.modified_response([30.0], [10.0])
    print(clinical.miller_payne_response([1, 5]))
    return clinical.baseline_table(X, by=y).to_frame()


def follow_up(time: Scores, event: NDArray[np.bool_], group: Labels) -> Any:
    """Compare survival."""
    curves = survival.kaplan_meier(time, event, group)
    survival.KaplanMeierDisplay(result=curves).plot()
    survival.logrank(time, event, group)
    survival.hazard_ratio(time, event, group, reference_group="response")
    survival.restricted_mean(time, event, group, until=60.0)
    survival.time_dependent_auc(time, event, time, times=[12.0], high_score="late")
    return survival.concordance(time, event, time, high_score="late")


def decide(X: pd.DataFrame, y: Labels, score: Scores, model: Any) -> Any:
    """Choose a cut, and decide in stages."""
    cut = decision.WeightedYoudenThreshold(model, weight=0.4, pos_label="response")
    assert_type(cut.fit(X, y), decision.WeightedYoudenThreshold)
    curve = decision.weighted_youden_curve(y, score, weight=0.4, pos_label="response")
    decision.ThresholdCurveDisplay(curve=curve, threshold=curve.threshold).plot()
    staged = decision.StagedClassifier([("first", cut)], stop_label="non-response")
    flow = decision.stage_flow(y, staged.fit(X, y).predict_each(X), stop_label="no")
    decision.StageFlowDisplay(flow=flow).plot()
    return decision.ScoreColumn("score", pos_label="response").fit(X, y)


def study(phantom: qus.ReferencePhantom, X: pd.DataFrame, y: Labels) -> Path:
    """Assemble the published systems, hand one over, and write it all down."""
    system = systems.make_qus_response_pipeline(phantom, attenuation_db_cm_mhz=0.7)
    systems.make_bmode_response_pipeline(columns="us_pre")
    systems.make_dlr_pipeline(random_state=0)
    staged = systems.DLRPClassifier(fit_on="all").fit(X, y)
    systems.hand_over(system, "system.sknac")
    systems.save_model(system, "system.skops")
    page = report.StudyReport("A study", synthetic=True, n_resamples=100)
    page.add_predictions("staged", y, staged.predict_proba(X), pos_label="response")
    return page.save("study")


def own_step() -> None:
    """Test a step of the user's own."""
    testing.parametrize_with_cohort_checks([Doubled()])
    X, y = testing.make_check_cohort("bmode", image_size=16)
    testing.check_cohort_estimator(Doubled().fit(X, y), on_fail=None)
    sknac.show_versions()
