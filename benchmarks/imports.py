"""What ``import tlkit`` costs, beside importing numpy and torch. Run: ``python benchmarks/imports.py``.

Every figure is the median over fresh Python processes of the time to import one module, measured inside the
process, so that the start of Python itself does not count.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

REPEATS = 7
MODULES = ("tlkit", "tlkit.course", "tlkit.cli", "json", "numpy", "torch")
LIMIT_SECONDS = 0.1


def seconds(module: str) -> float:
    """Return the seconds that one fresh process needs to import a module."""
    code = (
        f"import time; start = time.perf_counter(); import {module}; "
        "import sys; print(time.perf_counter() - start, 'torch' in sys.modules)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    if module.startswith("tlkit") and out[1] == "True":
        sys.exit(f"import {module} loaded torch")
    return float(out[0])


def main() -> int:
    """Print the medians and ratios; fail if ``import tlkit`` takes too long."""
    for module in MODULES:  # fill the file cache, so that the order does not matter
        seconds(module)
    repeats = {module: 3 if module == "torch" else REPEATS for module in MODULES}
    median = {
        module: statistics.median(seconds(module) for _ in range(repeats[module])) for module in MODULES
    }
    print(f"{'import':<14}{'milliseconds':>14}{'of numpy':>12}{'of torch':>12}")
    for module in MODULES:
        print(
            f"{module:<14}{1000 * median[module]:>14.1f}"
            f"{median[module] / median['numpy']:>11.1%}{median[module] / median['torch']:>12.2%}"
        )
    kept = median["tlkit"] < LIMIT_SECONDS
    print(f"import tlkit adds under {LIMIT_SECONDS} s and no torch: {'yes' if kept else 'NO'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
