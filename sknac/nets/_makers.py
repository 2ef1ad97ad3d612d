"""What may build a network when a saved state is loaded."""

# SPDX-License-Identifier: BSD-3-Clause

from torch import nn

from sknac.nets._first_layers import make_scaled
from sknac.utils._trust import check_makers


def check_network(name: str, spec: tuple) -> None:
    """Refuse a state whose network is built by anything that builds none.

    Parameters
    ----------
    name : str
        Whose state it is.
    spec : tuple of (callable, dict)
        What builds the network, and its settings.

    Raises
    ------
    SknacFormatError
        If there is anything else that may be called.
    """
    check_makers(name, spec, known={make_scaled}, base=nn.Module)
