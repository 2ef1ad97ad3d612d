"""One stream of random numbers per patient and purpose.

Every draw of a simulated cohort comes from a generator named by
``(random_state, patient, purpose, ...)``.  So a patient does not depend on how
many others there are, on the number of workers, or on what else was drawn for
her; and NumPy's global generator is never touched.
"""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

#: Patients per block in which the share of each class is held (see `draw_labels`).
LABEL_BLOCK = 8
# Purposes: the second number of a stream's key.
LABELS, CLINICAL, SURVIVAL, TRUTH, IMAGES, REFERENCE = range(6)


def entropy_from(random_state) -> int:
    """Turn a seed, a generator or None into the root entropy of a cohort."""
    if random_state is None:
        return int(np.random.SeedSequence().entropy)
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**32))
    if isinstance(random_state, int | np.integer) and random_state >= 0:
        return int(random_state)
    return int(check_random_state(random_state).randint(2**32, dtype=np.uint64))


def stream(entropy: int, *key: int) -> np.random.Generator:
    """Return the generator of one patient and purpose."""
    return np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=key))


def draw_labels(entropy: int, n_patients: int, prevalence: float) -> np.ndarray:
    """Draw which patients do not respond, as a bool array.

    Blocks of `LABEL_BLOCK` patients hold the prevalence to within one patient,
    in random order; so any prefix of a cohort is itself a balanced cohort.
    """
    n_blocks = -(-int(n_patients) // LABEL_BLOCK)
    edges = np.floor(np.arange(n_blocks + 1) * LABEL_BLOCK * prevalence + 0.5)
    blocks = []
    for block, n_positive in enumerate(np.diff(edges).astype(int)):
        flags = np.arange(LABEL_BLOCK) < n_positive
        blocks.append(stream(entropy, block, LABELS).permutation(flags))
    return np.concatenate(blocks)[:n_patients] if blocks else np.zeros(0, bool)


def patient_index(n_patients: int) -> pd.Index:
    """Name the patients P000, P001, ..."""
    return pd.Index([f"P{i:03d}" for i in range(n_patients)], name="patient_id")
