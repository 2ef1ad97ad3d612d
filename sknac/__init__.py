"""Predict a breast tumour's response to chemotherapy from ultrasound.

Public names live in the subpackages: `sknac.io`, `sknac.cohort`, `sknac.roi`,
`sknac.qus`, `sknac.datasets`, `sknac.preprocessing`, `sknac.features`,
`sknac.nets`, `sknac.inspection`, `sknac.metrics`, `sknac.clinical`,
`sknac.survival`, `sknac.decision`, `sknac.systems`, `sknac.report` and
`sknac.testing`.
"""

# SPDX-License-Identifier: BSD-3-Clause

__version__ = "0.1.0"

__all__ = ["__version__"]
