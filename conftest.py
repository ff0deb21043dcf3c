"""What holds for every test: the surroundings in which the lessons' outputs were stored."""

import os

from tlkit.course.rehearse import STEADY

# Before anything loads torch, in this process, in the workers of pytest-xdist and in the lessons' kernels.
os.environ.update(STEADY)
