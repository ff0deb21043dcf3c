"""How the embedded datasets were made: ``python -m tlkit.data.build NAME`` makes one again."""
