"""A network as a program of torch."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from torch import nn

from sknac.nets._program import TorchProgram, export, from_export


class Own(nn.Module):
    """A network that no name stands for."""

    def __init__(self):
        super().__init__()
        self.body = nn.Conv2d(1, 4, 3)

    def forward(self, x):
        return self.body(x).relu().mean((2, 3))


@pytest.mark.slow
def test_a_program_computes_what_its_network_does():
    encoder, images = Own().eval(), torch.rand(2, 1, 32, 32)
    program = export(encoder, (1, 32, 32))
    assert isinstance(program, TorchProgram)
    again = from_export(program)
    for n in (1, 2):
        torch.testing.assert_close(again(images[:n]), encoder(images[:n]))


def test_bytes_are_no_program():
    with pytest.raises(TypeError, match="must be a TorchProgram, got ndarray"):
        from_export(np.zeros(8, np.uint8))
