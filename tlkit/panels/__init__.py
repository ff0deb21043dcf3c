"""Panels: one state with three faces, a live widget, a text twin and a record.

Each works without a browser: ``panel.set(…)``, ``panel.run()``, ``panel.result``.
"""
