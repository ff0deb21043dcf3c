"""The doctor: what is installed here, what is missing, and the line that mends it."""

from tlkit.doctor.installation import Installation, installation

__all__ = ["Installation", "installation"]
