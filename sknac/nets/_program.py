"""An encoder as a program of torch, which runs without the package it came from."""

# SPDX-License-Identifier: BSD-3-Clause

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn


@dataclass(frozen=True)
class TorchProgram:
    """A program that torch loads, which can run any code, as a pickle can.

    It is a type of its own so that skops asks whether to trust it.

    Parameters
    ----------
    data : ndarray of uint8
        What ``torch.export.save`` wrote.
    """

    data: np.ndarray


def export(encoder: nn.Module, shape: Sequence[int]) -> TorchProgram:
    """Write an encoder as a program of torch, which needs none of its classes.

    Parameters
    ----------
    encoder : Module
        The encoder, on the CPU.
    shape : sequence of int
        Shape of an image; batches may be of any number.

    Returns
    -------
    TorchProgram
        The program, weights and all.
    """
    batch = torch.export.Dim("n_images", min=1)
    images = torch.rand(3, *shape, generator=torch.Generator().manual_seed(0))
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch about itself; the result is tested
        program = torch.export.export(
            encoder, (images[:2],), dynamic_shapes=({0: batch},)
        )
        torch.export.save(program, buffer)
    written = TorchProgram(np.frombuffer(buffer.getvalue(), np.uint8).copy())
    with torch.inference_mode():
        made, expected = from_export(written)(images), encoder(images)
    if not torch.allclose(made, expected, rtol=1e-4, atol=1e-5):
        raise ValueError("the program computes others than it should; report this")
    return written


def from_export(program: TorchProgram) -> nn.Module:
    """Make an encoder of what `export` wrote; bare bytes are none.

    Raises
    ------
    TypeError
        If it is no program of that type.
    """
    if not isinstance(program, TorchProgram):
        raise TypeError(f"program must be a TorchProgram, got {type(program).__name__}")
    return torch.export.load(io.BytesIO(program.data.tobytes())).module()
