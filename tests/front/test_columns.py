import pytest

from paretocli.front.columns import label, metric_and_task, readings, split_of


@pytest.mark.parametrize(
    ("column", "expected"),
    [("loss_f1_test", "test"), ("loss_f1_val", "val"), ("seconds", None), ("test", None)],
)
def test_split(column, expected):
    assert split_of(column) == expected


@pytest.mark.parametrize(
    ("column", "objectives", "expected"),
    [
        ("accuracy_left_test", ["left", "right"], "Test accuracy, left"),
        ("loss_f1_test", ["f1"], "Test loss, f1"),
        ("loss_left_digit_val", ["digit", "left_digit"], "Validation loss, left digit"),
        ("pixel_accuracy_road_train", ["road"], "Training pixel accuracy, road"),
        ("r2_heating_test", ["heating"], "Test R², heating"),
        ("r2_heating_test", [], "Test r2 heating"),
        ("accuracy_error_test", [], "Test accuracy error"),
        ("r2_test", [], "Test R²"),
        ("neg_mean_absolute_error_a_test", ["a"], "Test negative mean absolute error, a"),
        ("neg_rmse_a_val", ["a"], "Validation negative RMSE, a"),
        ("sparsity_rate", [], "Sparsity rate (%)"),
        ("parameters_kept", [], "Parameters kept"),
        ("shrunk_from", ["from"], "Parameters before it was held to a size"),
        ("My own column", [], "My own column"),
        ("profit", [], "profit"),
    ],
)
def test_label(column, objectives, expected):
    assert label(column, objectives) == expected


def test_label_names_no_split_where_all_are_the_same():
    assert label("loss_sparsity_test", ["sparsity"], has_splits=False) == "Loss, sparsity"
    assert label("loss_f1_test", ["f1"], has_splits=False, bare=True) == "f1"


def test_names_of_tasks_hold_underscores_themselves():
    tasks = ["digit", "left_digit"]
    assert metric_and_task("pixel_accuracy_left_digit_val", tasks) == (
        "pixel_accuracy",
        "left_digit",
    )
    assert readings("f1_left_digit_val", tasks) == [("f1", "left_digit"), ("f1_left", "digit")]
    assert readings("digit_val", tasks) == readings("_digit_val", tasks) == []
    assert metric_and_task("sparsity_rate", ["rate"]) == ("sparsity_rate", "")
    assert metric_and_task("top1_error_val", ["error"]) == ("top1", "error")
    assert metric_and_task("accuracy_left_val", []) == ("accuracy_left", "")
