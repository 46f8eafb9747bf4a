"""Where data and caches lie."""

import os
from pathlib import Path

import platformdirs


def cache_dir() -> Path:
    """The folder for prepared data: PARETOCLI_CACHE, or the user's cache folder."""
    return Path(os.environ.get("PARETOCLI_CACHE") or platformdirs.user_cache_path("paretocli"))


def default_data_dir() -> Path:
    """The folder of data sets where none was named."""
    return cache_dir() / "data"
