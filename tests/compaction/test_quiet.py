"""Nothing of what exporters say comes among the program's own lines."""

import logging
import warnings

from paretocli.compaction.quiet import quiet


def say():
    print("Applied 1 of general pattern rewrite rules.")
    warnings.warn("a treespec is deprecated", FutureWarning, stacklevel=1)
    logging.getLogger("onnxscript").warning("no version converter")


def test_nothing_is_said_meanwhile(capfd, recwarn):
    with quiet():
        say()
    assert (capfd.readouterr(), list(recwarn)) == (("", ""), [])
    say()
    assert "Applied 1" in capfd.readouterr().out
    assert len(recwarn) == 1
