from paretocli.cli.set_text import serves_text, set_text
from paretocli.front.results import read_results
from tests.front.test_serving import TASKS, table


def read(folder, frame):
    """As it comes back from a file."""
    frame.to_csv(folder / "results.csv", index=False)
    return read_results(folder)


def test_the_summary_of_a_set(tmp_path):
    frame = read(tmp_path, table()).frame
    assert set_text(frame, TASKS) == [
        "",
        "Point 0 serves a, c.",
        "Point 1 serves b.",
        "Point 2 serves no task.",
        "Mean loss over the tasks, each by the network that serves it: 2.333 on val, 5.667 on "
        "test.",
    ]


def test_what_a_chosen_network_is_for(tmp_path):
    results = read(tmp_path, table())
    assert serves_text(results, 0) == ["It serves a, c: of its set it is the best at these on val."]
    assert serves_text(results, 2) == [
        "It serves no task: another network of its set is better at each on val."
    ]


def test_nothing_is_said_of_other_sweeps_and_of_a_part_of_a_set(tmp_path):
    for frame in (table().drop(columns="serves"), table(serves=[None] * 3)):
        results = read(tmp_path, frame)
        assert set_text(results.frame, TASKS) == []
        assert serves_text(results, 0) == []
