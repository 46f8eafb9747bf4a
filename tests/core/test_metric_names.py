import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from paretocli.core import metric_names
from paretocli.core.metric_names import known_direction

NAMES = set(metric_names._DIRECTIONS)
SOME = st.sampled_from(sorted(NAMES)[::40])


def test_every_scorer_of_scikit_learn_is_better_higher():
    # Its convention: "higher return values are better than lower return values".
    scorers = sklearn.metrics.get_scorer_names()
    assert {name: known_direction(name) for name in scorers} == dict.fromkeys(scorers, "higher")


def test_functions_of_scikit_learn_go_by_their_ends():
    # Its convention: _score is to be maximised, _error, _loss and _deviance minimised, but for the
    # Davies-Bouldin index. The consensus of biclusters is none that a task would have.
    names = set(sklearn.metrics.__all__) - {"davies_bouldin_score", "consensus_score"}
    scores = {name for name in names if name.endswith("_score")}
    costs = {name for name in names if name.endswith(("_error", "_loss", "_deviance"))}
    assert len(scores) > 25
    assert len(costs) > 12
    assert {known_direction(name) for name in scores} == {"higher"}
    assert {known_direction(name) for name in costs} == {"lower"}
    assert known_direction("davies_bouldin_score") == "lower"
    assert known_direction("brier_score_loss") == "lower"


def test_names_of_torchmetrics():
    higher = ("multiclass_accuracy", "binary_auroc", "multilabel_f1_score", "jaccard_index")
    lower = (
        "multilabel_hamming_distance",
        "binary_calibration_error",
        "perplexity",
        "kl_divergence",
    )
    assert {known_direction(name) for name in higher} == {"higher"}
    assert {known_direction(name) for name in lower} == {"lower"}


def test_the_negative_of_a_name_is_its_opposite():
    for name in ("mae", "log_loss", "mean_squared_error"):
        assert known_direction(name) == "lower"
        assert known_direction(f"neg_{name}") == known_direction(f"negative_{name}") == "higher"
    assert known_direction("negative_log_likelihood") == "lower"
    # Names of their own, not negatives.
    assert known_direction("negative_predictive_value") == "higher"
    assert known_direction("negative_likelihood_ratio") == "lower"


def test_case_and_hyphens_do_not_matter():
    assert known_direction("F1-score") == known_direction("Top-1") == "higher"
    assert known_direction("RMSE") == "lower"


def test_what_is_used_both_ways_is_not_known():
    for name in ("", "score", "distance", "angle", "similarity", "pearson_corrcoef", "coverage"):
        assert known_direction(name) is None


WORDS = st.sampled_from(["to", "x", "from", "distance", "my", "a", "b", "digit", "1"])


@given(st.lists(WORDS, max_size=3), SOME, st.lists(WORDS, max_size=3))
def test_no_part_of_a_name_decides(before, name, after):
    whole = "_".join([*before, name, *after])
    if whole not in NAMES:
        assert known_direction(whole) is None


@given(SOME, SOME)
def test_nor_do_two_known_names_in_one(one, other):
    whole = f"{one}_{other}"
    if whole not in NAMES:
        assert known_direction(whole) is None
