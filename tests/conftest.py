"""Settings removed before every test."""

import pytest

from train.data import paired


@pytest.fixture(autouse=True)
def no_pairs_of_other_tests() -> None:
    """Pairs are checked once a process and remembered by their folder's name; here each test has a folder "pairs"."""
    paired._ready.cache_clear()
