"""Distances of two samples: (n, d) and (m, d) float64 features, for OTDD with classes 0, 1, …"""

from __future__ import annotations

import numpy as np
import ot
from scipy.linalg import sqrtm
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """Heusel et al. 2017: the root of the product of both covariances."""
    one, two = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    gap = a.mean(axis=0) - b.mean(axis=0)
    root = np.real(sqrtm(one @ two))
    return float(gap @ gap + np.trace(one) + np.trace(two) - 2 * np.trace(root))


def coral(a: np.ndarray, b: np.ndarray) -> float:
    """Sun and Saenko 2016."""
    apart = np.cov(a, rowvar=False) - np.cov(b, rowvar=False)
    return float(np.linalg.norm(apart, "fro") ** 2 / (4 * a.shape[1] ** 2))


def mmd(a: np.ndarray, b: np.ndarray) -> float:
    """Gretton et al. 2012: the kernel matrix of both samples together."""
    both, count = np.concatenate([a, b]), len(a)
    squares = (both**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * both @ both.T
    median = np.median(distances[np.triu_indices(len(both), 1)])
    kernel = np.exp(-distances / (2 * median))
    np.fill_diagonal(kernel, 0)
    within = kernel[:count, :count].sum() / (count * (count - 1))
    others = len(b)
    within += kernel[count:, count:].sum() / (others * (others - 1))
    return float(within - 2 * kernel[:count, count:].mean())


def cka(a: np.ndarray, b: np.ndarray) -> float:
    """Kornblith et al. 2019, by features."""
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    across = np.linalg.norm(b.T @ a, "fro") ** 2
    return float(across / (np.linalg.norm(a.T @ a, "fro") * np.linalg.norm(b.T @ b, "fro")))


def debiased_cka(a: np.ndarray, b: np.ndarray) -> float:
    """Song et al. 2012: matrices of rows by rows without their diagonals."""
    grams = [a @ a.T, b @ b.T]
    for gram in grams:
        np.fill_diagonal(gram, 0)
    rows = len(a)

    def hsic(one: np.ndarray, two: np.ndarray) -> float:
        sums = one.sum() * two.sum() / ((rows - 1) * (rows - 2))
        return float((one * two).sum() + sums - 2 / (rows - 2) * (one.sum(axis=0) @ two.sum(axis=0)))

    one, two = grams
    return hsic(one, two) / np.sqrt(hsic(one, one) * hsic(two, two))


def wasserstein(a: np.ndarray, b: np.ndarray, lines: np.ndarray) -> float:
    """Bonneel et al. 2015: a sort on every line; samples of one size."""
    squares = [((np.sort(a @ line) - np.sort(b @ line)) ** 2).mean() for line in lines]
    return float(np.sqrt(np.mean(squares)))


def proxy_a_distance(a: np.ndarray, b: np.ndarray, folds: np.ndarray) -> float:
    """Ben-David et al. 2006, with scikit-learn's logistic regression and cross-validation over given folds."""
    sides = np.repeat([0, 1], [len(a), len(b)])
    model = make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=1000, class_weight="balanced", tol=1e-3)
    )
    found = cross_val_predict(model, np.concatenate([a, b]), sides, cv=PredefinedSplit(folds)) != sides
    error = (found[: len(a)].mean() + found[len(a) :].mean()) / 2
    return float(max(0.0, 2 * (1 - 2 * error)))


def otdd(xa: np.ndarray, ya: np.ndarray, xb: np.ndarray, yb: np.ndarray) -> float:
    """Alvarez-Melis and Fusi 2020: roots of covariances for every pair of classes, then exact transport."""
    cost = ((xa**2).sum(axis=1)[:, None] + (xb**2).sum(axis=1) - 2 * xa @ xb.T).clip(0)
    for i in range(ya.max() + 1):
        ours = xa[ya == i]
        spread = np.cov(ours, rowvar=False)
        root = np.real(sqrtm(spread))
        for j in range(yb.max() + 1):
            theirs = xb[yb == j]
            wide = np.cov(theirs, rowvar=False)
            across = np.real(sqrtm(root @ wide @ root))
            apart = ((ours.mean(axis=0) - theirs.mean(axis=0)) ** 2).sum()
            apart += np.trace(spread) + np.trace(wide) - 2 * np.trace(across)
            cost[np.ix_(ya == i, yb == j)] += apart
    return float(
        ot.emd2(np.full(len(xa), 1 / len(xa)), np.full(len(xb), 1 / len(xb)), cost, numItermax=10**7)
    )
