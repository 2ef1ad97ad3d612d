import time

import pytest

from sknac.utils._settled import has_settled


@pytest.mark.parametrize(
    ("age_s", "settled"),
    [(3600, True), (3, True), (1, False), (0, False), (-60, False)],
)
def test_only_what_is_older_than_a_tick_has_settled(age_s, settled):
    assert has_settled(time.time_ns() - int(age_s * 1e9)) is settled
