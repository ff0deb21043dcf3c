"""``python -m tlkit.cli`` is the same as ``tlkit``."""

import sys

from tlkit.cli import main

sys.exit(main())
