"""Write small fitted networks and their scores, once per release.

Run ``python tests/nets/golden/make.py``; tests/nets/test_persistence.py holds every
later version to the scores.
"""

# SPDX-License-Identifier: BSD-3-Clause

from pathlib import Path

import joblib
import numpy as np

import sknac
from sknac.nets import DLRClassifier, PlaneFeatureNet, PredictiveNet

QUICK = {"max_epochs": 2, "lr": 3e-3, "random_state": 0, "torch_threads": 1}


def main():
    """Fit one small network of each kind and write it beside this script."""
    rng = np.random.default_rng(0)
    y = np.where(np.arange(16) % 2, "response", "non-response")
    settings = {"module__units": (1, 1, 1, 1), "module__width": 2}
    dual = {
        "module__width": 2,
        "module__encoder_settings": {"units": (1, 1, 1, 1)},
    }
    nets = {
        PredictiveNet(module__hidden=4, **QUICK): rng.random((16, 5)),
        PlaneFeatureNet(module="resnet_tiny", **settings, **QUICK): rng.random(
            (16, 2, 32, 32)
        ),
        DLRClassifier(module="resnet_tiny", **dual, **QUICK): rng.random(
            (16, 2, 1, 32, 32)
        ),
    }
    for net, X in nets.items():
        X = X.astype(np.float16)
        net.fit(X, y)
        stem = f"{type(net).__name__}-{sknac.__version__}"
        folder = Path(__file__).parent
        joblib.dump(net, folder / f"{stem}.joblib", compress=3)
        few = X[:3]
        np.savez_compressed(folder / f"{stem}.npz", X=few, proba=net.predict_proba(few))


if __name__ == "__main__":
    main()
