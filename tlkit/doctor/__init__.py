"""The doctor: what is installed here, what is missing, and the line that mends it."""

from tlkit.doctor.installation import Installation, installation
from tlkit.doctor.models import Models, models

# The function `models` stands here for the module of the same name.
__all__ = ["Installation", "installation", "Models", "models"]
