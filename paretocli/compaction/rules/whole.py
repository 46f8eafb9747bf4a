"""Operations that are left as they are."""

from torch import Tensor, fx

from paretocli.compaction.rules.base import Builder, Built, Known, Rule, Wanted, everything


class Whole(Rule):
    """An operation that needs all of what it reads."""

    def known(self, node: fx.Node, known: Known) -> Tensor | None:
        """Nothing."""
        return None

    def wanted(self, node: fx.Node, mask: Tensor, known: Known) -> Wanted:
        """All."""
        return [(source, everything(source)) for source in node.all_input_nodes]

    def rebuilt(self, node: fx.Node, builder: Builder) -> Built:
        """The same operation."""
        new = {source: builder.take(source, None) for source in node.all_input_nodes}
        arguments, options = fx.node.map_arg((node.args, node.kwargs), new.__getitem__)
        return builder.call(node.target, *arguments, **options), None
