"""What networks start as and whom they learn from, for a person."""

import textwrap

from paretocli.sweeping.resolve import Resolved

WIDTH = 69  # beside the words that they stand behind


def networks_text(resolved: Resolved) -> dict[str, str]:
    """What a dry run says of it, by a word for each."""
    config, found = resolved.config, {}
    if resolved.pretrained is not None:
        lines = textwrap.wrap(
            resolved.pretrained.text, WIDTH, break_long_words=False, break_on_hyphens=False
        )
        found["start"] = "\n           ".join(lines)
    if config.thaw:
        which = (f"{name} for {count} epoch{'s' * (count > 1)}" for name, count in config.thaw)
        found["frozen"] = f"at first, {', '.join(which)}"
    if config.teachers is not None:
        strength, place = f"{config.distillation:g}", config.distill_at
        found["teachers"] = (
            f"those in {config.teachers} count {strength} beside the data, at {place}"
        )
    return found
