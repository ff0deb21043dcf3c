"""inside: look into a network: where it saw a class, what its stages make of a picture, what it finds alike.

>>> from tlkit import backbones, data, inside
>>> net = backbones.load("zoo:resnet-letters")
>>> inside.feature_maps(net, data.load("greek").validation.images[0])["layer3"].maps.shape
(64, 4, 4)
"""

from tlkit.inside.feature_maps import FeatureMaps, StageMaps, feature_maps
from tlkit.inside.grad_cam import GradCam, grad_cam
from tlkit.inside.movement import StageMovement, StageMovements, movement
from tlkit.inside.neighbours import Neighbours, neighbours
from tlkit.inside.subject import stages_with_places

# The functions `grad_cam`, `feature_maps`, `neighbours` and `movement` stand here for the modules of the same names.
__all__ = [
    "grad_cam",
    "GradCam",
    "feature_maps",
    "FeatureMaps",
    "StageMaps",
    "neighbours",
    "Neighbours",
    "movement",
    "StageMovements",
    "StageMovement",
    "stages_with_places",
]
