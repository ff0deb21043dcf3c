"""tlkit: a teaching kit for transfer learning in Jupyter notebooks.

Import the parts by name, for example ``from tlkit import backbones, data, freeze, train``.
Importing ``tlkit`` itself loads none of them.
"""

__version__ = "0.1.0"
