"""Clinical columns and follow-up of simulated patients.

The distributions by response are those of Table 2 (training cohort: 65 responders
and 61 non-responders) of the DLRP paper (European Radiology): age, receptors,
Ki-67, molecular subtype and the two relative changes of tumour volume.  Subtype is
drawn first and the receptors follow from it, so that they never contradict.
Volume changes are drawn as log-normal ratios of volumes with the table's mean and
SD: a volume cannot fall by more than all of itself.
"""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sknac.datasets._seeds import CLINICAL, SURVIVAL, patient_index, stream

SUBTYPES = ("HR+HER2-", "HR+HER2+", "HER2+", "TN")
FOLLOW_UP_YEARS = 10.0
#: Hazard of an event per year, for responders and non-responders.
HAZARD = {False: 0.03, True: 0.12}


@dataclass(frozen=True)
class ClinicalLaw:
    """Distribution of the clinical columns in one class."""

    age: tuple[float, float]
    subtype: tuple[float, float, float, float]
    er_given_hr: float
    pr_given_er: float
    ki67: float
    dvolume_2: tuple[float, float]
    dvolume_4: tuple[float, float]


RESPONSE = ClinicalLaw(
    age=(48, 9),
    subtype=(12 / 65, 12 / 65, 26 / 65, 15 / 65),
    er_given_hr=1.0,
    pr_given_er=17 / 24,
    ki67=51 / 65,
    dvolume_2=(0.52, 0.41),
    dvolume_4=(0.81, 0.18),
)
# 40 hormone-receptor-positive tumours, but 38 ER+ and 30 PR+: two are PR+ alone.
NON_RESPONSE = ClinicalLaw(
    age=(48, 10),
    subtype=(32 / 61, 8 / 61, 8 / 61, 13 / 61),
    er_given_hr=38 / 40,
    pr_given_er=28 / 38,
    ki67=41 / 61,
    dvolume_2=(0.42, 0.54),
    dvolume_4=(0.53, 0.59),
)


def draw_clinical(rng, fails, *, effect_size=1.0, prevalence=0.5):
    """Draw one patient's clinical columns, as a dict.

    With probability ``min(effect_size, 1)`` they follow the law of her own class
    (`fails`: does not respond), else that of a patient picked at random; so at 0
    they say nothing of the response, and from 1 on they follow the table.
    """
    if rng.random() >= effect_size:
        fails = rng.random() < prevalence
    law = NON_RESPONSE if fails else RESPONSE
    subtype = SUBTYPES[rng.choice(4, p=law.subtype)]
    hormone = subtype.startswith("HR+")
    er = hormone and rng.random() < law.er_given_hr
    pr = hormone and (not er or rng.random() < law.pr_given_er)
    return {
        "age": float(np.clip(np.rint(rng.normal(*law.age)), 18, 90)),
        "er": int(er),
        "pr": int(pr),
        "her2": int("HER2+" in subtype),
        "ki67": int(rng.random() < law.ki67),
        "subtype": subtype,
        "dvolume_2": _volume_change(rng, *law.dvolume_2),
        "dvolume_4": _volume_change(rng, *law.dvolume_4),
    }


def draw_survival(rng, fails):
    """Draw one patient's (time in years, event): exponential, censored by 10 y."""
    event_at = rng.exponential(1 / HAZARD[bool(fails)])
    censored_at = rng.uniform(0.4, 1.0) * FOLLOW_UP_YEARS
    return {
        "time_years": float(min(event_at, censored_at)),
        "event": bool(event_at <= censored_at),
    }


def _volume_change(rng, mean, sd):
    """Share of the volume that is gone, below 1, of given mean and SD."""
    left = 1 - mean
    variance = np.log1p((sd / left) ** 2)
    return float(1 - rng.lognormal(np.log(left) - variance / 2, np.sqrt(variance)))


def clinical_table(entropy, fails, effect_size, prevalence):
    """Draw the clinical columns of a cohort, one stream per patient."""
    rows = [
        draw_clinical(
            stream(entropy, i, CLINICAL),
            flag,
            effect_size=effect_size,
            prevalence=prevalence,
        )
        for i, flag in enumerate(fails)
    ]
    return pd.DataFrame(rows, index=patient_index(len(rows)))


def survival_table(entropy, fails):
    """Draw the follow-up of a cohort, one stream per patient."""
    rows = [
        draw_survival(stream(entropy, i, SURVIVAL), flag)
        for i, flag in enumerate(fails)
    ]
    return pd.DataFrame(rows, index=patient_index(len(rows)))


def label_series(fails):
    """Name the classes."""
    names = np.where(fails, "non-response", "response").astype(object)
    return pd.Series(names, patient_index(len(names)), name="response")
