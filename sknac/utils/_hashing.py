"""Objects that know their content's digest are hashed by it, not by their pickle."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable

from joblib.hashing import Hasher


def hash_by(cls: type, key: Callable[[object], str]) -> None:
    """Let `joblib.hash` take an object's key instead of walking through it.

    ``Pipeline(memory=)`` hashes its frame at every step: object by object, 60,000
    planes took 20 s. What is pickled stays as it is. Equal objects hash equally,
    whether they are one object or two.
    """
    kind = f"{cls.__module__}.{cls.__qualname__}"

    def save(hasher, obj):
        hasher.save(f"{kind}:{key(obj)}")

    Hasher.dispatch[cls] = save
