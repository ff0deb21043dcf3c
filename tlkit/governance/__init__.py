"""Governance: what licences allow, what a bill of materials lists, and for whom a network works worse.

>>> from tlkit import governance
>>> governance.check("zoo:efficientnet-lite0", use="commercial").word
'cannot tell'
"""

from tlkit.governance.check import Check, check
from tlkit.governance.findings import Finding
from tlkit.governance.groups import Groups, groups
from tlkit.governance.measured import measured

# The functions `check`, `groups` and `measured` stand here for the modules of the same names.
__all__ = ["check", "Check", "Finding", "groups", "Groups", "measured"]
