"""The small patients and networks, under short names."""

import pytest


@pytest.fixture(scope="session")
def labels(small_labels):
    return small_labels


@pytest.fixture(scope="session")
def bags(small_bags):
    return small_bags


@pytest.fixture(scope="session")
def pairs(small_pairs):
    return small_pairs


@pytest.fixture(scope="session")
def plane_net(small_plane_net):
    return small_plane_net


@pytest.fixture(scope="session")
def pair_net(small_pair_net):
    return small_pair_net


@pytest.fixture(scope="session")
def cohort(small_cohort):
    return small_cohort
