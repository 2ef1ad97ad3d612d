"""Predict a breast tumour's response to chemotherapy from ultrasound.

Public names live in the subpackages: `sknac.io`, `sknac.cohort`, `sknac.roi`,
`sknac.qus`, `sknac.datasets`, `sknac.preprocessing`, `sknac.nets`,
`sknac.metrics`, `sknac.survival`, `sknac.decision` and `sknac.systems`.
"""

# SPDX-License-Identifier: BSD-3-Clause

__version__ = "0.1.0"

__all__ = ["__version__"]
