"""What a Clarius scanner says of a capture, in its ``.yml`` and ``.tgc`` files."""

# SPDX-License-Identifier: BSD-3-Clause

import math
import re
from dataclasses import dataclass

from sknac.io._damage import damage
from sknac.utils._optional import import_optional

_KINDS = {"rf": "rf", "iq": "iq", "b pre-scan": "env", "env": "env"}
_MHZ = {"Hz": 1e-6, "kHz": 1e-3, "MHz": 1.0, "GHz": 1e3}
_MM = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
_BYTES = {"byte": 1, "bytes": 1}
_NUMBER = r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
_GAIN = re.compile(rf"\{{\s*({_NUMBER})\s*mm\s*,\s*({_NUMBER})\s*dB\s*\}}")
_LINES = re.compile(r"^lines:[ \t]*\n((?:[ \t]+[^\n]*(?:\n|\Z))*)", re.M)
_TGC = re.compile(r"^tgc:[ \t]*([^\n]*)$", re.M)
_ENDS = {"BlockEndToken", "FlowMappingEndToken", "FlowSequenceEndToken"}
_MOST_DEPTH = 8
_MOST_TEXT = 64_000  # without its lines and gains
# Pitch of the elements in mm, and probes whose lines fan out.
_PITCH_MM = {"L15HD3": 0.260}
_CURVED = {"C3HD3"}
_PLACE_TOLERANCE = 1e-3  # elements
_STEERED_DEG = 1e-3


@dataclass(frozen=True)
class Capture:
    """The settings of a capture."""

    kind: str  # rf, iq or env
    n_frames: int
    n_samples: int
    n_lines: int
    sample_bytes: int
    fs_mhz: float
    delay_samples: float
    focus_mm: float | None
    transmit_mhz: float | None
    tgc: tuple[tuple[float, float], ...]
    probe: str | None
    elements_per_line: float | None
    no_grid: str | None  # why the lines do not stand side by side

    @property
    def line_pitch_mm(self):
        """Distance of the lines, where the file names a known probe."""
        pitch = _PITCH_MM.get(_plain(self.probe))
        if pitch is None or self.elements_per_line is None:
            return None
        return pitch * self.elements_per_line


def read_capture(text: str) -> Capture:
    """Read the ``.yml``, most of which is YAML."""
    lines, text = _cut(_LINES, text)
    tgc, text = _cut(_TGC, text)
    settings = _settings(text)
    size = settings.get("size")
    if not isinstance(size, dict):
        damage("no size of the capture in its .yml")
    kind = str(settings.get("type")).strip().lower()
    if kind not in _KINDS:
        damage(f"type {settings.get('type')!r} in its .yml is not RF, IQ or B pre-scan")
    n_lines = _count(size, "number of lines")
    probe = settings.get("probe")
    probe = probe.strip() if isinstance(probe, str) else None
    step, no_grid = _grid(lines, n_lines)
    if _plain(probe) in _CURVED:
        no_grid = f"the {probe} is curved, its lines fan out"
    return Capture(
        kind=_KINDS[kind],
        n_frames=_count(settings, "frames"),
        n_samples=_count(size, "samples per line"),
        n_lines=n_lines,
        sample_bytes=_quantity(
            size, "sample size", {"bytes": 1, "byte": 1}, whole=True
        ),
        fs_mhz=_quantity(settings, "sampling rate", _MHZ),
        delay_samples=_delay(settings),
        focus_mm=_quantity(settings, "focal depth", _MM, optional=True),
        transmit_mhz=_quantity(settings, "transmit frequency", _MHZ, optional=True),
        tgc=read_gains(tgc or ""),
        probe=probe,
        elements_per_line=step,
        no_grid=no_grid,
    )


def read_gains(text: str) -> tuple[tuple[float, float], ...]:
    """Read ``{ 0.00mm, 23.00dB }{ 30.00mm, 26.00dB }``, which is not YAML."""
    if _GAIN.sub("", text).strip():
        damage(f"a gain curve that is not {{mm, dB}}: {text.strip()[:60]!r}")
    gains = tuple((float(mm), float(db)) for mm, db in _GAIN.findall(text))
    depths = [mm for mm, _ in gains]
    if not all(map(math.isfinite, sum(gains, ()))) or depths != sorted(set(depths)):
        damage("a gain curve whose depths do not rise")
    return gains


