"""Backbones: pretrained networks cut into stages, with their input transform and their card.

>>> from tlkit import backbones
>>> net = backbones.load("zoo:resnet-letters")
>>> net.stages
('stem', 'layer1', 'layer2', 'layer3')
"""

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.card import ModelCard
from tlkit.backbones.fetching import Fetching, fetch
from tlkit.backbones.intake import Transform
from tlkit.backbones.loading import known, load, names
from tlkit.backbones.network import Network
from tlkit.backbones.overlap import Overlap, overlap
from tlkit.backbones.pooling import pool_features
from tlkit.backbones.resolutions import Resolutions, resolutions
from tlkit.backbones.sample import SourceSample
from tlkit.backbones.searching import search
from tlkit.backbones.shelf import Shelf
from tlkit.backbones.staged import StagedModule
from tlkit.backbones.text_transform import TextTransform, WordTransform
from tlkit.backbones.transform import InputTransform
from tlkit.backbones.wrap import wrap

# The functions `wrap`, `resolutions` and `overlap` stand here for the modules of the same names.
__all__ = [
    "load",
    "names",
    "known",
    "search",
    "fetch",
    "Fetching",
    "wrap",
    "Backbone",
    "Network",
    "StagedModule",
    "Transform",
    "InputTransform",
    "TextTransform",
    "WordTransform",
    "ModelCard",
    "SourceSample",
    "pool_features",
    "resolutions",
    "Resolutions",
    "overlap",
    "Overlap",
    "Shelf",
]
