"""What marks in a table of points mean."""

import pandas as pd

from paretocli.cli.marks_text import epoch_text, front_notes, held_mark


def test_who_was_held_to_a_size_is_marked_and_the_mark_explained():
    records = [
        {"point": 0, "best_epoch": 3, "epochs": 9},
        {"point": 1, "best_epoch": 5, "epochs": 5, "shrunk_from": 4000},
        {"point": 2, "parent": 0, "kept_epoch": 2},
    ]
    assert [epoch_text(point, records) for point in range(3)] == ["3/9", "5/5", "2 of 0"]
    front, kept, held = front_notes(records)
    assert held.startswith("† held to a size")
    assert front_notes(records[:1]) == [front]
    assert "epoch 2 of 0: kept" in kept
    frame = pd.DataFrame({"compact_parameters": [9000, 2000], "shrunk_from": [None, 4000]})
    marks = [held_mark("compact_parameters", row) for _, row in frame.iterrows()]
    assert marks == ["", "†"]
    assert held_mark("relative_gap", frame.iloc[1]) == ""
    assert held_mark("compact_parameters", frame.drop(columns="shrunk_from").iloc[1]) == ""
