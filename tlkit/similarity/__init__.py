"""similarity: how close is a source to a target, as a network sees them? Arrays in, numbers out.

Scores look at the target's labels (higher is better); distances look at pictures only (0 is equal).
"""

from tlkit.similarity.cka import cka
from tlkit.similarity.evidence import TrackRecord, track_record
from tlkit.similarity.found import Report
from tlkit.similarity.frechet import frechet
from tlkit.similarity.knn import knn
from tlkit.similarity.leep import leep
from tlkit.similarity.logme import logme
from tlkit.similarity.overlap import overlap
from tlkit.similarity.overlap_found import Overlap
from tlkit.similarity.place import Place
from tlkit.similarity.proxy_a_distance import proxy_a_distance
from tlkit.similarity.rank import rank
from tlkit.similarity.ranking import Ranking
from tlkit.similarity.report import report

__all__ = [
    "report",
    "Report",
    "Place",
    "rank",
    "Ranking",
    "track_record",
    "TrackRecord",
    "logme",
    "knn",
    "leep",
    "proxy_a_distance",
    "frechet",
    "cka",
    "overlap",
    "Overlap",
]
