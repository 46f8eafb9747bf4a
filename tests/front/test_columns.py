import pytest

from paretocli.front.columns import direction, label, split_of


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("accuracy_left_test", "higher"),
        ("pixel_accuracy_road_val", "higher"),
        ("within_11_normals_test", "higher"),
        ("sparsity_rate", "higher"),
        ("compression_rate", "higher"),
        ("parameter_sharing", "higher"),
        ("r2_heating_test", "higher"),
        ("miou_segmentation_test", "higher"),
        ("loss_left_test", "lower"),
        ("loss_accuracy_test", "lower"),
        ("loss_sparsity_rate_val", "lower"),
        ("rmse_depth_test", "lower"),
        ("parameters_kept", "lower"),
        ("relative_gap", "lower"),
        ("seconds", "lower"),
        ("best_epoch", "lower"),
        ("top1_error_left_val", "lower"),
        ("iou_loss_seg_val", "lower"),
        ("angle_within_30_normals_test", "higher"),
        ("angle_normals_test", "lower"),
        ("precision_error_x", None),
        ("accuracy_loss_val", None),
        ("weight_left", None),
        ("point", None),
        ("profit", None),
        ("lossless", None),
    ],
)
def test_direction(column, expected):
    assert direction(column) == expected


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
        ("r2_heating_test", [], "Test R², heating"),
        ("sparsity_rate", [], "Sparsity rate (%)"),
        ("parameters_kept", [], "Parameters kept"),
        ("My own column", [], "My own column"),
        ("profit", [], "profit"),
    ],
)
def test_label(column, objectives, expected):
    assert label(column, objectives) == expected


def test_label_names_no_split_where_all_are_the_same():
    assert label("loss_sparsity_test", ["sparsity"], has_splits=False) == "Loss, sparsity"
    assert label("loss_f1_test", ["f1"], has_splits=False, bare=True) == "f1"
