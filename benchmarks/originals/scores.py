"""Scores that look at labels: (n, d) float64 features and (n,) classes 0, 1, …"""

from __future__ import annotations

import numpy as np
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def leep(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Nguyen et al. 2020: joint, conditional, expected prediction."""
    classes = labels.max() + 1
    joint = np.array([probabilities[labels == one].sum(axis=0) for one in range(classes)]) / len(labels)
    conditional = joint / joint.sum(axis=0)
    expected = probabilities @ conditional.T
    return float(np.log(expected[np.arange(len(labels)), labels]).mean())


def nce(source: np.ndarray, labels: np.ndarray) -> float:
    """Tran et al. 2019: sums over pairs of classes."""
    total = 0.0
    for z in range(source.max() + 1):
        here = labels[source == z]
        for y in range(labels.max() + 1):
            count = (here == y).sum()
            if count:
                total += count / len(labels) * np.log(count / len(here))
    return float(total)


def nleep(features: np.ndarray, labels: np.ndarray, components: int, seed: int) -> float:
    """Li et al. 2021: principal components of 80 % of the variance, a mixture of Gaussians, LEEP."""
    reduced = PCA(0.8, svd_solver="full").fit_transform(features)
    mixture = GaussianMixture(components, random_state=seed).fit(reduced)
    return leep(mixture.predict_proba(reduced), labels)


def linear_probe(features: np.ndarray, labels: np.ndarray, folds: np.ndarray) -> float:
    """Alain and Bengio 2016, with scikit-learn's cross-validation over given folds."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return float((cross_val_predict(model, features, labels, cv=PredefinedSplit(folds)) == labels).mean())


def h_score(features: np.ndarray, labels: np.ndarray) -> float:
    """Bao et al. 2019: pseudo-inverse of the covariance times that of class means."""
    means = np.empty_like(features)
    for one in range(labels.max() + 1):
        means[labels == one] = features[labels == one].mean(axis=0)
    whole, between = np.cov(features, rowvar=False), np.cov(means, rowvar=False)
    return float(np.trace(np.linalg.pinv(whole, rcond=1e-15) @ between))


def shrunk_h_score(features: np.ndarray, labels: np.ndarray) -> float:
    """Ibrahim et al. 2022: the same with the covariance of Ledoit and Wolf."""
    fitted = LedoitWolf().fit(features)
    means = np.empty_like(features)
    for one in range(labels.max() + 1):
        means[labels == one] = features[labels == one].mean(axis=0)
    between = np.cov(means, rowvar=False)
    product = np.linalg.pinv(fitted.covariance_, rcond=1e-15) @ between
    return float((1 - fitted.shrinkage_) * np.trace(product))


def logme(features: np.ndarray, labels: np.ndarray, stop: float = 1e-3, most: int = 100) -> float:
    """You et al. 2021: one singular value decomposition, then fixed-point steps for every class."""
    rows, columns = features.shape
    left, values, _ = np.linalg.svd(features, full_matrices=False)
    squares = values**2
    evidences = []
    for one in range(labels.max() + 1):
        target = (labels == one).astype(np.float64)
        shares = (left.T @ target) ** 2
        outside = (target**2).sum() - shares.sum()
        alpha = beta = 1.0
        for _ in range(most):
            ratio = alpha / beta
            used = (squares / (squares + ratio)).sum()
            length = (squares * shares / (squares + ratio) ** 2).sum()
            error = (shares / (1 + squares / ratio) ** 2).sum() + outside
            alpha, beta = used / length, (rows - used) / error
            if abs(alpha / beta - ratio) <= stop * ratio:
                break
        evidence = columns * np.log(alpha) + rows * np.log(beta / (2 * np.pi))
        evidence -= np.log(alpha + beta * squares).sum() + (columns - len(squares)) * np.log(alpha)
        evidences.append((evidence - beta * error - alpha * length) / (2 * rows))
    return float(np.mean(evidences))


def transrate(features: np.ndarray, labels: np.ndarray) -> float:
    """Huang et al. 2022: a determinant of the width for all rows and for each class."""
    centred = features - features.mean(axis=0)

    def rate(rows: np.ndarray) -> float:
        scaled = np.eye(rows.shape[1]) + rows.T @ rows / (len(rows) * 1e-4)
        return float(np.linalg.slogdet(scaled)[1]) / 2

    classes = range(labels.max() + 1)
    return rate(centred) - float(np.mean([rate(centred[labels == one]) for one in classes]))


def gbc(features: np.ndarray, labels: np.ndarray) -> float:
    """Pándy et al. 2022: all ordered pairs of classes."""
    groups = [features[labels == one] for one in range(labels.max() + 1)]
    means = [rows.mean(axis=0) for rows in groups]
    spreads = [np.maximum(np.diag(np.cov(rows, rowvar=False, ddof=0)), 1e-4) for rows in groups]
    total = 0.0
    for i, (mean, spread) in enumerate(zip(means, spreads, strict=True)):
        for j, (other, wide) in enumerate(zip(means, spreads, strict=True)):
            if i != j:
                both = (spread + wide) / 2
                apart = ((mean - other) ** 2 / both).sum() / 8
                apart += (np.log(both) - np.log(spread) / 2 - np.log(wide) / 2).sum() / 2
                total += np.exp(-apart)
    return float(-total)


def knn(features: np.ndarray, labels: np.ndarray) -> float:
    """All distances, the nearest other row."""
    squares = (features**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * features @ features.T
    np.fill_diagonal(distances, np.inf)
    return float((labels[distances.argmin(axis=1)] == labels).mean())
