import torch
from hypothesis import given
from hypothesis import strategies as st

from paretocli.compaction.label_sets import ANY, NONE, LabelSets

sets = st.frozensets(st.integers(0, 9), max_size=4)


@given(st.lists(sets, min_size=1, max_size=12), st.lists(sets, min_size=1, max_size=12))
def test_unions_of_single_sets(ones, others):
    numbered = LabelSets()
    rows = torch.tensor([numbered.of(one) for one in ones])
    columns = torch.tensor([numbered.of(other) for other in others])
    found = numbered.union(rows[:, None], columns)
    assert found.shape == (len(ones), len(others))
    for i, one in enumerate(ones):
        for j, other in enumerate(others):
            assert numbered.members(int(found[i, j])) == one | other
    whole = numbered.members(numbered.all_of(rows))
    assert whole == frozenset().union(*ones)


def test_with_whatever_there_is_all_is_whatever_there_is():
    numbered = LabelSets()
    one = torch.tensor([numbered.of([3]), NONE, ANY])
    assert numbered.union(one, torch.tensor(ANY)).tolist() == [ANY] * 3
    assert numbered.union(one, torch.tensor(NONE)).tolist() == one.tolist()
    assert numbered.all_of(one) == ANY
    assert numbered.of([]) == NONE
    assert numbered.of([3]) == one[0]
