"""similarity: how close is a source to a target, as a network sees them? Arrays in, numbers out.

Scores look at the target's labels (higher is better); distances look at pictures only (0 is equal).
"""

from tlkit.similarity.cka import cka
from tlkit.similarity.coral import coral
from tlkit.similarity.evidence import TrackRecord, track_record, track_records
from tlkit.similarity.found import Report
from tlkit.similarity.frechet import frechet
from tlkit.similarity.gbc import gbc
from tlkit.similarity.h_score import h_score
from tlkit.similarity.knn import knn
from tlkit.similarity.leep import leep
from tlkit.similarity.linear_probe import linear_probe
from tlkit.similarity.logme import logme
from tlkit.similarity.mmd import mmd
from tlkit.similarity.moments import Moments
from tlkit.similarity.moved import moved
from tlkit.similarity.moved_found import Moved
from tlkit.similarity.nce import nce
from tlkit.similarity.nleep import nleep
from tlkit.similarity.otdd import Coupling, otdd
from tlkit.similarity.overlap import overlap
from tlkit.similarity.overlap_found import Overlap
from tlkit.similarity.place import Place
from tlkit.similarity.proxy_a_distance import proxy_a_distance
from tlkit.similarity.rank import rank
from tlkit.similarity.ranking import Ranking
from tlkit.similarity.report import report
from tlkit.similarity.transrate import transrate
from tlkit.similarity.wasserstein import wasserstein

__all__ = [
    "report",
    "Report",
    "Place",
    "rank",
    "Ranking",
    "track_record",
    "track_records",
    "TrackRecord",
    "logme",
    "h_score",
    "transrate",
    "gbc",
    "knn",
    "leep",
    "nce",
    "nleep",
    "linear_probe",
    "Moments",
    "proxy_a_distance",
    "frechet",
    "mmd",
    "coral",
    "wasserstein",
    "otdd",
    "Coupling",
    "cka",
    "moved",
    "Moved",
    "overlap",
    "Overlap",
]
