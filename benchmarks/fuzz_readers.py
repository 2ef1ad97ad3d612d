"""Damage files of every format and see that only `SknacFormatError` comes of it.

Run: ``python benchmarks/fuzz_readers.py [--mutants 3000] [format ...]``. The formats
are the seeds in ``tests/io/seeds.py``; of tables, packed cohorts and outlines, which
`cohort_from_table` reads, a `CohortError` is as good. Each format is read in a process
of its own, under a limit of memory; one that dies or hangs is named and the next goes
on. Exit status 1 if anything else came out, a file took 10 s, or 300 MB. Linux only.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import importlib.util
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import warnings
import zlib
from pathlib import Path

import numpy as np

from sknac.cohort import cohort_from_table
from sknac.cohort.planes import list_planes
from sknac.exceptions import CohortError, SknacFormatError
from sknac.io import read_array, read_info

_MOST_SECONDS = 10
_MOST_MB = 300
_SLACK_BYTES = 2 << 30  # beyond it the process gets a MemoryError, not the machine
_PNG = b"\x89PNG\r\n\x1a\n"
_NUMBERS = [0, 1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 10**9]
_NUMBERS += [2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40, 2**63 - 1, 2**63, 2**64 - 1]
_TEXTS = [b"-1", b"0", b"1e308", b"nan", b"-inf", b"99999999999999999999", b"", b"x"]
_DIGITS = re.compile(rb"[-+]?\d+\.?\d*")


def load_seeds():
    """Load the module with a writer of each format."""
    path = Path(__file__).parents[1] / "tests" / "io" / "seeds.py"
    spec = importlib.util.spec_from_file_location("seeds", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def parts(written):
    """Part what a seed returns: the path to read, and the file to damage."""
    if isinstance(written, tuple):
        return str(written[0]), Path(written[1])
    return str(written), Path(str(written).partition("::")[0])


def mutate(data, rng):
    """Damage bytes in one to three ways."""
    ways = (_cut, _flip, _overwrite, _insert, _remove, _number, _number, _text)
    for _ in range(rng.integers(1, 4)):
        if data:
            data = ways[rng.integers(len(ways))](bytearray(data), rng)
    if data.startswith(_PNG) and rng.random() < 0.7:
        return _with_checksums(data)  # so that the damage reaches the decoder
    return bytes(data)


def _with_checksums(data):
    """Write the checksums of a PNG's chunks anew."""
    parts, place = [_PNG], len(_PNG)
    while place + 8 <= len(data):
        stop = place + 8 + int.from_bytes(data[place : place + 4], "big")
        body = data[place + 4 : stop]
        parts += [data[place : place + 4], body, zlib.crc32(body).to_bytes(4, "big")]
        place = stop + 4
    return b"".join(parts)


def _place(data, rng):
    """Choose a byte, most often of the header."""
    most = min(len(data), 600) if rng.random() < 0.7 else len(data)
    return int(rng.integers(most))


def _cut(data, rng):
    return data[: _place(data, rng)]


def _flip(data, rng):
    for _ in range(rng.integers(1, 5)):
        data[_place(data, rng)] ^= 1 << rng.integers(8)
    return data


def _overwrite(data, rng):
    place, size = _place(data, rng), int(rng.integers(1, 9))
    data[place : place + size] = rng.bytes(len(data[place : place + size]))
    return data


def _insert(data, rng):
    place = _place(data, rng)
    data[place:place] = rng.bytes(int(rng.integers(1, 17)))
    return data


def _remove(data, rng):
    place = _place(data, rng)
    del data[place : place + int(rng.integers(1, 17))]
    return data


def _number(data, rng):
    """Write an extreme number in any width and order of bytes."""
    size = int(rng.choice([1, 2, 4, 8]))
    number = _NUMBERS[rng.integers(len(_NUMBERS))] % (1 << 8 * size)
    place = _place(data, rng) // size * size
    value = number.to_bytes(size, "little" if rng.random() < 0.6 else "big")
    data[place : place + size] = value[: len(data) - place]
    return data


def _text(data, rng):
    """Write an extreme number where digits stand."""
    found = list(_DIGITS.finditer(data[:3000]))
    if not found:
        return _number(data, rng)
    match = found[rng.integers(len(found))]
    data[match.start() : match.end()] = _TEXTS[rng.integers(len(_TEXTS))]
    return data


def open_all(path):
    """Read a file as a cohort would; tell what came of it, and why."""
    try:
        info = read_info(path)
        for frame in {0, info.n_frames - 1} if info.n_frames > 1 else {None}:
            array = read_array(path, frame)
            if array.shape != info.frame_shape(frame) or array.dtype != info.dtype:
                return "else", (
                    f"{array.dtype} {array.shape} where the info says {info.dtype} "
                    f"{info.frame_shape(frame)}"
                )
    except BaseException as error:  # PyO3 panics are no Exception
        return _judged(error, Path(path.partition("::")[0]).stem, SknacFormatError)
    return "opened", ""


