"""Planes and studies: what a cell of a cohort frame is."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from sknac.cohort._derived import DerivedArray
from sknac.cohort._field import check_field
from sknac.cohort._geometry import Grid
from sknac.cohort._handles import ArrayRef, InMemoryArray
from sknac.cohort._header import check_rf_file
from sknac.cohort._outlines import MaskOutline, PolygonOutline
from sknac.cohort._plane_checks import check_core, check_kind
from sknac.utils._handle import Handle, digest_of
from sknac.utils._hashing import hash_by

_ONE_PX = (1.0, 1.0)
_LATER_FIELDS = ("step_px", "probe", "transmit_mhz", "gain_db", "tgc")


@dataclass(frozen=True, eq=False)
class Plane:
    """One 2-D cross-section: an image handle and what is needed to read it.

    Parameters
    ----------
    image : ArrayRef, InMemoryArray or array-like
        RF or its envelope (n_samples_axial, n_lines), B-mode (height, width) or maps
        (n_maps, height, width). A plain array is wrapped.
    kind : {"rf", "envelope", "bmode", "maps"}
        What the image is; an envelope is not log-compressed.
    spacing_mm : tuple of (float, float) or None, default=None
        (axial, lateral) distance of neighbouring samples in mm. Where it is
        unknown (screenshots), coordinates are in pixels and steps that need mm
        say so. Required for RF and envelopes.
    origin_mm : tuple of (float, float), default=(0.0, 0.0)
        (axial, lateral) position of sample (0, 0); axial is the depth below the
        probe. In pixels where the spacing is unknown.
    core : PolygonOutline, MaskOutline or None, default=None
        Outline of the tumour core; `cohort_from_table` may unite several.
    fs_mhz : float or None, default=None
        Sampling frequency in MHz; required for RF.
    speed_of_sound : float, default=1540.0
        In m/s; the axial spacing of RF rests on it.
    focus_mm : float or None, default=None
        Depth of the transmit focus in mm, where known.
    reference : str or None, default=None
        Name of the reference phantom's acquisition for this plane.
    channels : tuple of str, default=()
        Names of the maps, e.g. ``("mbf", "esd")``; required for maps.
    roi : MaskOutline or None, default=None
        Region that `sknac.roi.ROIMasker` kept; None means the whole image.
        Inside it a NaN is an invalid value, outside it is no value at all.
    step_px : tuple of (float, float), default=(1.0, 1.0)
        Where the spacing is unknown: distance of neighbouring samples in pixels of
        the image as it was read. Steps that resample set it, so that the plane
        keeps its place; with a spacing it is 1.
    probe : str or None, default=None
        Name of the probe, where known.
    transmit_mhz : float or None, default=None
        Transmit frequency in MHz, where known.
    gain_db : float or None, default=None
        Overall receive gain in dB, where known.
    tgc : tuple of (float, float), default=()
        Time-gain compensation as (depth in mm, gain in dB), where known.

    Attributes
    ----------
    digest : str
        Hash of everything above; equality and hashing go by it.

    Raises
    ------
    TypeError
        If the core is no outline.
    ValueError
        If the image does not have the kind's dimensions, or a value that the
        kind needs is missing or impossible, or the axial spacing of RF is not
        c / (2 fs), or two maps have one name, or the core lies outside the image.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.cohort import Plane
    >>> plane = Plane.from_rf(np.zeros((520, 64)), fs_mhz=40.0, line_pitch_mm=0.3)
    >>> [round(side, 5) for side in plane.spacing_mm]
    [0.01925, 0.3]
    """

    image: ArrayRef | InMemoryArray
    kind: str
    spacing_mm: tuple[float, float] | None = None
    origin_mm: tuple[float, float] = (0.0, 0.0)
    core: PolygonOutline | MaskOutline | None = None
    fs_mhz: float | None = None
    speed_of_sound: float = 1540.0
    focus_mm: float | None = None
    reference: str | None = None
    channels: tuple[str, ...] = ()
    roi: MaskOutline | None = None
    step_px: tuple[float, float] = _ONE_PX
    probe: str | None = None
    transmit_mhz: float | None = None
    gain_db: float | None = None
    tgc: tuple[tuple[float, float], ...] = ()
    digest: str = field(init=False, repr=False)

    def __post_init__(self):
        if not isinstance(self.image, Handle):
            object.__setattr__(self, "image", InMemoryArray(self.image))
        check_kind(self)
        grid = self.grid  # checks spacing and origin
        for name, value in _place(grid).items():
            object.__setattr__(self, name, value)
        _settle_types(self)
        if self.core is not None:
            check_core(self.core, grid)
        object.__setattr__(self, "digest", _digest(self))

    @classmethod
    def from_rf(
        cls,
        image: Any,
        *,
        fs_mhz: float,
        line_pitch_mm: float,
        start_depth_mm: float = 0.0,
        speed_of_sound: float = 1540.0,
        **settings: Any,
    ) -> "Plane":
        """Build an RF plane; the axial spacing is c / (2 fs).

        Parameters
        ----------
        image : ArrayRef, InMemoryArray or array-like
            RF samples (n_samples_axial, n_lines).
        fs_mhz : float
            Sampling frequency in MHz.
        line_pitch_mm : float
            Distance of neighbouring lines in mm. It is not in the files of most
            scanners: take it from the probe's data sheet.
        start_depth_mm : float, default=0.0
            Depth of the first sample in mm.
        speed_of_sound : float, default=1540.0
            In m/s.
        **settings
            Other parameters of `Plane`.

        Returns
        -------
        Plane
            A plane of kind ``"rf"``.

        Raises
        ------
        ValueError
            If a value is missing or impossible, or contradicts the header of the file
            that `image` is a handle to (as in `cohort_from_table`), or that file holds
            something else than RF; or if the frame is wider than 300 mm, or its 128
            lines or more lie within 2 mm.

        Warns
        -----
        UserWarning
            If lines are hardly farther apart than samples, as where their pitch is in
            cm, or fs_mhz a tenth of the right one.
        """
        if line_pitch_mm is None or fs_mhz is None:
            missing = "fs_mhz" if fs_mhz is None else "line_pitch_mm"
            raise ValueError(
                f"{missing} is missing and not guessed; take it from the probe's data "
                "sheet or the scanner's settings"
            )
        axial_mm = speed_of_sound / (2000.0 * fs_mhz) if fs_mhz else 0.0
        plane = cls(
            image,
            "rf",
            spacing_mm=(axial_mm, line_pitch_mm),
            origin_mm=(start_depth_mm, 0.0),
            fs_mhz=fs_mhz,
            speed_of_sound=speed_of_sound,
            **settings,
        )
        check_rf_file(plane)
        check_field(plane)
        return plane

    @property
    def grid(self) -> Grid:
        """Where the image's samples lie."""
        unit = "px" if self.spacing_mm is None else "mm"
        step = self.step_px if unit == "px" else self.spacing_mm
        grid = Grid(self.image.shape[-2:], step, self.origin_mm, unit)
        # The region's own, if it is the same: what derives from both pickles it once.
        known = getattr(self.roi, "grid", None)
        return known if known == grid else grid

    def load(self) -> np.ndarray:
        """Read the image.

        Returns
        -------
        ndarray
            In the shape that the kind says; do not write into it.
        """
        return self.image.load()

    def core_mask(self) -> np.ndarray:
        """Draw the tumour core on the image's grid.

        Returns
        -------
        ndarray of bool of shape (height, width)
            True inside the core.

        Raises
        ------
        ValueError
            If the plane has no core, or it covers no sample of the image.
        """
        if self.core is None:
            raise ValueError("the plane has no core outline; give it one")
        mask = self.core.to_mask(self.grid)
        if not mask.any():
            raise ValueError(
                "core outline covers no sample of the "
                f"{mask.shape[0]}x{mask.shape[1]} image; check its unit and place"
            )
        return mask

    def replace(self, *, grid: Grid | None = None, **changes: Any) -> "Plane":
        """Return a copy with some fields replaced.

        Parameters
        ----------
        grid : Grid or None, default=None
            Where the samples of a new image lie: its spacing, origin and step.
        **changes
            Parameters of `Plane`.

        Returns
        -------
        Plane
            The new plane, checked as if it were built anew.
        """
        return replace(self, **changes, **(_place(grid) if grid else {}))

    def derive(
        self,
        function: Callable,
        *arguments: Any,
        shape: Any,
        dtype: Any,
        **changes: Any,
    ) -> "Plane":
        """Return a plane whose image is computed when it is read.

        Parameters
        ----------
        function : callable
            ``function(image, *arguments)`` returns the new image. A function of a
            module, so that other processes can import it.
        *arguments : object
            Numbers, texts, tuples, slices, grids, outlines or handles; a handle is
            loaded for the function. They and the function's name make the image's
            digest.
        shape : tuple of int
            Shape of the new image.
        dtype : numpy.dtype
            Its type.
        **changes
            Other fields of the new plane, as of `replace`.

        Returns
        -------
        Plane
            The new plane, checked but for its pixels.

        Raises
        ------
        TypeError
            If the function is not one of a module, or an argument is something else.

        Examples
        --------
        >>> import numpy as np
        >>> from sknac.cohort import Plane
        >>> plane = Plane(np.eye(4), "bmode")
        >>> turned = plane.derive(np.rot90, 1, shape=(4, 4), dtype=float)
        >>> turned.load()[0].tolist()
        [0.0, 0.0, 0.0, 1.0]
        """
        image = DerivedArray(function, (self.image, *arguments), shape, dtype)
        return self.replace(image=image, **changes)

    def __eq__(self, other):
        return isinstance(other, Plane) and self.digest == other.digest

    def __hash__(self):
        return hash(self.digest)

    def __repr__(self):
        size = "x".join(str(side) for side in self.image.shape)
        return f"Plane({self.kind} {size}{', core' if self.core is not None else ''})"


