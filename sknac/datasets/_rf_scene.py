"""What the simulated RF planes show: a core in a margin in a background."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt

from sknac.cohort import Grid, InMemoryArray, Plane, PolygonOutline, Study
from sknac.datasets._rf_physics import RFSystem, simulate_rf
from sknac.datasets._seeds import IMAGES, REFERENCE, stream
from sknac.datasets._shapes import draw_lobes, fit_inside
from sknac.datasets._speckle import smooth_field
from sknac.qus import GaussianScatterers, ReferencePhantom
from sknac.utils._bounds import likely_unit
from sknac.utils._room import check_room

SPEED_OF_SOUND = 1540.0
MARGIN_MM = 5.0
#: Mean ESD (um) and EAC (dB re 1 cm^-3) of the regions, and their SD over patients.
REGIONS = {"core": (100.0, 22.0), "margin": (115.0, 25.0), "background": (125.0, 26.5)}
PATIENT_SD = (8.0, 2.0)
#: SD of the EAC within a region (dB), but for patchy cores.
EVEN_SD_DB = 1.5
# Smooth texture within a plane: its SD (um, dB) and length; how much the excess of
# patchy cores varies over patients, as a share.
_TEXTURE_SD, _TEXTURE_MM, _EXCESS_SD = (4.0, EVEN_SD_DB), 1.2, 0.25
# Tissue is drawn on this grid and interpolated to the RF samples.
_COARSE_MM = 0.25
# The core keeps clear of the edges, and its margin inside the frame where it can.
_CLEARANCE_MM = 1.0
_PHANTOM = {"attenuation_db_cm_mhz": 0.576, "speed_of_sound": 1488.0}
_PHANTOM_SCATTERERS = {"esd_um": 30.0, "eac_db": 52.0}
_N_PHANTOM_FRAMES, _PHANTOM_EXTRA_MM = 8, 2.0


# Arrays of one plane's simulation, per sample and line.
_SAMPLE_BYTES = 120
_USUAL = {
    "depth_mm": ("mm", (15, 150)),
    "width_mm": ("mm", (15, 150)),
    "fs_mhz": ("MHz", (25, 200)),
    "line_pitch_mm": ("mm", (0.05, 1)),
}


@dataclass(frozen=True)
class RFScene:
    """What the planes of one cohort share: scanner and size."""

    system: RFSystem
    shape: tuple[int, int]

    @classmethod
    def of_size(cls, depth_mm, width_mm, fs_mhz, line_pitch_mm):
        """Choose the samples and lines that span a size."""
        system = RFSystem(fs_mhz, line_pitch_mm, focus_mm=depth_mm / 2)
        n_samples = depth_mm * 2000 * fs_mhz / SPEED_OF_SOUND
        sizes = (depth_mm, width_mm, fs_mhz, line_pitch_mm)
        named = dict(zip(_USUAL, sizes, strict=True))
        odd = (
            likely_unit(name, value, *_USUAL[name])
            for name, value in named.items()
            if not _USUAL[name][1][0] <= value <= _USUAL[name][1][1]
        )
        check_room(
            f"a plane of {', '.join(f'{name}={v:g}' for name, v in named.items())}",
            # Samples of the lines and of the beam's reach beside them.
            _SAMPLE_BYTES
            * n_samples
            * (width_mm / line_pitch_mm + system.reach_lines(depth_mm)),
            next(odd, "take a smaller or coarser one"),
        )
        return cls(system, (round(n_samples), round(width_mm / line_pitch_mm)))

    @property
    def grid(self):
        """Where the samples of tissue lie."""
        axial_mm = SPEED_OF_SOUND / (2000 * self.system.fs_mhz)
        return Grid(self.shape, (axial_mm, self.system.line_pitch_mm))

    def plane(self, frame, speed_of_sound, core=None):
        """Wrap a frame."""
        return Plane.from_rf(
            InMemoryArray(frame),
            fs_mhz=self.system.fs_mhz,
            line_pitch_mm=self.system.line_pitch_mm,
            speed_of_sound=speed_of_sound,
            focus_mm=self.system.focus_mm,
            core=core,
        )


def draw_microstructure(
    rng, fails, effect_size, effect_in, attenuation, texture_effect=0.0
):
    """Draw one patient's regions, as a dict of the columns of `truth`."""
    truth = {}
    for name, (esd_um, eac_db) in REGIONS.items():
        # Half the distance on either side: the overall mean stays.
        shift = effect_size * (0.5 if fails else -0.5) * (name in effect_in)
        esd_sd, eac_sd = shift + rng.standard_normal(2)
        truth[f"{name}_esd_um"] = max(esd_um + PATIENT_SD[0] * esd_sd, 30.0)
        truth[f"{name}_eac_db"] = eac_db + PATIENT_SD[1] * eac_sd
    truth["attenuation_db_cm_mhz"] = rng.uniform(*attenuation)
    # Drawn last, so that all else stays as it is without an effect.
    excess = fails * max(1 + _EXCESS_SD * rng.standard_normal(), 0.0)
    truth["core_eac_sd_db"] = EVEN_SD_DB * (1 + texture_effect * excess)
    return truth


