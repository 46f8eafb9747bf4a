"""Which rule goes for an operation."""

from torch import fx

from paretocli.compaction.rules.attention import Attention, is_attention
from paretocli.compaction.rules.base import Rule
from paretocli.compaction.rules.channelwise import BatchNorm, Pooling, is_batch_norm, is_pooling
from paretocli.compaction.rules.elementwise import (
    Combining,
    Pointwise,
    is_combining,
    is_pointwise,
)
from paretocli.compaction.rules.groups import Grouped
from paretocli.compaction.rules.matrices import (
    Columns,
    Matrix,
    Transposed,
    has_columns,
    is_grouped,
    is_matrix,
    is_transposed,
)
from paretocli.compaction.rules.shapes import (
    Concatenation,
    Reshaping,
    is_concatenation,
    is_reshaping,
)
from paretocli.compaction.rules.whole import Whole

_RULES = (
    (is_matrix, Matrix()),
    (is_transposed, Transposed()),
    (is_grouped, Grouped()),
    (has_columns, Columns()),
    (is_attention, Attention()),
    (is_batch_norm, BatchNorm()),
    (is_pooling, Pooling()),
    (is_pointwise, Pointwise()),
    (is_combining, Combining()),
    (is_reshaping, Reshaping()),
    (is_concatenation, Concatenation()),
)
WHOLE = Whole()


def rule_of(node: fx.Node) -> Rule:
    """The rule of an operation; one that nothing is known of is left as it is."""
    if node.op != "call_function":
        return WHOLE
    return next((rule for applies, rule in _RULES if applies(node)), WHOLE)