@dataclass(frozen=True, eq=False)
class Study:
    """One visit of one patient: its planes.

    A study is not iterable, because pandas would expand it; its planes are
    under `planes`.

    Parameters
    ----------
    planes : sequence of Plane
        At least one, all of one kind.

    Attributes
    ----------
    digest : str
        Hash of the planes; equality and hashing go by it.

    Raises
    ------
    TypeError
        If a plane is given by itself.
    ValueError
        If there is no plane, or the kinds differ.

    Examples
    --------
    >>> import numpy as np
    >>> from sknac.cohort import Plane, Study
    >>> Study([Plane(np.zeros((64, 48), "uint8"), "bmode")])
    Study(1 bmode plane)

    A cohort frame of images and masks that are arrays, with their pixel size if known:

    >>> import pandas as pd
    >>> from sknac.cohort import Grid, MaskOutline
    >>> images = np.random.default_rng(0).integers(0, 256, (3, 64, 48), "uint8")
    >>> masks = np.zeros((3, 64, 48), bool)
    >>> masks[:, 20:40, 10:30] = True
    >>> grid = Grid((64, 48), step=(0.1, 0.1))  # (1.0, 1.0) where it is not known
    >>> planes = [Plane(image, "bmode", (0.1, 0.1), core=MaskOutline(mask, grid))
    ...           for image, mask in zip(images, masks)]
    >>> X = pd.DataFrame({"us_pre": [Study([plane]) for plane in planes]},
    ...                  index=["P1", "P2", "P3"])
    """

    planes: tuple[Plane, ...]
    digest: str = field(init=False, repr=False)

    __iter__ = None

    def __post_init__(self):
        if isinstance(self.planes, Plane):
            raise TypeError("planes must be a list, got one Plane; give [plane]")
        planes = tuple(self.planes)
        wrong = [type(plane).__name__ for plane in planes if type(plane) is not Plane]
        if not planes or wrong:
            raise ValueError(f"a study must hold planes, got {wrong or 'none'}")
        kinds = sorted({plane.kind for plane in planes})
        if len(kinds) > 1:
            raise ValueError(f"a study's planes must be of one kind, got {kinds}")
        object.__setattr__(self, "planes", planes)
        digest = digest_of("study", *(plane.digest for plane in planes))
        object.__setattr__(self, "digest", digest)

    @property
    def kind(self) -> str:
        """Kind of the planes."""
        return self.planes[0].kind

    @property
    def n_planes(self) -> int:
        """Number of planes."""
        return len(self.planes)

    @cached_property
    def _key(self):
        """Hash of the planes and of where they lie, made when it is first asked for."""
        return digest_of(*map(_plane_key, self.planes))

    def __getstate__(self):
        return {name: v for name, v in self.__dict__.items() if name != "_key"}

    def __eq__(self, other):
        return isinstance(other, Study) and self.digest == other.digest

    def __hash__(self):
        return hash(self.digest)

    def __repr__(self):
        plural = "" if self.n_planes == 1 else "s"
        return f"Study({self.n_planes} {self.kind} plane{plural})"


