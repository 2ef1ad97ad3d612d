"""Patients and networks that tests of several packages share; none changes them."""

import gc
import os

# Two processes share the cores already: more threads of BLAS only wait, spinning.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# No test finds what another has computed.
os.environ["SKNAC_SESSION"] = "off"

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import settings

from sknac.cohort import Plane, PolygonOutline, Study
from sknac.nets import DLRClassifier, PlaneFeatureNet

# No test knows how fast its machine is, and each run tries the same examples; others
# are tried with ``--hypothesis-profile=default``.
settings.register_profile("sknac", deadline=None, derandomize=True)
settings.load_profile("sknac")

CORE = PolygonOutline([(8, 10), (8, 20), (16, 20), (16, 10)])
LABELS = np.array(["response", "non-response"] * 6)


def pytest_collection_finish():
    """Leave modules and collected tests out of garbage collections.

    They live as long as the session, and a library that collects in each call
    (``statsmodels.stats.multitest.multipletests``) would walk them every time.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def same_draws():
    """What draws without a seed draws the same in each run, in whatever order."""
    np.random.seed(0)  # noqa: NPY002
    torch.default_generator.manual_seed(0)  # without a list of calls for GPUs


@pytest.fixture(scope="session")
def small_labels():
    """Labels of 12 patients."""
    return LABELS


@pytest.fixture(scope="session")
def small_bags():
    """12 bags of 1-3 planes with two channels."""
    rng = np.random.default_rng(0)
    return [
        rng.random((1 + i % 3, 2, 32, 32)).astype(np.float32)
        for i in range(len(LABELS))
    ]


@pytest.fixture(scope="session")
def small_pairs():
    """12 pairs of images with one channel."""
    rng = np.random.default_rng(1)
    return rng.random((len(LABELS), 2, 1, 32, 32)).astype(np.float32)


@pytest.fixture(scope="session")
def small_plane_net(small_bags):
    """A network on planes, hardly trained, with maps of 4 x 4 pixels."""
    net = PlaneFeatureNet(module="ran_tiny", max_epochs=1, random_state=0)
    return net.fit(small_bags, LABELS)


@pytest.fixture(scope="session")
def small_pair_net(small_pairs):
    """A network on two visits, hardly trained."""
    net = DLRClassifier(module="resnet_tiny", max_epochs=1, random_state=0)
    return net.fit(small_pairs, LABELS)


@pytest.fixture(scope="session")
def small_cohort():
    """12 patients with two visits of 1-3 B-mode planes, 48 x 64 at 0.5 mm."""
    rng = np.random.default_rng(2)

    def study(n):
        images = rng.integers(0, 255, (n, 48, 64)).astype(np.uint8)
        return Study([Plane(im, "bmode", (0.5, 0.5), core=CORE) for im in images])

    visits = {"us_pre": lambda i: 1 + i % 3, "us_post2": lambda i: 1 + i % 2}
    cells = {name: [study(n(i)) for i in range(12)] for name, n in visits.items()}
    index = pd.Index([f"P{i:02d}" for i in range(12)], name="patient_id")
    return pd.DataFrame({**cells, "age": 50}, index=index)


class Listener:
    """A callback that writes down which tasks have ended."""

    max_propagation_depth = None

    def __init__(self):
        self.heard = []

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        self.heard.append(f"{context.estimator_name} {context.task_name}")

    def teardown(self, estimator, context):
        pass


@pytest.fixture
def listener():
    """A callback that has heard nothing yet."""
    return Listener()