def make_study(scene, truth, n_planes, entropy, patient):
    """Simulate one patient's planes: parallel cuts through one tumour."""
    rng = stream(entropy, patient, IMAGES)
    lobes = draw_lobes(rng)
    size_mm = np.multiply(scene.grid.shape, scene.grid.spacing_mm)
    largest = rng.uniform(0.2, 0.29) * min(*size_mm, 40.0)
    centre = size_mm * (0.5 + 0.04 * rng.uniform(-1, 1, 2))
    n = int(rng.integers(n_planes[0], n_planes[1] + 1))
    planes = []
    # Cuts of an ellipsoid at even steps, the outermost at 0.7 of its half-length.
    for cut in np.linspace(-0.7, 0.7, n) if n > 1 else [0.0]:
        radius = largest * np.sqrt(1 - cut**2)
        at = centre + rng.uniform(-0.4, 0.4, 2)
        core = fit_inside(lobes.jitter(rng).outline(at, radius), size_mm, _CLEARANCE_MM)
        planes.append(_make_plane(scene, PolygonOutline(core), truth, rng))
    return Study(planes)


def make_reference(scene, entropy):
    """Scan the phantom: several frames, a little deeper than the patients'."""
    extra = round(_PHANTOM_EXTRA_MM / scene.grid.spacing_mm[0])
    shape = (scene.shape[0] + extra, scene.shape[1])
    frames = [
        simulate_rf(
            scene.system,
            shape,
            stream(entropy, i, REFERENCE),
            **_PHANTOM_SCATTERERS,
            **_PHANTOM,
        )
        for i in range(_N_PHANTOM_FRAMES)
    ]
    planes = tuple(scene.plane(frame, _PHANTOM["speed_of_sound"]) for frame in frames)
    bsc = GaussianScatterers(
        **_PHANTOM_SCATTERERS, speed_of_sound=_PHANTOM["speed_of_sound"]
    )
    return ReferencePhantom(planes, bsc=bsc, **_PHANTOM)


def tissue_maps(scene, core, truth, rng):
    """Lay ESD (um) and EAC (dB) out over the samples of a plane."""
    size_mm = np.multiply(scene.grid.shape, scene.grid.spacing_mm)
    shape = tuple(np.ceil(size_mm / _COARSE_MM).astype(int) + 1)
    coarse = Grid(shape, (_COARSE_MM, _COARSE_MM))
    distance = distance_transform_edt(~core.to_mask(coarse), sampling=_COARSE_MM)
    region = np.select([distance == 0, distance <= MARGIN_MM], [0, 1], 2)
    maps = []
    for key, sd in zip(("esd_um", "eac_db"), _TEXTURE_SD, strict=True):
        values = np.array([truth[f"{name}_{key}"] for name in REGIONS])
        field = smooth_field(shape, _TEXTURE_MM / _COARSE_MM, rng)
        flat = values[region] + sd * field
        if key == "eac_db":
            excess = truth.get("core_eac_sd_db", EVEN_SD_DB) - EVEN_SD_DB
            flat += excess * field * (region == 0)
        maps.append(_interpolate(flat, scene.grid))
    return np.maximum(maps[0], 20.0), maps[1]


def _make_plane(scene, core, truth, rng):
    """Simulate one plane."""
    esd_um, eac_db = tissue_maps(scene, core, truth, rng)
    frame = simulate_rf(
        scene.system,
        scene.shape,
        rng,
        esd_um=esd_um,
        eac_db=eac_db,
        attenuation_db_cm_mhz=truth["attenuation_db_cm_mhz"],
        speed_of_sound=SPEED_OF_SOUND,
    )
    return scene.plane(frame, SPEED_OF_SOUND, core)


def _interpolate(coarse, grid):
    """Interpolate a map on the coarse grid linearly to the samples of another."""
    coarse = coarse.astype(np.float32)
    for axis, at in enumerate((grid.axial, grid.lateral)):
        place = np.clip(at / _COARSE_MM, 0, coarse.shape[axis] - 1.001)
        low = place.astype(int)
        share = (place - low).astype(np.float32)
        share = share[:, None] if axis == 0 else share
        below = np.take(coarse, low, axis)
        coarse = below + share * (np.take(coarse, low + 1, axis) - below)
    return coarse