def read_frame_gains(text: str) -> list[tuple[tuple[float, float], ...]]:
    """Read the ``.tgc``: a gain curve for each frame, or none."""
    found = re.findall(r"^timestamp:[ \t]*\d+[ \t]*([^\n]*)$", text, re.M)
    curves = [read_gains(curve) for curve in found]
    return curves if any(curves) else []


def _plain(probe):
    """Write the name of a probe without blanks."""
    return re.sub(r"[\s_-]", "", probe or "").upper()


def _cut(pattern, text):
    """Take the part that is not YAML out of the text."""
    found = pattern.search(text)
    if found is None:
        return None, text
    return found[1], text[: found.start()] + text[found.end() :]


def _settings(text):
    """Read the YAML without references and without names given twice."""
    yaml = import_optional("yaml", "PyYAML", extra="formats")
    if len(text) > _MOST_TEXT:
        damage(f"a .yml of {len(text)} characters beside its lines")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    _check_tokens(yaml, yaml.scan(text, Loader=loader))
    node = yaml.compose(text, Loader=loader)
    if not isinstance(node, yaml.MappingNode):
        damage("its .yml is no list of settings")
    names = [key.value for key, _ in node.value]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        damage(f"its .yml says {twice[0]!r} twice")
    return yaml.load(text, Loader=loader)


def _check_tokens(yaml, tokens):
    """Refuse what makes a text unfold, before it is composed."""
    depth = 0
    for token in tokens:
        if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
            damage("references or tags in its .yml")
        name = type(token).__name__
        depth += name.startswith(("Block", "Flow")) and name.endswith("StartToken")
        depth -= name in (
            "BlockEndToken",
            "FlowMappingEndToken",
            "FlowSequenceEndToken",
        )
        if depth > _MOST_DEPTH:
            damage("settings within settings in its .yml")


def _count(settings, name):
    """Read a whole number above 0."""
    value = settings.get(name)
    if type(value) is not int or not 0 < value < 1 << 31:
        damage(f"{name} must be a whole number above 0 in its .yml, got {value!r}")
    return value


def _delay(settings):
    """Read how many samples pass before the first."""
    value = settings.get("delay samples", 0)
    if type(value) not in (int, float) or not 0 <= value < 1e6:
        damage(f"delay samples must be a number from 0 in its .yml, got {value!r}")
    return value


def _quantity(settings, name, units, optional=False, whole=False):
    """Read a number with its unit."""
    value = settings.get(name)
    if value is None and optional:
        return None
    found = re.fullmatch(rf"({_NUMBER})\s*([A-Za-z]+)", str(value).strip())
    if found is None or found[2] not in units:
        damage(f"{name} must be a number of {' or '.join(units)}, got {value!r}")
    number = float(found[1]) * units[found[2]]
    if not 0 < number < 1e6 or (whole and number % 1):
        damage(f"{name} must be above 0 in its .yml, got {value!r}")
    return int(number) if whole else number


def _grid(block, n_lines):
    """Tell the distance of the lines in elements, or why they are no grid."""
    if block is None:
        return None, None
    rows = [row for row in block.splitlines() if row.strip()]
    if len(rows) != n_lines:
        damage(f"its .yml lists {len(rows)} lines and counts {n_lines}")
    places, angles = zip(*map(_line, rows), strict=True)
    if max(map(abs, angles)) > _STEERED_DEG:
        worst = max(angles, key=abs)
        return None, f"its lines are steered by {worst:g} degrees"
    if n_lines < 2:
        return None, "it has a single line"
    step = (places[-1] - places[0]) / (n_lines - 1)
    if abs(places[1] - places[0]) < _PLACE_TOLERANCE:
        return None, "several lines stand at one place, as for Doppler"
    off = max(abs(at - places[0] - step * k) for k, at in enumerate(places))
    if off > _PLACE_TOLERANCE * n_lines or step <= 0:
        return None, "its lines do not stand at equal distances"
    return step, None


def _line(row):
    """Read the place of a line in elements, and its angle in degrees."""
    found = re.fullmatch(r"\s*-\s*\{([^{}]*)\}\s*", row)
    items = dict(
        [text.strip() for text in item.partition(":")[::2]]
        for item in (found[1] if found else "").split(",")
    )
    numbers = []
    for name in ("rx element", "angle"):
        number = re.match(rf"({_NUMBER})\s*\W{{0,3}}$", items.get(name, ""))
        if number is None or not math.isfinite(float(number[1])):
            damage(f"a line of its .yml without {name}: {row.strip()[:60]!r}")
        numbers.append(float(number[1]))
    return numbers
