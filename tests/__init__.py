"""Tests run side by side: whatever computes has one thread, from the time that it is imported."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