def _plane_key(plane):
    """Hash a plane and where the files behind it lie."""
    outlines = (outline for outline in (plane.core, plane.roi) if outline is not None)
    parts = (part for one in outlines for part in getattr(one, "parts", (one,)))
    masks = (part.mask for part in parts if isinstance(part, MaskOutline))
    return digest_of(plane.digest, *(each.location for each in (plane.image, *masks)))


# `joblib.hash` takes these keys. The digests alone would not do: a cached result of
# another folder, or from before a file was touched, holds handles that no longer open.
hash_by(Plane, _plane_key)
hash_by(Study, lambda study: study._key)


def _settle_types(plane):
    """Make plain floats and texts of settings, so that equal ones hash equally."""
    # A new tuple: pickle writes one shared by planes as a reference, so that
    # joblib.hash would tell planes apart that are equal.
    channels = tuple(str(name) for name in plane.channels)
    settled = {"kind": str(plane.kind), "channels": channels}
    for name in ("fs_mhz", "speed_of_sound", "focus_mm", "transmit_mhz", "gain_db"):
        value = getattr(plane, name)
        settled[name] = None if value is None else float(value)
    for name in ("reference", "probe"):
        value = getattr(plane, name)
        settled[name] = None if value is None else str(value)
    settled["tgc"] = tuple((float(depth), float(gain)) for depth, gain in plane.tgc)
    for name, value in settled.items():
        object.__setattr__(plane, name, value)


def _digest(plane):
    """Hash a plane; a later field counts where it differs from its default.

    So that a plane without it keeps the digest under which its maps were stored.
    """
    parts = []
    for entry in fields(plane):
        value = getattr(plane, entry.name) if entry.init else None
        if entry.name in _LATER_FIELDS:
            if value != entry.default:
                parts.append((entry.name, value) if entry.name != "step_px" else value)
        elif entry.init:
            parts.append(getattr(value, "digest", value))
    return digest_of(*map(repr, parts))


def _place(grid):
    """The fields of a plane that say where its samples lie."""
    step_px = _ONE_PX if grid.unit == "mm" else grid.step
    return {
        "spacing_mm": grid.spacing_mm,
        "origin_mm": grid.origin,
        "step_px": step_px,
    }
