"""The models: linear ones and gradient-boosted trees, as scikit-learn has them, one a task.

They are learned from training rows with their weights in the task's loss, with what people take who
do not tune; nothing is chosen by held-out data.

Ke, Meng, Finley, Wang, Chen, Ma, Ye and Liu, *LightGBM: A Highly Efficient Gradient Boosting
Decision Tree*, NeurIPS 2017, which the trees of scikit-learn follow.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from paretocli.baselines.labelled import Array, Labelled
from paretocli.core.prediction import Classes, Count
from paretocli.run_directory.baselines import BaselineName

Predict = Callable[[Array], Array]  # from features (N, D) to what `Labelled.output` takes


class Model(ABC):
    """A kind of model.

    Attributes:
        name: In `baselines.json`.
        words: What people call it.
    """

    name: BaselineName
    words: str

    @abstractmethod
    def most_rows(self, tasks: Sequence[Labelled], columns: int) -> int:
        """From how many rows a task it is learned in some seconds."""

    def learned(self, task: Labelled, features: Array, most: int) -> Predict:
        """The model of a task.

        Args:
            task: The task.
            features: Those of all training rows (N, D).
            most: How many rows it is learned from at most.

        Raises:
            ValueError: The rows have a single class, or scikit-learn cannot learn from them.
        """
        part = task.part(most)
        if isinstance(task.kind, Classes) and len(np.unique(part.labels)) < 2:
            raise ValueError("all of its rows are of one class")
        return _predict(task, self._fitted(part, features[part.rows]))

    @abstractmethod
    def _fitted(self, task: Labelled, features: Array) -> Any:
        """The model, learned from the rows' features (n, D)."""


class Linear(Model):
    """A ridge, logistic or Poisson regression of standardised features, the penalty |w|² / 2."""

    name = "linear"
    words = "linear model"
    WORK = 50_000_000
    STEPS = 1000

    def most_rows(self, tasks: Sequence[Labelled], columns: int) -> int:
        """So many that there are 50 million numbers in all."""
        return self.WORK // (columns * len(tasks))

    def _fitted(self, task: Labelled, features: Array) -> Any:
        if isinstance(task.kind, Classes):
            model: Any = LogisticRegression(max_iter=self.STEPS)
        elif isinstance(task.kind, Count):
            model = PoissonRegressor(alpha=1 / task.weights.sum(), max_iter=self.STEPS)
        else:
            model = Ridge()
        found = make_pipeline(StandardScaler(), model)
        with warnings.catch_warnings():
            # After so many steps it hardly gets better.
            warnings.simplefilter("ignore", ConvergenceWarning)
            weights = {f"{found.steps[-1][0]}__sample_weight": task.weights}
            return found.fit(features, task.labels, **weights)


class Trees(Model):
    """A hundred gradient-boosted trees, or as many a class where there are more than two."""

    name = "trees"
    words = "boosted trees"
    COUNT = 100
    WORK = 32_000_000
    BINS = 5_000  # rows that take as long as what a tree does for a column's bins
    MANY = 10_000  # rows from which on a tenth of them tells when to stop, as is the default

    def most_rows(self, tasks: Sequence[Labelled], columns: int) -> int:
        """So many that all tasks' trees of one step look at 32 million numbers and bins."""
        return max(0, self.WORK // (columns * sum(task.trees for task in tasks)) - self.BINS)

    def _fitted(self, task: Labelled, features: Array) -> Any:
        stopping = len(features) > self.MANY
        if isinstance(task.kind, Classes):
            # Both parts of the rows need each class.
            stopping &= int(np.unique(task.labels, return_counts=True)[1].min()) > 1
            found: Any = HistGradientBoostingClassifier(
                max_iter=self.COUNT, early_stopping=stopping, random_state=0
            )
        else:
            loss = "poisson" if isinstance(task.kind, Count) else "squared_error"
            found = HistGradientBoostingRegressor(
                loss=loss, max_iter=self.COUNT, early_stopping=stopping, random_state=0
            )
        # Weights that are all 1 change nothing, but take several times as long.
        weights = None if (task.weights == 1).all() else task.weights
        return found.fit(features, task.labels, sample_weight=weights)


MODELS: tuple[Model, ...] = (Linear(), Trees())


def _predict(task: Labelled, model: Any) -> Predict:
    kind = task.kind
    if not isinstance(kind, Classes):
        return lambda features: np.asarray(model.predict(features), dtype=np.float64)
    count = kind.count

    def predict(features: Array) -> Array:
        shares = np.zeros((len(features), count))
        shares[:, model.classes_] = model.predict_proba(features)
        return shares

    return predict