def open_cohort(path):
    """Read a table, a packed cohort or what a table names."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # doubts that are told
            X = cohort_from_table(path)
        for at in list_planes(X, [name for name in X if name.startswith("us_")]):
            at.plane.load()
    except BaseException as error:
        return _judged(error, "", (SknacFormatError, CohortError))
    return "opened", ""


def _judged(error, name, legal):
    """Tell whether an error is legal, and names the file and the mend."""
    if not isinstance(error, legal):
        return "else", f"{type(error).__name__}: {error}"
    text = str(error)
    if name not in text or not ("; " in text or " must " in text):
        return "else", f"no file or no mend in: {text}"
    return "refused", ""


def damage(name, write, folder, start, stop, opened=open_all):
    """Yield number, outcome, reason and seconds of each mutant of a seed."""
    path, damaged = parts(write(folder))
    sound = damaged.read_bytes()
    for number in range(start, stop):
        rng = np.random.default_rng([zlib.crc32(name.encode()), number])
        damaged.write_bytes(mutate(sound, rng))
        begun = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            outcome, reason = opened(path)
        yield number, outcome, reason, time.perf_counter() - begun
    damaged.write_bytes(sound)


def _memory(field):
    """Read a field of this process's memory, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) * 1024


def child(name, start, stop, folder):
    """Read mutants, or a bomb, and print a line of each."""
    seeds = load_seeds()
    known = {**seeds.SEEDS, **seeds.COHORTS}
    opened = open_cohort if name in seeds.COHORTS else open_all
    names = [name] if name in known else seeds.SEEDS
    for place, seed in enumerate(names):  # so that libraries are loaded
        (folder / str(place)).mkdir()
        opened(parts(known[seed](folder / str(place)))[0])
    resource.setrlimit(
        resource.RLIMIT_AS, (_memory("VmSize") + _SLACK_BYTES, resource.RLIM_INFINITY)
    )
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _memory("VmRSS")
    if name in seeds.BOMBS:
        results = bomb(seeds.BOMBS[name], folder)
    else:
        results = damage(name, known[name], folder, start, stop, opened)
    for line in results:
        peak = max(_memory("VmHWM") - before, 0) / 1e6
        print(json.dumps([*line, peak]), flush=True)


def bomb(write, folder):
    """Yield what came of a file that claims too much."""
    path, _ = parts(write(folder))
    begun = time.perf_counter()
    outcome, reason = open_all(path)
    yield 0, outcome, reason, time.perf_counter() - begun


def watch(name, n_mutants):
    """Run a format's mutants in processes until all are through."""
    lines = []
    while len(lines) < n_mutants:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out"
            with open(out, "wb") as file, open(Path(folder) / "err", "wb") as noise:
                given = [name, str(len(lines)), str(n_mutants), folder]
                process = subprocess.Popen(
                    [sys.executable, __file__, "--child", *given],
                    stdout=file,
                    stderr=noise,
                )
                cause = _wait(process, out)
            lines += [json.loads(line) for line in out.read_text().splitlines()]
            noise = (Path(folder) / "err").read_bytes().decode("utf-8", "replace")
            if len(lines) < n_mutants:
                cause = cause or noise[-300:]
                lines.append([len(lines), "else", f"died: {cause}", 0.0, 0.0])
            elif noise:  # of a library in C, or its log
                print(f"    {name} wrote {len(noise)} characters: {noise[:200]!r}")
    return lines


def _wait(process, out):
    """Wait for a process; kill it when nothing has come for long."""
    size, since = -1, time.monotonic()
    while process.poll() is None:
        time.sleep(0.05)
        if out.stat().st_size != size:
            size, since = out.stat().st_size, time.monotonic()
        elif time.monotonic() - since > 6 * _MOST_SECONDS:
            process.kill()
            process.wait()
            return f"hung for {6 * _MOST_SECONDS} s"
    return f"signal {-process.returncode}" if process.returncode < 0 else ""


def report(name, lines, must_refuse=False):
    """Print a format's row; tell whether all is well."""
    count = {way: sum(line[1] == way for line in lines) for way in _OUTCOMES}
    slowest, peak = max(line[3] for line in lines), max(line[4] for line in lines)
    numbers = "".join(f"{count[way]:>10}" for way in _OUTCOMES)
    print(f"{name:36}{len(lines):>8}{numbers}{slowest:>11.2f}{peak:>9.0f}", flush=True)
    reasons = {}
    for number, outcome, reason, *_ in lines:
        if outcome == "else":
            reasons.setdefault(re.sub(r"\d+", "N", reason)[:60], (number, reason))
    for number, reason in list(reasons.values())[:5]:
        print(f"    mutant {number}: {reason[:300]}", flush=True)
    is_well = not count["else"] and slowest < _MOST_SECONDS and peak < _MOST_MB
    return is_well and not (must_refuse and count["opened"])


_OUTCOMES = ("opened", "refused", "else")


def main(formats, n_mutants):
    """Print the table; tell whether all is well."""
    seeds = load_seeds()
    known = [*seeds.SEEDS, *seeds.COHORTS, *seeds.BOMBS]
    unknown = set(formats) - set(known)
    if unknown:
        raise SystemExit(f"{sorted(unknown)} must be of {known}")
    names = formats or known
    head = "".join(f"{way:>10}" for way in _OUTCOMES)
    print(f"{'format':36}{'mutants':>8}{head}{'slowest s':>11}{'peak MB':>9}")
    well = [
        report(
            name,
            watch(name, 1 if name in seeds.BOMBS else n_mutants),
            name in seeds.BOMBS,
        )
        for name in names
    ]
    return all(well)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        name, start, stop, folder = sys.argv[2:]
        child(name, int(start), int(stop), Path(folder))
    else:
        parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
        parser.add_argument("formats", nargs="*")
        parser.add_argument("--mutants", type=int, default=3000)
        given = parser.parse_args()
        sys.exit(not main(given.formats, given.mutants))
