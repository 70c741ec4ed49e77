"""NumPy's products on one thread each, set before NumPy is imported.

The models and decoders that run beside them have threads of their own, and those of OpenBLAS wait busily for
one another on the processors that these need.
"""

from __future__ import annotations

import os


def keep_calm() -> None:
    """For this process and those it starts, unless a user's environment says otherwise."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
